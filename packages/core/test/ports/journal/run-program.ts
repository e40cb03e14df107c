import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("journal-program.ts", import.meta.url));

/** A program that was started, and what it said so far. */
export interface RunningProgram {
  readonly child: ChildProcessWithoutNullStreams;
  readonly lines: readonly string[];
  readonly errors: () => string;
  /** Resolves when it has said so many lines, or has ended. */
  said(count: number): Promise<void>;
  /** Resolves when it has ended and everything it said was read. */
  readonly ended: Promise<void>;
}

/** Starts journal-program.ts; under a limit to the size of files, in bytes, if one is given. */
export function startProgram(
  parameters: readonly string[],
  options: { readonly env?: NodeJS.ProcessEnv; readonly maxFileBytes?: number } = {},
): RunningProgram {
  const command = [process.execPath, program, ...parameters];
  if (options.maxFileBytes !== undefined) {
    // POSIX counts in blocks of 512 bytes.
    command.unshift("sh", "-c", `ulimit -f ${options.maxFileBytes / 512}; exec "$0" "$@"`);
  }
  const [file = "", ...rest] = command;
  const child = spawn(file, rest, { env: { ...process.env, NODE_OPTIONS: "", ...options.env } });
  const lines: string[] = [];
  let unfinished = "";
  let errors = "";
  child.stdout.on("data", (data: Buffer) => {
    const parts = (unfinished + data.toString()).split("\n");
    unfinished = parts.pop() ?? "";
    lines.push(...parts);
  });
  child.stderr.on("data", (data: Buffer) => {
    errors += data.toString();
  });
  let hasEnded = false;
  const ended = once(child, "close").then(() => {
    hasEnded = true;
  });
  return {
    child,
    lines,
    errors: () => errors,
    ended,
    async said(count) {
      while (lines.length < count && !hasEnded) await Promise.race([once(child.stdout, "data"), ended]);
    },
  };
}
