import { VenueError } from "@conn/core";
import { describe, expect, it } from "vitest";
import { instruments } from "../src/instruments.js";
import { lastTradedPrices } from "../src/rest.js";

const BTC = {
  symbol: "BTC_USDT",
  inst_type: "CCY_PAIR",
  display_name: "BTC/USDT",
  base_ccy: "BTC",
  quote_ccy: "USDT",
  quote_decimals: 2,
  quantity_decimals: 5,
  price_tick_size: "0.01",
  qty_tick_size: "0.00001",
  max_leverage: "50",
  tradable: true,
};
const answer = (result: unknown, code = 0): Uint8Array =>
  Buffer.from(JSON.stringify({ id: 1, method: "x", code, result }));

describe("instruments", () => {
  it("are the spot pairs", () => {
    const swap = { ...BTC, symbol: "BTCUSD-PERP", inst_type: "PERPETUAL_SWAP" };
    const halted = { ...BTC, symbol: "OLD_USDT", base_ccy: "OLD", tradable: false };
    const { instruments: found, problems } = instruments.parse(answer({ data: [BTC, swap, halted] }));
    expect(problems).toEqual([]);
    expect(found.map(({ tradingPair, status }) => [tradingPair, status])).toEqual([
      ["BTC-USDT", "trading"],
      ["OLD-USDT", "halted"],
    ]);
    expect(JSON.parse(JSON.stringify(found[0]?.rules))).toMatchObject({
      priceIncrement: "0.01",
      amountIncrement: "0.00001",
      minAmount: "0.00001",
    });
  });

  it.each([
    ["null", null],
    ["an entry without type", { symbol: "X" }],
    ["an increment of 0", { ...BTC, price_tick_size: "0" }],
    ["an increment that is a number", { ...BTC, qty_tick_size: 0.1 }],
    ["no base currency", { ...BTC, base_ccy: "" }],
  ])("leave out and report %s", (_what, entry) => {
    const { instruments: found, problems } = instruments.parse(answer({ data: [entry, BTC] }));
    expect(found).toHaveLength(1);
    expect(problems.map(({ code }) => code)).toEqual(["MALFORMED_INSTRUMENT"]);
  });

  it("are refused with the venue's code, whatever the HTTP status", () => {
    expect(() => instruments.parse(answer(undefined, 40401))).toThrow(VenueError);
  });
});

describe("lastTradedPrices", () => {
  it("leaves out what was never traded", () => {
    const prices = lastTradedPrices(undefined).parse(
      answer({
        data: [
          { i: "BTC_USDT", a: "84000.10" },
          { i: "NEW_USDT", a: null },
        ],
      }),
    );
    expect([...prices].map(([symbol, price]) => `${symbol} ${price}`)).toEqual(["BTC_USDT 84000.1"]);
  });
});
