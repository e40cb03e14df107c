import type { RefusalKind, RequestOutcome } from "../errors/index.js";
import type { RateLimitRefusal } from "../rate-limit/index.js";

/** Which answers of a venue a rule is about. All that is given must fit. */
interface AnswerPattern {
  /** The venue's codes, as text. */
  readonly codes?: readonly string[];
  readonly httpStatus?: number;
  /** Tested against the venue's message; never fits where there is none. */
  readonly message?: RegExp;
  /** Tested against method and path of the request, as in `DELETE /v1/order`. */
  readonly call?: RegExp;
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
 *   { codes: ["-1021"], kind: "timestamp", outcome: "rejected" },
 *   { codes: ["-2018", "-2019"], kind: "insufficientFunds", outcome: "rejected" },
 *   { httpStatus: 503, message: /^Unknown error/, kind: "undetermined", outcome: "unknown" },
 * ];
 * ```
 */
export type ErrorRule = AnswerPattern &
  (
    | {
        readonly kind: Exclude<RefusalKind, "rateLimit">;
        readonly outcome: Exclude<RequestOutcome, "notSent">;
      }
    | {
        readonly kind: "rateLimit";
        readonly outcome: "rejected" | "retryable";
        /** What must pause. */
        readonly stops: RateLimitRefusal["stops"];
      }
  );
