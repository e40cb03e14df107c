import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** A program to run. */
export interface ProgramOptions {
  readonly root: string;
  /** Arguments of Node. */
  readonly args: readonly string[];
  readonly onLine: (line: string) => void;
  /** Stops it. */
  readonly signal: AbortSignal;
  /** Most time that it may take, in ms. */
  readonly withinMs?: number | undefined;
}

/** How a program ended. */
export interface ProgramEnd {
  readonly code: number | null;
  /** Why it was stopped; undefined if it ended by itself. */
  readonly stopped: string | undefined;
  /** The end of what it wrote on standard error. */
  readonly stderr: string;
}

const STDERR_CHARACTERS = 4_000;
/** A program that was asked to end and does not is ended after this long, in ms. */
const ENDS_WITHIN_MS = 90_000;

/** Runs a program with this Node, line by line. */
export async function runProgram(options: ProgramOptions): Promise<ProgramEnd> {
  const { root, args, onLine, signal, withinMs } = options;
  const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  let stderr = "";
  let stopped: string | undefined;
  let kill: NodeJS.Timeout | undefined;
  const stop = (why: string): void => {
    if (stopped !== undefined) return;
    stopped = why;
    child.kill("SIGTERM");
    kill = setTimeout(() => child.kill("SIGKILL"), ENDS_WITHIN_MS);
  };
  const onAbort = (): void => stop("it was interrupted");
  const bound =
    withinMs === undefined
      ? undefined
      : setTimeout(() => stop(`its ${(withinMs / 60_000).toFixed(1)} minutes were over`), withinMs);
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-STDERR_CHARACTERS);
  });
  const lines = createInterface({ input: child.stdout }).on("line", onLine);
  const closed = new Promise<void>((resolve) => lines.once("close", resolve));
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject).once("close", resolve);
    });
    await closed;
    return { code, stopped, stderr };
  } finally {
    clearTimeout(bound);
    clearTimeout(kill);
    signal.removeEventListener("abort", onAbort);
  }
}
