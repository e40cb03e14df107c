import { brand, ConnError, type ConnErrorOptions } from "./conn-error.js";

/** How far a failed request can have come. `no`: it certainly never left; `maybe`: the venue may have it. */
export type RequestSent = "no" | "maybe";

/** The network did not do its part: nothing is known about what the venue thinks. */
export class NetworkError extends ConnError<
  | "NETWORK_REFUSED"
  | "NETWORK_RESET"
  | "NETWORK_TIMEOUT"
  | "NETWORK_UNREACHABLE"
  | "NETWORK_TLS"
  | "NETWORK_CLOSED"
> {
  /** Whether the request can have reached the venue. */
  readonly sent: RequestSent;

  constructor(
    code: NetworkError["code"],
    message: string,
    options: ConnErrorOptions & { readonly sent?: RequestSent } = {},
  ) {
    super(code, message, options);
    this.sent = options.sent ?? "maybe";
  }
}
brand(NetworkError, "NetworkError");

/** The venue answered, and its answer says no or says nothing that can be used. */
export class VenueError extends ConnError<"VENUE_REFUSED" | "VENUE_UNAVAILABLE" | "VENUE_ERROR"> {
  /** HTTP status of the answer, where there was one. */
  readonly httpStatus: number | undefined;
  /** The venue's own error code, as text. */
  readonly venueCode: string | undefined;

  constructor(
    code: VenueError["code"],
    message: string,
    options: ConnErrorOptions & { readonly httpStatus?: number; readonly venueCode?: string } = {},
  ) {
    super(code, message, options);
    this.httpStatus = options.httpStatus;
    this.venueCode = options.venueCode;
  }
}
brand(VenueError, "VenueError");

/** A rate limit, the venue's or our own guard before it. */
export class RateLimitError extends ConnError<"RATE_LIMITED" | "RATE_BANNED" | "RATE_QUEUE_TIMEOUT"> {
  /** Milliseconds until requests are allowed again, as far as known. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: RateLimitError["code"],
    message: string,
    options: ConnErrorOptions & { readonly retryAfterMs?: number } = {},
  ) {
    super(code, message, options);
    this.retryAfterMs = options.retryAfterMs;
  }
}
brand(RateLimitError, "RateLimitError");

/** A frame or an answer is not what the venue's protocol allows. */
export class ProtocolError extends ConnError<
  | "MALFORMED_FRAME"
  | "MALFORMED_ANSWER"
  | "UNKNOWN_MESSAGE"
  | "FRAME_TOO_LARGE"
  | "MALFORMED_INSTRUMENT"
  | "TRADES_LOST"
  | "BOOK_MISMATCH"
> {}
brand(ProtocolError, "ProtocolError");

/** The venue refused a subscription, or never acknowledged it. */
export class SubscriptionError extends ConnError<"SUBSCRIPTION_REFUSED" | "SUBSCRIPTION_UNANSWERED"> {}
brand(SubscriptionError, "SubscriptionError");

/** The order book cannot be trusted at this moment, or cannot answer the question. */
export class OrderBookError extends ConnError<"BOOK_NOT_LIVE" | "BOOK_STALE" | "BOOK_TOO_THIN"> {}
brand(OrderBookError, "OrderBookError");

/** A trading pair that the venue does not list, or not for trading. */
export class InstrumentError extends ConnError<"UNKNOWN_TRADING_PAIR" | "TRADING_PAIR_NOT_TRACKED"> {}
brand(InstrumentError, "InstrumentError");

/** The venue, the product or this connector has no such function; nothing was sent. */
export class NotSupportedError extends ConnError<"NOT_SUPPORTED"> {
  constructor(message: string, options: ConnErrorOptions = {}) {
    super("NOT_SUPPORTED", message, options);
  }
}
brand(NotSupportedError, "NotSupportedError");

/** The options a connector or host was given cannot be used. */
export class ConfigurationError extends ConnError<
  "INVALID_OPTIONS" | "INSECURE_URL" | "UNKNOWN_ENVIRONMENT"
> {}
brand(ConfigurationError, "ConfigurationError");

/** The connector was stopped, or not started, while the call needed it running. */
export class LifecycleError extends ConnError<"NOT_STARTED" | "STOPPED" | "ABORTED"> {}
brand(LifecycleError, "LifecycleError");

/** A reader was slower than its stream and asked for nothing to be lost. */
export class OverflowError extends ConnError<"READER_TOO_SLOW"> {}
brand(OverflowError, "OverflowError");

/** A plugin cannot be found, loaded or trusted. */
export class PluginError extends ConnError<
  | "PLUGIN_NOT_FOUND"
  | "PLUGIN_NAME_CLAIMED_TWICE"
  | "PLUGIN_CORE_RANGE"
  | "PLUGIN_IMPORT_FAILED"
  | "PLUGIN_INVALID"
  | "PLUGIN_NOT_ALLOWED"
> {}
brand(PluginError, "PluginError");

/** A file is no recorded session that this version can replay. */
export class SessionError extends ConnError<"MALFORMED_SESSION" | "UNKNOWN_SESSION_FORMAT"> {}
brand(SessionError, "SessionError");
