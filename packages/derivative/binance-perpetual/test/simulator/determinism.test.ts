import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRig, type Rig } from "./support/rig.js";
import { createTrader, type Trader } from "./support/trader.js";

/** Everything the venue does in a session that uses all of it, as one text. */
function session(seed: number, waits: readonly number[], inSteps: boolean): string {
  const rig = createRig({ seed, eventsPerSecond: 30, levels: 100 });
  const wait = (ms: number): void => {
    const step = inSteps ? 7 : ms;
    for (let left = ms; left > 0; left -= step) rig.advance(Math.min(left, step));
  };
  const effects: unknown[] = [];
  const publicSocket = rig.dial("/public/stream");
  const marketSocket = rig.dial("/market/ws");
  rig.send(publicSocket, {
    method: "SUBSCRIBE",
    params: [
      "btcusdt@depth@100ms",
      "dogeusdt@depth",
      "btcusdt@bookTicker",
      "ethusdt@depth5",
      "ethusdt@trade",
    ],
    id: 1,
  });
  rig.send(marketSocket, {
    method: "SUBSCRIBE",
    params: ["btcusdt@aggTrade", "xauusdt@markPrice@1s", "btcusdt@ticker"],
    id: 2,
  });
  const trader = createTrader(rig);
  trader.listen();
  for (const [index, ms] of waits.entries()) {
    wait(ms);
    useRest(rig, index);
    trade(rig, trader, index);
    effects.push(...rig.take());
  }
  return JSON.stringify(effects);
}

function useRest(rig: Rig, index: number): void {
  const paths = [
    "/fapi/v1/depth?symbol=BTCUSDT&limit=1000",
    "/fapi/v1/aggTrades?symbol=ETHUSDT",
    "/fapi/v1/exchangeInfo",
    "/fapi/v1/premiumIndex",
    "/fapi/v1/ticker/24hr",
    "/fapi/v1/openInterest?symbol=BTCUSDT",
  ];
  rig.get(paths[index % paths.length]!);
}

/** Orders at the best prices, which the market fills while time passes, and some that end otherwise. */
function trade(rig: Rig, trader: Trader, index: number): void {
  const { bids, asks } = rig.machine.bookOf("BTCUSDT");
  const quantity = "0.020";
  trader.place({ price: bids[0]![0], quantity });
  trader.place({ side: "SELL", price: asks[0]![0], quantity });
  if (index % 3 === 1) trader.place({ type: "MARKET", quantity });
  if (index % 3 === 2) trader.call("DELETE", "/fapi/v1/allOpenOrders", { symbol: "BTCUSDT" });
  trader.call("POST", "/fapi/v1/countdownCancelAll", { symbol: "BTCUSDT", countdownTime: 1500 });
  trader.call("GET", "/fapi/v1/userTrades", { symbol: "BTCUSDT" });
  trader.call("GET", "/fapi/v3/account");
}

describe("determinism", () => {
  it("the same seed and inputs give the same bytes, however often the machine is woken", () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 8 }),
        (seed, waits) => {
          const first = session(seed, waits, false);
          expect(session(seed, waits, false)).toBe(first);
          expect(session(seed, waits, true)).toBe(first);
        },
      ),
      { numRuns: 8 },
    );
  });

  it("another seed is another market", () => {
    expect(session(1, [2000], false)).not.toBe(session(2, [2000], false));
  });

  it("a symbol's market does not depend on the others", () => {
    const book = (rig: Rig): unknown => {
      rig.advance(5000);
      rig.get("/fapi/v1/depth?symbol=SOLUSDT&limit=5");
      return rig.machine.bookOf("SOLUSDT");
    };
    const all = createRig({ seed: 8 });
    all.dial("/public/ws/btcusdt@depth/solusdt@depth");
    const alone = createRig({ seed: 8 });
    expect(book(all)).toEqual(book(alone));
  });
});
