import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRig, deltas, type Rig } from "./support/rig.js";
import { createTrader } from "./support/trader.js";

const PATHS = [
  "public/get-book?instrument_name=BTC_USDT&depth=50",
  "public/get-trades?instrument_name=ETH_USDT",
  "public/get-instruments",
  "public/get-tickers",
];

/** Everything the venue does in a session that uses all of it, as one text. */
function session(seed: number, waits: readonly number[], inSteps: boolean): string {
  const rig = createRig({ seed, eventsPerSecond: 30 });
  const wait = (ms: number): void => {
    const step = inSteps ? 7 : ms;
    for (let left = ms; left > 0; left -= step) rig.advance(Math.min(left, step));
  };
  const effects: unknown[] = [];
  const socket = rig.dial();
  rig.subscribe(socket, ["book.BTC_USDT.50", "book.SHIB_USDT.10", "trade.ETH_USDT"], deltas(10));
  rig.subscribe(socket, ["book.ETH_USDT.10", "ticker.BTC_USDT"]);
  for (const [index, ms] of waits.entries()) {
    wait(ms);
    rig.get(PATHS[index % PATHS.length]!);
    effects.push(...rig.take());
  }
  return JSON.stringify(effects);
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

  it("accounts too: their keys, the way of their orders, and all that they are told", () => {
    const trade = (seed: number, step: number): string => {
      const rig = createRig({ seed, levels: 30, eventsPerSecond: 100 });
      const trader = createTrader(rig);
      const socket = trader.listen("user.order", "user.trade", "user.balance");
      for (let count = 0; count < 8; count++) {
        const side = count % 2 === 0 ? "BUY" : "SELL";
        const [price] = rig.machine.bookOf("BTC_USDT")[side === "BUY" ? "bids" : "asks"][count % 3]!;
        trader.place({ side, price, client_oid: `order-${count}` });
        for (let left = 420; left > 0; left -= step) rig.advance(Math.min(left, step));
      }
      return JSON.stringify([trader.key, rig.frames(socket)]);
    };
    const first = trade(3, 420);
    expect(first).toContain('"taker_side"');
    expect(trade(3, 420)).toBe(first);
    expect(trade(3, 7)).toBe(first);
    expect(trade(4, 420)).not.toBe(first);
  });

  it("another seed is another market", () => {
    expect(session(1, [2000], false)).not.toBe(session(2, [2000], false));
  });

  it("an instrument's market does not depend on the others", () => {
    const book = (rig: Rig): unknown => {
      rig.advance(5000);
      rig.get("public/get-book?instrument_name=CRO_USD");
      return rig.machine.bookOf("CRO_USD");
    };
    const all = createRig({ seed: 8 });
    const socket = all.open();
    all.send(socket, {
      id: 1,
      method: "subscribe",
      params: { channels: ["book.BTC_USDT.10", "book.CRO_USD.10"] },
    });
    expect(book(all)).toEqual(book(createRig({ seed: 8 })));
  });
});
