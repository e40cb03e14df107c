import { inspect, isDeepStrictEqual } from "node:util";

/** A connector did not do what a case expects. */
export class ConformanceFailure extends Error {
  override readonly name = "ConformanceFailure";
}

/** @param expected What should be so, in words. @throws {ConformanceFailure} if it is not. */
export function must(condition: boolean, expected: string): asserts condition {
  if (!condition) throw new ConformanceFailure(`expected: ${expected}`);
}

/** @throws {ConformanceFailure} if the two differ, in whatever depth. */
export function mustEqual(actual: unknown, expected: unknown, what: string): void {
  if (isDeepStrictEqual(actual, expected)) return;
  throw new ConformanceFailure(`expected: ${what} to be ${show(expected)}, but it is ${show(actual)}`);
}

/** What an error of this library looks like to a program. */
interface ErrorClass {
  readonly name: string;
  [Symbol.hasInstance](value: unknown): boolean;
}

/**
 * Expects an error of a class, and of one of the codes if some are given.
 *
 * @throws {ConformanceFailure} if there is none, or another.
 */
export function mustBeError(error: unknown, errorClass: ErrorClass, ...codes: readonly string[]): void {
  const wanted = `a ${errorClass.name}${codes.length > 0 ? ` with code ${codes.join(" or ")}` : ""}`;
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  if (error instanceof errorClass && (codes.length === 0 || codes.includes(String(code)))) return;
  throw new ConformanceFailure(`expected: ${wanted}, but it is ${show(error)}`);
}

/** The error that a call throws or a promise rejects with. @throws {ConformanceFailure} if there is none. */
export async function errorOf(run: () => unknown, what: string): Promise<unknown> {
  let outcome: unknown;
  try {
    outcome = await run();
  } catch (error) {
    return error;
  }
  throw new ConformanceFailure(`expected: ${what} to fail, but it gave ${show(outcome)}`);
}

function show(value: unknown): string {
  return inspect(value, { depth: 4, breakLength: 120, maxArrayLength: 20, maxStringLength: 500 });
}
