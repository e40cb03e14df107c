import type { CommandIo } from "../process/command-io.js";

/** One of the program's commands. */
export interface Command {
  readonly name: string;
  /** What it does, in a few words. */
  readonly summary: string;
  /** What `--help` prints. */
  readonly help: string;
  /**
   * Runs it.
   *
   * @param args What follows the command's name.
   * @returns the exit code.
   * @throws {UsageError | ConnError} where it cannot do what is asked.
   */
  run(args: readonly string[], io: CommandIo): Promise<number>;
}
