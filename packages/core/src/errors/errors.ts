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
    super(code, message, { ...options, ...(options.sent === "no" && { outcome: "notSent" }) });
    this.sent = options.sent ?? "maybe";
  }
}
brand(NetworkError, "NetworkError");

/**
 * Why a venue refused a request, where its documents say.
 * - `badRequest`: a parameter is missing, wrong or not allowed.
 * - `invalidOrder`: an order breaks one of the instrument's rules, or its parts do not go together.
 * - `insufficientFunds`: balance or margin do not suffice.
 * - `limitReached`: too many open orders, too large a position.
 * - `tradingHalted`: the instrument is not traded now, or not in this way.
 * - `notFound`: there is no such order.
 * - `alreadyFinished`: there was such an order, and it has ended.
 * - `duplicateClientOrderId`: an order with this client id is there already.
 * - `wouldCross`: an order that may only make would have taken.
 * - `notFilled`: an order that must be filled at once could not be.
 * - `reduceOnly`: an order that may only reduce a position would not.
 * - `noChange`: what was asked for is so already.
 * - `notNow`: open orders or positions are in the way of what was asked for.
 * - `listenKey`: the listen key is not known, or not any more.
 * - `timestamp`: time or nonce of the request.
 * - `auth`: the key, its passphrase, the address that it is used from, or the signature.
 * - `permission`: the key may not do this.
 * - `rateLimit`: too many requests.
 * - `maintenance`: the venue is down, in maintenance or too busy.
 * - `undetermined`: the venue does not know itself what became of the request.
 */
export type RefusalKind =
  | "badRequest"
  | "invalidOrder"
  | "insufficientFunds"
  | "limitReached"
  | "tradingHalted"
  | "notFound"
  | "alreadyFinished"
  | "duplicateClientOrderId"
  | "wouldCross"
  | "notFilled"
  | "reduceOnly"
  | "noChange"
  | "notNow"
  | "listenKey"
  | "timestamp"
  | "auth"
  | "permission"
  | "rateLimit"
  | "maintenance"
  | "undetermined";

/** What the venue itself says in an error. */
export interface VenueWord {
  /** HTTP status of the answer, where there was one. */
  readonly httpStatus?: number;
  /** The venue's own error code, as text. */
  readonly venueCode?: string;
  /** Why, where the venue documents it. */
  readonly kind?: RefusalKind;
}

/** The venue answered, and its answer says no or says nothing that can be used. */
export class VenueError extends ConnError<"VENUE_REFUSED" | "VENUE_UNAVAILABLE" | "VENUE_ERROR"> {
  /** HTTP status of the answer, where there was one. */
  readonly httpStatus: number | undefined;
  /** The venue's own error code, as text. */
  readonly venueCode: string | undefined;
  /** Why, where the venue documents it. */
  readonly kind: RefusalKind | undefined;

  constructor(code: VenueError["code"], message: string, options: ConnErrorOptions & VenueWord = {}) {
    super(code, message, options);
    this.httpStatus = options.httpStatus;
    this.venueCode = options.venueCode;
    this.kind = options.kind;
  }
}
brand(VenueError, "VenueError");

/**
 * The venue does not accept who asks, or there is nobody who could ask.
 * - CREDENTIALS_MISSING: the call needs credentials, and the connector has none.
 * - SIGNING_FAILED: the signer failed; nothing was sent.
 * - KEY_REFUSED: the key is not known or not allowed from this address, or passphrase or signature are wrong, as with
 *   the secret of another key.
 * - TIMESTAMP_REFUSED: time or nonce of the request was refused, again after the clock was measured anew.
 * - PERMISSION_DENIED: the key may not do this.
 */
export class AuthError extends ConnError<
  "CREDENTIALS_MISSING" | "SIGNING_FAILED" | "KEY_REFUSED" | "TIMESTAMP_REFUSED" | "PERMISSION_DENIED"
> {
  /** HTTP status of the answer, where there was one. */
  readonly httpStatus: number | undefined;
  /** The venue's own error code, as text. */
  readonly venueCode: string | undefined;

  /** Why, where the venue documents it. */
  readonly kind: RefusalKind | undefined;

  constructor(code: AuthError["code"], message: string, options: ConnErrorOptions & VenueWord = {}) {
    super(code, message, options);
    this.httpStatus = options.httpStatus;
    this.venueCode = options.venueCode;
    this.kind = options.kind;
  }
}
brand(AuthError, "AuthError");

/** A rate limit, the venue's or our own guard before it. */
export class RateLimitError extends ConnError<"RATE_LIMITED" | "RATE_BANNED" | "RATE_QUEUE_TIMEOUT"> {
  /** Milliseconds until requests are allowed again, as far as known. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: RateLimitError["code"],
    message: string,
    options: ConnErrorOptions & { readonly retryAfterMs?: number } = {},
  ) {
    // A demand to pause is a refusal of what was asked; our own guard has let nothing through.
    super(code, message, { outcome: code === "RATE_QUEUE_TIMEOUT" ? "notSent" : "retryable", ...options });
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
  | "LIMIT_DIFFERS"
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

/**
 * An order cannot be what it should be. The first ones concern a command that was not sent, the others an order.
 * - ORDER_INVALID: the request breaks a rule of the instrument, which is `details.rule`.
 * - ORDER_UNAFFORDABLE: the account has not enough of `details.asset`.
 * - ORDER_GUARDED: a guard that the program has set itself, `details.guard`, does not let it pass.
 * - ORDER_UNKNOWN: no order of this program has the id.
 * - ORDER_BUSY: another command on it has not ended.
 * - ORDER_CONTRADICTED: the venue refuses what it has accepted.
 * - OVERFILLED: more has traded than was ordered.
 * - FILLS_MISSING: the venue says filled, and tells less than all fills.
 * - ORDER_UNRESOLVED: what became of it cannot be found out any more; somebody has to look at the venue.
 */
export class OrderError extends ConnError<
  | "ORDER_INVALID"
  | "ORDER_UNAFFORDABLE"
  | "ORDER_GUARDED"
  | "ORDER_UNKNOWN"
  | "ORDER_BUSY"
  | "ORDER_CONTRADICTED"
  | "OVERFILLED"
  | "FILLS_MISSING"
  | "ORDER_UNRESOLVED"
> {}
brand(OrderError, "OrderError");

/** The venue, the product or this connector has no such function; nothing was sent. */
export class NotSupportedError extends ConnError<"NOT_SUPPORTED"> {
  constructor(message: string, options: ConnErrorOptions = {}) {
    super("NOT_SUPPORTED", message, { outcome: "notSent", ...options });
  }
}
brand(NotSupportedError, "NotSupportedError");

/** The options a connector or host was given cannot be used. */
export class ConfigurationError extends ConnError<
  "INVALID_OPTIONS" | "INSECURE_URL" | "UNKNOWN_ENVIRONMENT" | "ENVIRONMENT_MISSING" | "INVALID_CREDENTIALS"
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

/** The journal cannot be used, or did not store what it was given. */
export class JournalError extends ConnError<
  | "JOURNAL_LOCKED"
  | "JOURNAL_FOREIGN"
  | "JOURNAL_VERSION"
  | "JOURNAL_CORRUPT"
  | "JOURNAL_UNAVAILABLE"
  | "JOURNAL_CLOSED"
> {}
brand(JournalError, "JournalError");

/** A file is no recorded session that this version can replay. */
export class SessionError extends ConnError<"MALFORMED_SESSION" | "UNKNOWN_SESSION_FORMAT"> {}
brand(SessionError, "SessionError");
