import type { RefusalReason, RequestOutcome } from "../errors/index.js";
import type { RateLimitRefusal } from "../rate-limit/index.js";

/**
 * Refusals of who asks, not of what is asked for.
 * - `timestamp`: time or nonce of the request; the clock is measured anew and the request signed and sent once more.
 * - `key`: the key, its passphrase, or the address that it is used from.
 * - `signature`: the signature.
 * - `permission`: what the key may do.
 */
export type AuthRefusal = "timestamp" | "key" | "signature" | "permission";

/** Which answers of a venue a rule is about. All that is given must fit. */
interface AnswerPattern {
  /** The venue's codes, as text. */
  readonly codes?: readonly string[];
  readonly httpStatus?: number;
  /** Tested against the venue's message, or against the body where the venue's codes cannot be read from it. */
  readonly message?: RegExp;
}

/**
 * What an answer of a venue means, by its documents. This decides what an answer proves about an order: a rule that
 * says `rejected` or `retryable` must rest on the venue's word that nothing was done, never on what is likely.
 *
 * @example
 * ```ts
 * import type { ErrorRule } from "@conn/core";
 *
 * const errors: readonly ErrorRule[] = [
 *   { codes: ["-1021"], reason: "timestamp", outcome: "rejected" },
 *   { codes: ["-2018", "-2019"], reason: "insufficientFunds", outcome: "rejected" },
 *   { httpStatus: 503, message: /^Unknown error/, reason: "undetermined", outcome: "unknown" },
 * ];
 * ```
 */
export type ErrorRule = AnswerPattern &
  (
    | {
        readonly reason: RefusalReason | AuthRefusal;
        readonly outcome: Exclude<RequestOutcome, "notSent">;
      }
    | {
        /** The venue demands a pause in an answer whose HTTP status does not say so. */
        readonly reason: "rateLimit";
        readonly outcome: "retryable";
        readonly stops: RateLimitRefusal["stops"];
      }
  );
