import { plugin as binancePerpetual } from "@conn/binance-perpetual";
import { type CommandIo, nodeDisk, run } from "@conn/cli";
import { createDefaultPorts, createHost } from "@conn/core";
import { createRegistry } from "@conn/registry";
import { decoders } from "./decoders.ts";

/** What the command prints as JSON, as far as tests look at it. */
export interface PrintedLine {
  readonly type: "book" | "checkpoint" | "problem";
  readonly exchangeSymbol: string;
  readonly sha256: string;
  readonly afterN?: number;
  readonly state?: string;
  readonly firstFaultAtN?: number | null;
}

/** Runs `conn replay` with the decoders of this folder; `files` stand in for those on disk. */
export async function replay(
  folder: string,
  options: readonly string[] = [],
  files: ReadonlyMap<string, string> = new Map(),
): Promise<PrintedLine[]> {
  let printed = "";
  let complaints = "";
  const output = (write: (text: string) => void): CommandIo["stdout"] => ({
    write: (text) => {
      write(text);
      return true;
    },
    writableNeedDrain: false,
    on: () => undefined,
    off: () => undefined,
  });
  const ports = createDefaultPorts();
  const io: CommandIo = {
    stdout: output((text) => {
      printed += text;
    }),
    stderr: output((text) => {
      complaints += text;
    }),
    keyboard: undefined,
    env: {},
    signal: new AbortController().signal,
    ports,
    disk: {
      ...nodeDisk,
      readFile: async (path) => {
        const file = files.get(path);
        return file === undefined ? nodeDisk.readFile(path) : Buffer.from(file);
      },
      importModule: async () => ({ decoders }),
      absolutePath: (path) => path,
    },
    registry: createRegistry({ host: createHost(ports) }).use(binancePerpetual),
    atExit: () => () => undefined,
  };
  const code = await run(["replay", folder, "--decoders", "decoders.ts", "--json", ...options], io);
  if (code !== 0) throw new Error(complaints);
  // as: the command's own lines.
  return printed
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as PrintedLine);
}
