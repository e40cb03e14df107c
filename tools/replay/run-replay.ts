import { type CommandIo, run } from "@conn/cli";
import { createDefaultPorts } from "@conn/core";
import { decoders } from "./decoders.ts";

/** A line that `conn replay --json` writes; which fields it has depends on its type. */
export interface ReplayLine {
  readonly type: "book" | "checkpoint" | "problem";
  readonly exchangeSymbol: string;
  readonly sha256: string;
  readonly afterN: number;
  readonly state: string;
  readonly bids: number;
  readonly asks: number;
  readonly applied: number;
  readonly dropped: number;
  readonly firstFaultAtN: number | null;
}

/**
 * Runs `conn replay --json` with the decoders of this folder, for tests.
 *
 * @param readFile Reads a file of the recording; undefined if it is not there.
 */
export async function runReplay(
  args: readonly string[],
  readFile: CommandIo["disk"]["readFile"],
): Promise<readonly ReplayLine[]> {
  const written: string[] = [];
  const complaints: string[] = [];
  const io: CommandIo = {
    stdout: {
      write: (text) => written.push(text) > 0,
      writableNeedDrain: false,
      on: () => undefined,
      off: () => undefined,
    },
    stderr: { write: (text) => complaints.push(text) > 0 },
    keyboard: undefined,
    env: {},
    signal: new AbortController().signal,
    ports: createDefaultPorts(),
    disk: { readFile, importModule: async () => ({ decoders }), absolutePath: (path) => path },
    registry: { discover: notNeeded, createDynamic: notNeeded, simulator: notNeeded },
    atExit: () => () => undefined,
  };
  const code = await run(["replay", ...args, "--decoders", "decoders", "--json"], io);
  if (code !== 0) throw new Error(`conn replay ended with ${code}: ${complaints.join("")}`);
  // as: what `conn replay --json` is documented to write.
  return written.map((line) => JSON.parse(line) as ReplayLine);
}

async function notNeeded(): Promise<never> {
  throw new Error("a replay needs no connector");
}
