import type { CommandIo } from "../process/command-io.js";

/** What an output can show. */
export interface TerminalFacts {
  /** Whether a page can be drawn and redrawn. */
  readonly isScreen: boolean;
  readonly colors: boolean;
}

const LEAST_COLUMNS = 40;
const LEAST_ROWS = 12;

/**
 * What standard output can show, by the conventions that programs share: no colors with `NO_COLOR` or where
 * the output is not a terminal, unless `FORCE_COLOR` asks for them.
 *
 * @see https://no-color.org
 */
export function readTerminalFacts({ stdout, env }: Pick<CommandIo, "stdout" | "env">): TerminalFacts {
  const isTerminal = stdout.isTTY === true && env.TERM !== "dumb";
  const { columns = 0, rows = 0 } = stdout;
  const forced = (env.FORCE_COLOR ?? "") !== "" && env.FORCE_COLOR !== "0";
  return {
    isScreen: isTerminal && columns >= LEAST_COLUMNS && rows >= LEAST_ROWS,
    colors: (env.NO_COLOR ?? "") === "" && (isTerminal || forced),
  };
}
