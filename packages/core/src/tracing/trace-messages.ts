import type { Environment } from "../model/index.js";
import type { Lane } from "../rate-limit/index.js";

/**
 * A REST call on `tracing:conn:rest:*`. One object for the whole call, completed as it goes on. It holds nothing
 * of query, headers, body or answer, so no secret either.
 */
export interface RestTrace {
  /** Name of the connector. */
  readonly venue: string;
  /** Of HTTP. */
  readonly method: string;
  /** Path below the venue's REST URL, without a query. */
  readonly path: string;
  /** How urgent it was where calls wait for the rate limit. */
  readonly lane: Lane;
  /** The pair that it is about, where it costs the limits of single pairs. */
  readonly tradingPair: string | undefined;
  /** How long it waited for the rate limit, in ms; undefined until it was let through. */
  queuedMs: number | undefined;
  /** From its sending to its answer, in ms; undefined if there was none. */
  durationMs: number | undefined;
  /** HTTP status of the answer. */
  status: number | undefined;
  /** Code of the `ConnError` by which it failed, or the name of another error. */
  errorCode: string | undefined;
}

/** Something happened to a stream connection, on `conn:socket`. */
export interface SocketTrace {
  /**
   * - `dial`: a dial begins, or waits until the venue's limit for dials allows it.
   * - `open`: it is connected.
   * - `down`: it was lost, or a dial was in vain; the next dial comes after `delayMs`.
   * - `close`: it was closed for good.
   */
  readonly event: "dial" | "open" | "down" | "close";
  /** Name of the connector. */
  readonly connector: string;
  /** Where it is connected to. */
  readonly environment: Environment;
  /** Unique inside the connector. */
  readonly connectionId: string;
  /** Kind of connection, as the connector names it. */
  readonly route: string;
  /** Why it is down. */
  readonly reason: string | undefined;
  /** Code of the error that ended it, where there is one. */
  readonly errorCode: string | undefined;
  /** Time until the next dial, in ms. */
  readonly delayMs: number | undefined;
}

/** A book is built again, on `conn:resync`. */
export interface ResyncTrace {
  /** `begin`: a book that was live has lost trust. `end`: it is live again. */
  readonly event: "begin" | "end";
  /** Name of the connector. */
  readonly connector: string;
  /** Where it is connected to. */
  readonly environment: Environment;
  /** Of the book. */
  readonly tradingPair: string;
  /** Why trust was lost. */
  readonly fault: string | undefined;
}
