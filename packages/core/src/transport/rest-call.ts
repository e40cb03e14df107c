import type { Lane, RateLimitCost, RateLimitRefusal } from "../rate-limit/index.js";

/** One REST request, described: what to send and what it costs. */
export interface RestRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Path below the venue's REST URL, beginning with "/". */
  readonly path: string;
  /** Query parameters, not yet percent-encoded. */
  readonly query?: Readonly<Record<string, string>>;
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
   * Reads the body of a successful answer.
   *
   * @throws {ProtocolError} if the body is not what the venue documents.
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
  /** Reads the venue's code and message from the body of a refusal; undefined if it is not one of the venue's. */
  parseError(body: Uint8Array): { readonly venueCode: string; readonly message: string } | undefined;
}
