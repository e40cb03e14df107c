/**
 * What an error proves about the request that it ended.
 * - `notSent`: it never left this machine.
 * - `rejected`: the venue says that it has not done it; sent again as it is, it would be refused again.
 * - `retryable`: the venue says that it has not done it, for a reason that passes.
 * - `unknown`: nothing. The venue may have done it, or may still do it.
 */
export type RequestOutcome = "notSent" | "rejected" | "retryable" | "unknown";

/** What every error of this library can carry besides its message. */
export interface ConnErrorOptions {
  /** The error that led to this one. */
  readonly cause?: unknown;
  /** Name of the connector in whose work the error arose. */
  readonly venue?: string;
  /** Facts for a program: numbers, ids, the venue's own words. Never a secret. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** What the error proves about the request that it ended. @default "unknown" */
  readonly outcome?: RequestOutcome;
}

/** Part of every brand: two majors of this package do not recognise each other's errors. */
const MAJOR = 1;

const brandOf = (name: string): symbol => Symbol.for(`@conn/core/${MAJOR}/${name}`);

/**
 * Root of all errors that this library throws or reports about the world outside the program.
 * Misuse of the API (a wrong argument type, a call at an impossible moment) is a `TypeError` instead.
 *
 * `code` is stable and meant for programs; `message` is for people and may change.
 * `instanceof` works across two installed copies of the same major version.
 *
 * @example
 * ```ts
 * import { ConnError, NetworkError } from "@conn/core";
 *
 * function explain(error: unknown): string {
 *   if (error instanceof NetworkError) return `no connection: ${error.code}`;
 *   if (error instanceof ConnError) return error.code;
 *   throw error;
 * }
 * ```
 */
export class ConnError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly venue: string | undefined;
  readonly details: Readonly<Record<string, unknown>>;
  /** What the error proves about the request that it ended: `unknown` where it proves nothing, or ended none. */
  readonly outcome: RequestOutcome;

  constructor(code: Code, message: string, options: ConnErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.venue = options.venue;
    this.details = options.details ?? {};
    this.outcome = options.outcome ?? "unknown";
  }

  /** Recognises errors by brand, so that a second copy of this package does not break `instanceof`. */
  static override [Symbol.hasInstance](this: unknown, value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: a subclass inherits this method and must be judged by its own brand.
    const errorClass = this as { readonly brand?: symbol; readonly prototype: object };
    // A subclass made elsewhere has no brand of its own and must not answer to its parent's.
    if (!Object.hasOwn(errorClass as object, "brand")) {
      return (
        typeof value === "object" &&
        value !== null &&
        Object.prototype.isPrototypeOf.call(errorClass.prototype, value)
      );
    }
    return typeof value === "object" && value !== null && (errorClass.brand as symbol) in value;
  }
}

/** Gives a class its own brand; called once beside each class. */
export function brand(errorClass: { readonly prototype: object }, name: string): void {
  const symbol = brandOf(name);
  Object.defineProperty(errorClass, "brand", { value: symbol });
  Object.defineProperty(errorClass.prototype, symbol, { value: true });
}

brand(ConnError, "ConnError");
