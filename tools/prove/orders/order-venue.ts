import type { ConnectorPlugin, Credentials, Ports } from "@conn/core";
import type { Fault, Faults, FrameFilter, RequestFilter, RequestRejection } from "@conn/simulator";
import type { TrueAccount } from "./account-text.ts";

/** Requests of a venue, by what they do. */
export type OrderRequestKind = "place" | "placeBatch" | "cancel" | "cancelBatch" | "amend";

/** A simulated venue on loopback, as far as orders are concerned. */
export interface OrderVenue {
  readonly urls: Readonly<Record<string, string>>;
  readonly faults: Faults;
  readonly requests: Readonly<Record<OrderRequestKind, RequestFilter>>;
  /** Questions after orders, fills and balances. */
  readonly questions: readonly RequestFilter[];
  /** Events that tell of orders. */
  readonly orderEvents: FrameFilter;
  /** Route of the private stream. */
  readonly userRoute: string;
  /** The venue's words that it does not know what it did, and that it did nothing. */
  readonly unknownError: RequestRejection;
  readonly unavailable: RequestRejection;
  /** The next fill is told without its fee. */
  omitFee(): Fault;
  /** Opens an account with money, in which another program has orders. */
  openAccount(account: string): Credentials;
  /** Ends the access to the account's stream, where it needs to be kept alive. */
  expireStream(account: string): void;
  /** Somebody fills a share of one of the account's open orders, drawn by a number from 0 to 1; false if there is none. */
  fillOne(account: string, chance: number): boolean;
  /** Lets the market go on, or stand still. */
  setRunning(isRunning: boolean): void;
  truthOf(account: string): TrueAccount;
  close(): Promise<void>;
}

/** A connector that trades, and its venue. */
export interface OrderSetup {
  readonly plugin: ConnectorPlugin;
  readonly tradingPairs: readonly string[];
  start(seed: number, ports: Ports): Promise<OrderVenue>;
}
