import { type BookIntegrity, type BookLevel, Decimal, type Instrument, type Trade } from "@conn/core";
import type { BookView } from "../../src/render/view.js";

export const START = Date.UTC(2026, 0, 2, 3, 4, 5);

export function levels(rows: readonly (readonly [string, string])[]): BookLevel[] {
  return rows.map(([price, amount]) => ({ price: new Decimal(price), amount: new Decimal(amount) }));
}

export function integrity(overrides: Partial<BookIntegrity> = {}): BookIntegrity {
  return {
    state: "live",
    lastUpdateId: 1234567,
    receivedTimestamp: START,
    exchangeTimestamp: START,
    snapshots: 1,
    diffs: 0,
    staleDiffs: 0,
    gaps: 0,
    resyncs: 0,
    checksumFailures: 0,
    crossed: 0,
    audits: 0,
    auditMismatches: 0,
    lastFault: undefined,
    ...overrides,
  };
}

export function trade(overrides: Partial<Trade> = {}): Trade {
  return {
    tradingPair: "BTC-USDT",
    tradeId: "1",
    side: "buy",
    price: new Decimal("97245.1"),
    amount: new Decimal("0.012"),
    exchangeTimestamp: START,
    receivedTimestamp: START,
    recovered: false,
    ...overrides,
  };
}

export function bookView(overrides: Partial<BookView> = {}): BookView {
  return {
    tradingPair: "BTC-USDT",
    amountUnit: "BTC",
    priceScale: 1,
    amountScale: 3,
    bids: levels([
      ["97245.0", "1"],
      ["97244.9", "2"],
      ["97244.5", "1"],
    ]),
    asks: levels([
      ["97245.1", "0.5"],
      ["97245.3", "0.5"],
      ["97246.0", "7"],
    ]),
    integrity: integrity(),
    ageMs: 42,
    updatesPerSecond: 9.96,
    trades: [trade(), trade({ side: "sell", price: new Decimal("97245"), amount: new Decimal("1.5") })],
    remark: undefined,
    ...overrides,
  };
}

export function instrument(tradingPair: string): Instrument {
  const [base = "", quote = ""] = tradingPair.split("-");
  return {
    tradingPair,
    exchangeSymbol: `${base}${quote}`,
    type: "perpetual",
    base,
    quote,
    payoff: "linear",
    amountUnit: "base",
    contractSize: new Decimal(1),
    priceScale: 1,
    amountScale: 3,
    status: "trading",
    venueStatus: "TRADING",
    rules: {
      priceIncrement: new Decimal("0.1"),
      amountIncrement: new Decimal("0.001"),
      orderTypes: ["limit"],
      timeInForce: ["gtc"],
    },
  };
}
