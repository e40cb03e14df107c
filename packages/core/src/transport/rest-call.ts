import type { RateLimitCost } from "../rate-limit/index.js";

/** One REST request, described: what to send and what it costs. */
export interface RestRequest {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Path below the venue's REST URL, beginning with "/". */
  readonly path: string;
  /** Query parameters, not yet percent-encoded. */
  readonly query?: Readonly<Record<string, string>>;
  /** Weight by rate limit pool. */
  readonly cost: RateLimitCost;
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

/** What a venue's REST interface has of its own, beside its calls. */
export interface RestRules {
  /** Answer headers that tell how much of a rate limit pool is used, by lower-case name. */
  readonly usageHeaders: Readonly<Record<string, string>>;
  /** Statuses by which the venue demands a pause. */
  readonly limitStatuses: Readonly<Record<number, "RATE_LIMITED" | "RATE_BANNED">>;
  /** Pause in ms where such an answer carries no Retry-After. */
  readonly defaultRetryAfterMs: number;
  /** Reads the venue's code and message from the body of a refusal; undefined if it is not one of the venue's. */
  parseError(body: Uint8Array): { readonly venueCode: string; readonly message: string } | undefined;
}
