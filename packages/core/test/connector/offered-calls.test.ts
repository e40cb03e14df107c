import { expectTypeOf, it } from "vitest";
import type { Connector, PlaceOrder, TradingCapabilities } from "../../src/connector/index.js";

const PUBLIC = {
  orderBooks: true,
  publicTrades: true,
  lastTradedPrices: true,
  tickers: true,
  fundingInfo: false,
  openInterest: false,
} as const;

const TRADING = {
  orderTypes: ["limit"],
  timeInForce: ["gtc"],
  reduceOnly: false,
  quoteAmount: false,
  amend: false,
  placeBatch: false,
  cancelBatch: false,
  cancelForeign: false,
  keyPermissions: false,
  ackMeans: "placed",
  fills: "each",
  balances: "realTime",
} as const satisfies TradingCapabilities;

type Reader = Connector<typeof PUBLIC>;
type Trader = Connector<typeof PUBLIC & { readonly trading: typeof TRADING }>;

it("types leave out the calls that a connector has not", () => {
  expectTypeOf<Reader["placeOrder"]>().toBeNever();
  expectTypeOf<Reader["amendOrder"]>().toBeNever();
  expectTypeOf<Reader["fetchFundingInfo"]>().toBeNever();
  expectTypeOf<Trader["placeOrder"]>().toEqualTypeOf<PlaceOrder>();
  expectTypeOf<Trader["amendOrder"]>().toBeNever();
  expectTypeOf<Trader["placeOrders"]>().toBeNever();
});

it("types have every call of a connector that is known only at run time", () => {
  expectTypeOf<Connector["placeOrder"]>().toEqualTypeOf<PlaceOrder>();
  expectTypeOf<Connector["amendOrder"]>().toBeFunction();
});

it("types have what a connector says it has", () => {
  type Able = Connector<
    typeof PUBLIC & { readonly trading: Omit<typeof TRADING, "amend"> & { readonly amend: true } }
  >;
  expectTypeOf<Able["amendOrder"]>().toBeFunction();
});
