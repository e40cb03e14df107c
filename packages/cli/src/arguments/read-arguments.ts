import { type ParseArgsConfig, parseArgs } from "node:util";
import { UsageError } from "./usage-error.js";

type Options = NonNullable<ParseArgsConfig["options"]>;
type Parsed<T extends Options> = ReturnType<
  typeof parseArgs<{ options: T; allowPositionals: true; strict: true }>
>;

/**
 * Reads a command's options and operands.
 *
 * @throws {UsageError} for an unknown option, or one whose value is missing.
 */
export function readArguments<const T extends Options>(args: readonly string[], options: T): Parsed<T> {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    if (!isParseError(error)) throw error;
    // The rest of the message explains how to write an operand that begins with a dash; we have none.
    throw new UsageError(error.message.split(". ")[0], { cause: error });
  }
}

function isParseError(error: unknown): error is Error {
  return error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS_");
}

/** Reads a whole number from `least` to `most`. @throws {UsageError} */
export function readInteger(option: string, text: string, least: number, most: number): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new UsageError(`--${option} must be a whole number from ${least} to ${most}, not ${quote(text)}`);
}

/** Reads a duration given in seconds; the result is in ms. @throws {UsageError} */
export function readSeconds(option: string, text: string): number {
  const value = /^\d{1,9}(\.\d{1,3})?$/.test(text) ? Number(text) : 0;
  if (value > 0) return value * 1_000;
  throw new UsageError(`--${option} must be a number of seconds such as 30 or 0.5, not ${quote(text)}`);
}

/** Reads `name=value` pairs, each name once. @throws {UsageError} */
export function readPairs(option: string, texts: readonly string[]): Record<string, string> {
  const pairs: Record<string, string> = Object.create(null);
  for (const text of texts) {
    const at = text.indexOf("=");
    if (at < 1 || at === text.length - 1) {
      throw new UsageError(
        `--${option} is written name=value, such as --${option} rest=http://127.0.0.1:8080`,
      );
    }
    const name = text.slice(0, at);
    if (name in pairs) throw new UsageError(`--${option} ${name}= is given twice`);
    pairs[name] = text.slice(at + 1);
  }
  return pairs;
}

/** A person's own text inside a message. */
export function quote(text: string): string {
  return JSON.stringify(text);
}
