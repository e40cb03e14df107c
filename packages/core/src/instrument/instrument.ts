import type { Decimal } from "../decimal/decimal.js";
import type { TradingRules } from "./trading-rules.js";

/** Whether the venue takes orders. `halted`: not now, it may resume. `closing`: it will end. `ended`: for good. */
export type InstrumentStatus = "trading" | "pending" | "halted" | "closing" | "ended";

/** What a trade moves. */
export interface Instrument {
  /** Unique inside one connector: `BASE-QUOTE`, then `:SETTLE` and `-EXPIRY` only where names would clash. Never parse it. */
  readonly tradingPair: string;
  /** The venue's own spelling. */
  readonly exchangeSymbol: string;
  readonly type: "spot" | "perpetual" | "future";
  readonly base: string;
  readonly quote: string;
  /** Asset in which profit and margin are kept; absent for spot. */
  readonly settle?: string;
  /** Time of expiry in ms since 1970-01-01 UTC; only dated futures. */
  readonly expiryTimestamp?: number;
  /** How price maps to profit; `spot` instruments are linear. */
  readonly payoff: "linear" | "inverse" | "quanto";
  /** What a book level or an order amount counts: units of base, or contracts. */
  readonly amountUnit: "base" | "contracts";
  /** Base per contract (linear, quanto) or quote per contract (inverse); 1 where amounts are in base. */
  readonly contractSize: Decimal;
  /** Settle asset per unit of price and contract, only for quanto. */
  readonly multiplier?: Decimal;
  /** Decimal places of a price as the venue writes it in books. */
  readonly priceScale: number;
  /** Decimal places of an amount as the venue writes it in books. */
  readonly amountScale: number;
  readonly status: InstrumentStatus;
  /** The venue's own word for the status. */
  readonly venueStatus: string;
  readonly rules: TradingRules;
}
