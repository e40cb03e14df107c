import type { ExchangeCore, Fill } from "@conn/simulator";
import type { CryptoComLimits } from "../limits.js";
import type { InstrumentMarket, PublicTrade } from "../market/instrument-market.js";
import type { Accounts, VenueAccount } from "./accounts.js";
import type { Commands } from "./commands.js";
import type { Instruments } from "./instruments.js";
import type { JsonObject } from "./json-value.js";
import { requiredText } from "./private-request.js";
import { refusals, refuse } from "./refusal.js";
import type { VenueOrders } from "./venue-order.js";

/** What the private methods work with. */
export interface PrivateContext {
  readonly limits: CryptoComLimits;
  readonly core: ExchangeCore;
  readonly accounts: Accounts;
  readonly instruments: Instruments;
  readonly orders: VenueOrders;
  readonly commands: Commands;
  /** Instruments that are listed, by exchange symbol. */
  readonly markets: ReadonlyMap<string, InstrumentMarket>;
  /** The trade of a fill, as all see it. */
  publicTradeOf(fill: Fill): PublicTrade;
  /** How long queries know nothing of what is new, in ms. */
  queryLagMs: number;
  /** Whether a single order that must fail is refused by the answer, and not by an event after it. */
  answersRefusals: boolean;
}

/** What an account asks for. */
export interface PrivateCall {
  readonly context: PrivateContext;
  readonly account: VenueAccount;
  readonly params: JsonObject;
  readonly id: string;
  readonly nonce: string;
  /** Venue time, milliseconds since 1970. */
  readonly at: number;
  /** The socket that it came by; `undefined` for REST. */
  readonly connectionId: number | undefined;
}

/** The pair that `instrument_name` names. */
export function requiredMarket(
  call: Pick<PrivateCall, "context" | "at">,
  params: JsonObject,
): InstrumentMarket {
  const market = call.context.markets.get(requiredText(params, "instrument_name"));
  if (market === undefined) return refuse(refusals.invalidInstrument);
  // Accounts here have no derivatives.
  if (market.instrument.instrumentType !== "CCY_PAIR") return refuse(refusals.noDerivatives);
  market.advance(call.at);
  return market;
}

/** The pair that `instrument_name` names, or `undefined` if it is not sent. */
export function optionalMarket(call: PrivateCall): InstrumentMarket | undefined {
  const name = call.params.instrument_name;
  return name === undefined || name === null || name === "" ? undefined : requiredMarket(call, call.params);
}

/** What one unit of an asset is worth in US dollars; `undefined` where no market tells it. */
export function dollarsOf(context: PrivateContext, asset: string): string | undefined {
  if (asset === "USD" || asset === "USDT" || asset === "USDC") return "1";
  for (const quote of ["USD", "USDT"]) {
    const market = context.markets.get(`${asset}_${quote}`);
    if (market !== undefined) return lastPriceOf(market);
  }
  return undefined;
}

/** The price of a market's latest trade, or of its best bid if there was none. */
export function lastPriceOf(market: InstrumentMarket): string {
  const { trades, market: inner } = market;
  return market.priceText(
    trades.end > trades.oldest ? trades.get(trades.end - 1).tick : inner.bids.tickAt(0),
  );
}
