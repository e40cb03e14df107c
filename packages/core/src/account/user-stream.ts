import type { ParseContext } from "../market-data/index.js";
import type { RestCall, SocketLimits } from "../transport/index.js";
import type { BalanceListing, BalanceUpdate, FillUpdate, OrderUpdate } from "./account-messages.js";

/** What one frame of a user stream says, in the order in which it stands there. */
export type UserStreamMessage =
  | { readonly type: "order"; readonly update: OrderUpdate }
  | { readonly type: "fill"; readonly fill: FillUpdate }
  /** Some balances; the others are as they were. */
  | { readonly type: "balances"; readonly balances: readonly BalanceUpdate[] }
  /** All balances: what is absent is not held. */
  | { readonly type: "allBalances"; readonly listing: BalanceListing }
  /**
   * The venue accepts, or refuses, a login or a subscription. The id of a subscription is the one it was written with; that
   * of a login does not matter, as the venue has nothing else to answer at that time.
   */
  | { readonly type: "acknowledged"; readonly requestId: number }
  | {
      readonly type: "refused";
      readonly requestId: number | undefined;
      readonly venueCode: string;
      readonly message: string;
    }
  /** What gave access to the stream is no longer valid, or this connection tells nothing any more: it must be had anew. */
  | { readonly type: "expired" }
  /** A heartbeat of the venue's own kind; `reply` is sent back at once. */
  | { readonly type: "heartbeat"; readonly reply?: string }
  /** Something of no use to us, known to be so. */
  | { readonly type: "ignored" }
  /** Something that we did not expect; each kind is reported once. Its kind, not the whole message. */
  | { readonly type: "unknown"; readonly what: string };

/** Access by a key that a REST call gives, and that must be kept alive. */
export interface ListenKeyAccess {
  readonly kind: "listenKey";
  /** Asks for a key, before each dial. It is secret. */
  readonly open: RestCall<string>;
  /**
   * Keeps a key alive. The answer is the key that the venue has kept alive, where it says so: if it is another one, ours
   * has died. A refusal of kind `listenKey` says that it does not know the key.
   */
  keepAlive(listenKey: string): RestCall<string | undefined>;
  /**
   * Ends a key that is not needed any more. Only for venues at which every `open` gives a key of its own: where all programs
   * of an account are given the same one, it would end the streams of the others.
   */
  close?(listenKey: string): RestCall<unknown>;
  /** How often a key is kept alive, in ms. */
  readonly keepAliveMs: number;
  /** How long a key lives without that, in ms. */
  readonly validMs: number;
  /** Path of the socket, and query if need be, below the route's URL. */
  path(listenKey: string): string;
}

/** Access by a signed frame on the open socket, as the connector's `Auth` writes it. */
export interface LoginAccess {
  readonly kind: "login";
  /** Path of the socket, below the route's URL. */
  readonly path: string;
  /** Frame that subscribes to everything of the account, once the login is accepted; undefined if nothing need be. */
  formatSubscribe?(requestId: number, timestamp: number): string;
}

/** The private stream of a venue. */
export interface UserStreamDataSource {
  /** Name of its URL among the venue's. */
  readonly route: string;
  readonly access: ListenKeyAccess | LoginAccess;
  readonly limits: SocketLimits;
  /** Age in ms at which the venue ends the connection, where it documents one. */
  readonly maxAgeMs?: number;
  /**
   * Reads one frame. Must not keep `data`. Is also given what arrives before the login is accepted.
   *
   * @throws {ProtocolError} if the frame is not what the venue documents; nothing of it is then applied.
   */
  parse(data: Uint8Array, context: ParseContext): readonly UserStreamMessage[];
}
