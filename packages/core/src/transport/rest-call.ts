import type { Lane, RateLimitCost, RateLimitRefusal } from "../rate-limit/index.js";
import type { ErrorRule } from "./error-rule.js";
import type { RequestAccess, RequestContent, SignedFacts } from "./wire-request.js";

/** One REST request, described: what to send and what it costs. */
export interface RestRequest extends RequestContent {
  /** Name of the address that it goes to, where that is not `rest`: one of `optionalUrls` of the connector. */
  readonly host?: string;
  /** Who may make it: anyone, or a holder of a key, by the key alone or by a signature. @default "public" */
  readonly access?: RequestAccess;
  /**
   * Told when the request has been signed, before it leaves, and again if it is signed and sent a second time:
   * until when the venue may accept it.
   */
  readonly onSigned?: (facts: SignedFacts) => void;
  /** Weight by rate limit pool. */
  readonly cost: RateLimitCost;
  /** How urgent it is where calls wait for the rate limit. @default "query" */
  readonly lane?: Lane;
  /** Refuse it rather than send it after it has waited for longer than this, in ms. */
  readonly maxQueueMs?: number;
  /** The pair that it is about, where it costs pools of single pairs. */
  readonly tradingPair?: string;
}

/** A REST request and how to read its answer. */
export interface RestCall<Answer> extends RestRequest {
  /**
   * Reads the body of an answer with a status of success.
   *
   * @throws {ProtocolError} if the body is not what the venue documents.
   * @throws {VenueError} with the venue's code, where the body is a refusal all the same; what it means is then looked
   *   up in `RestRules.errors`.
   */
  parse(body: Uint8Array): Answer;
}

/** An HTTP status by which a venue demands a pause. */
export interface LimitStatus {
  /** Code of the error: a pause, or a ban for not having paused. */
  readonly code: "RATE_LIMITED" | "RATE_BANNED";
  readonly stops: RateLimitRefusal["stops"];
}

/**
 * Answer headers that tell a number about a rate limit pool, by lower-case name: the pool's id, or the ids of several
 * where the header speaks of whichever of them the call costs. A header that is no plain number tells nothing.
 */
export type LimitHeaders = Readonly<Record<string, string | readonly string[]>>;

/** What a venue's REST interface has of its own, beside its calls. */
export interface RestRules {
  /** Headers that tell how much is used, the call included: of addresses and accounts alike, such as counts of orders. */
  readonly usageHeaders: LimitHeaders;
  /** Headers that tell how much is left, where the venue tells that instead. */
  readonly remainingHeaders?: LimitHeaders;
  /** Headers that tell how much is allowed in all: it takes the place of what is declared. */
  readonly limitHeaders?: LimitHeaders;
  /** Statuses by which the venue demands a pause, and of what. */
  readonly limitStatuses: Readonly<Record<number, LimitStatus>>;
  /** Pause in ms where such an answer carries no Retry-After. */
  readonly defaultRetryAfterMs: number;
  /**
   * What the venue's errors mean; the first rule that fits holds. An answer that none fits proves nothing about
   * its request. @default []
   */
  readonly errors?: readonly ErrorRule[];
  /** Reads the venue's code and message from the body of a refusal; undefined if it is not one of the venue's. */
  parseError(body: Uint8Array): { readonly venueCode: string; readonly message: string } | undefined;
}
