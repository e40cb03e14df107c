import { createDefaultPorts, createHost } from "@conn/core";
import { createRegistry } from "@conn/registry";
import type { CommandIo, Keyboard } from "./command-io.js";
import { EXIT_FAILED, EXIT_OK } from "./exit-code.js";

/** The signals that ask a program to end, by their numbers. */
const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;
type EndSignal = keyof typeof SIGNALS;

const CTRL_C = "\u0003";

/** How a process runs a program. */
export interface RunProcessOptions {
  /** Where connectors are looked for. @default the folder in which the process was started */
  readonly from?: string | URL;
}

/**
 * Runs `main` as a process's program and gives its exit code to the shell: turns signals into an
 * `AbortSignal` (the second one ends the process at once), ends quietly when standard output is closed
 * by its reader, and sees to it that a terminal is given back whatever happens.
 *
 * @example
 * ```ts
 * import { run, runProcess } from "@conn/cli";
 *
 * await runProcess(process, (io) => run(process.argv.slice(2), io));
 * ```
 */
export async function runProcess(
  process: NodeJS.Process,
  main: (io: CommandIo) => Promise<number>,
  options: RunProcessOptions = {},
): Promise<void> {
  const { stdin, stdout, stderr } = process;
  const abort = new AbortController();
  const cleanups = new Set<() => void>();
  const signals = Object.keys(SIGNALS) as EndSignal[];
  let readerGone = false;

  const cleanUp = (): void => {
    for (const cleanup of cleanups) cleanup();
    cleanups.clear();
  };
  const onSignal = (signal: EndSignal): void => {
    if (!abort.signal.aborted) {
      abort.abort(signal);
      return;
    }
    // Asked twice: whatever still hangs, the person wants to leave.
    process.exit(128 + SIGNALS[signal]);
  };
  const onOutputError = (error: NodeJS.ErrnoException): void => {
    // A reader such as `head` has seen enough; that is not an error.
    if (error.code !== "EPIPE") throw error;
    readerGone = true;
    abort.abort(error);
  };
  const onUncaught = (error: unknown): void => {
    // First the terminal, so that the message is not lost with the alternate screen.
    cleanUp();
    stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(EXIT_FAILED);
  };
  const keyboard: Keyboard | undefined = stdin.isTTY
    ? {
        listen: (listener) => {
          const onData = (data: Buffer): void => {
            const typed = data.toString();
            if (typed.includes(CTRL_C)) onSignal("SIGINT");
            else listener(typed);
          };
          stdin.setRawMode(true);
          stdin.on("data", onData);
          stdin.resume();
          return () => {
            stdin.off("data", onData);
            stdin.setRawMode(false);
            stdin.pause();
          };
        },
      }
    : undefined;

  for (const signal of signals) process.on(signal, onSignal);
  process.on("uncaughtException", onUncaught);
  process.on("exit", cleanUp);
  stdout.on("error", onOutputError);
  const ports = createDefaultPorts();
  try {
    const code = await main({
      stdout,
      stderr,
      keyboard,
      env: process.env,
      signal: abort.signal,
      ports,
      registry: createRegistry({
        host: createHost(ports),
        ...(options.from !== undefined && { from: options.from }),
      }),
      atExit: (cleanup) => {
        cleanups.add(cleanup);
        return () => cleanups.delete(cleanup);
      },
    });
    process.exitCode = readerGone ? EXIT_OK : code;
  } finally {
    cleanUp();
    for (const signal of signals) process.off(signal, onSignal);
    process.off("uncaughtException", onUncaught);
    process.off("exit", cleanUp);
  }
}
