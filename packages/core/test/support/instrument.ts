import { Decimal } from "../../src/decimal/decimal.js";
import type { Instrument } from "../../src/instrument/index.js";

/** A linear perpetual counted in base units. */
export function testInstrument(tradingPair = "BTC-USDT"): Instrument {
  const [base = "", quote = ""] = tradingPair.split("-");
  return {
    tradingPair,
    exchangeSymbol: `${base}${quote}`,
    type: "perpetual",
    base,
    quote,
    settle: quote,
    payoff: "linear",
    amountUnit: "base",
    contractSize: new Decimal(1),
    priceScale: 2,
    amountScale: 3,
    status: "trading",
    venueStatus: "TRADING",
    rules: {
      priceIncrement: new Decimal("0.01"),
      amountIncrement: new Decimal("0.001"),
      orderTypes: ["limit"],
      timeInForce: ["gtc"],
    },
  };
}
