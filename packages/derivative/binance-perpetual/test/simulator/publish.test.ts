import { canonicalNumber, type PublishedRow } from "@conn/simulator";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEFAULT_CONTRACTS } from "../../src/simulator/index.js";
import { createRig, type Json } from "./support/rig.js";

const BTC = "BTCUSDT";

/** Rows of one side as a map between numbers in their one spelling. */
const asMap = (rows: readonly (readonly [string, string])[]): Record<string, string> =>
  Object.fromEntries(rows.map(([price, amount]) => [canonicalNumber(price), canonicalNumber(amount)]));

const frozenRig = () => {
  const rig = createRig();
  const socket = rig.dial("/public/ws/btcusdt@depth@100ms");
  rig.advance(1000);
  rig.machine.freeze(BTC);
  rig.advance(1000);
  rig.take();
  return { rig, socket };
};

describe("rows published by hand", () => {
  it("come verbatim and in order in the next diff, and are the venue's book", () => {
    const { rig, socket } = frozenRig();
    const before = rig.machine.bookOf(BTC);
    const best = before.bids[0]![0];
    const rows: PublishedRow[] = [
      { side: "bid", price: "12345.678901234567890123", amount: "1e-7" },
      { side: "ask", price: "90000.1", amount: "0.00000000000000000000000001" },
      { side: "bid", price: best, amount: "0" },
      { side: "bid", price: "1.5", amount: "0.000" },
      { side: "ask", price: "0", amount: "5" },
      { side: "ask", price: "80000", amount: "3" },
      { side: "bid", price: "2e3", amount: "7" },
    ];
    rig.machine.publish(BTC, rows);
    rig.advance(5000);
    const events = rig.frames(socket);
    expect(events).toHaveLength(1);
    expect(events[0].b).toEqual([
      ["12345.678901234567890123", "1e-7"],
      [best, "0"],
      ["1.5", "0.000"],
      ["2e3", "7"],
    ]);
    expect(events[0].a).toEqual([
      ["90000.1", "0.00000000000000000000000001"],
      ["0", "5"],
      ["80000", "3"],
    ]);
    expect(events[0].u).toBe(rig.machine.bookOf(BTC).lastUpdateId);

    const after = rig.machine.bookOf(BTC);
    const bids = asMap(before.bids);
    delete bids[canonicalNumber(best)];
    bids["12345.678901234567890123"] = "0.0000001";
    bids["2000"] = "7";
    expect(asMap(after.bids)).toEqual(bids);
    expect(asMap(after.asks)).toEqual({
      ...asMap(before.asks),
      "90000.1": "0.00000000000000000000000001",
      "80000": "3",
    });
    // Crossed, and in order all the same.
    expect(after.asks[0]).toEqual(["80000", "3"]);
    expect(Number(after.bids[0]![0])).toBeGreaterThan(80_000);
    expect(after.bids.findIndex(([price]) => price === "2e3")).toBe(after.bids.length - 1);

    const { json } = rig.get(`/fapi/v1/depth?symbol=${BTC}&limit=1000`);
    expect({ ...after, bids: json.bids, asks: json.asks, lastUpdateId: json.lastUpdateId }).toEqual(after);
    expect(rig.get(`/fapi/v1/ticker/bookTicker?symbol=${BTC}`).json).toMatchObject({
      askPrice: "80000",
      askQty: "3",
    });
    expect(rig.machine.bookAt(BTC, events[0].u)).toEqual(after);
    expect(rig.machine.bookAt(BTC, events[0].pu)).toEqual(before);
  });

  it("may empty a side", () => {
    const { rig } = frozenRig();
    const ticker = rig.dial("/public/ws/btcusdt@bookTicker/btcusdt@depth5@100ms");
    const rows = rig.machine
      .bookOf(BTC)
      .bids.map(([price]) => ({ side: "bid" as const, price, amount: "0" }));
    rig.machine.publish(BTC, rows);
    rig.advance(500);
    const frames = rig.frames(ticker);
    expect(frames.find((one) => one.e === "bookTicker")).toMatchObject({ b: "0.00", B: "0.000" });
    expect(frames.find((one) => one.e === "depthUpdate")).toMatchObject({ b: [], a: { length: 5 } });
    expect(rig.machine.bookOf(BTC).bids).toEqual([]);
    expect(rig.get(`/fapi/v1/depth?symbol=${BTC}&limit=5`).json.bids).toEqual([]);
  });

  it("are taken back when the market resumes", () => {
    const { rig, socket } = frozenRig();
    const before = rig.machine.bookOf(BTC);
    rig.machine.publish(BTC, [
      { side: "bid", price: "99999.9", amount: "1" },
      { side: "ask", price: before.asks[0]![0], amount: "0" },
      { side: "ask", price: "77777.7", amount: "0" },
    ]);
    rig.advance(200);
    rig.take();
    rig.machine.unfreeze(BTC);
    rig.machine.freeze(BTC);
    rig.advance(200);
    const [event] = rig.frames(socket);
    expect(event.b).toEqual([["99999.9", "0.000"]]);
    expect(event.a).toEqual([before.asks[0]]);
    const { bids, asks } = rig.machine.bookOf(BTC);
    expect({ bids, asks }).toEqual({ bids: before.bids, asks: before.asks });
  });

  it("keep a following client equal, between and over the market's own changes", () => {
    const price = fc.oneof(
      fc.integer({ min: 844_000, max: 847_000 }).map((ticks) => `${Math.floor(ticks / 10)}.${ticks % 10}0`),
      fc.constantFrom("84551.00", "84551", "8.4551e4", "84551.05", "0", "84550.123456789012345678", "1e-9"),
    );
    const amount = fc.constantFrom("0", "0.000", "1", "2.500", "12345678901234567890.5", "3e-20");
    const row = fc.record({ side: fc.constantFrom("bid" as const, "ask" as const), price, amount });
    const action = fc.oneof(
      fc.record({ do: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 400 }) }),
      fc.record({ do: fc.constant("publish" as const), rows: fc.array(row, { minLength: 1, maxLength: 6 }) }),
      fc.record({ do: fc.constantFrom("freeze" as const, "unfreeze" as const) }),
    );
    fc.assert(
      fc.property(fc.integer(), fc.array(action, { maxLength: 25 }), (seed, actions) => {
        const rig = createRig({
          seed,
          levels: 40,
          eventsPerSecond: 150,
          contracts: DEFAULT_CONTRACTS.slice(0, 1),
        });
        const socket = rig.dial("/public/ws/btcusdt@depth@100ms");
        const start = rig.machine.bookOf(BTC);
        const sides = { b: asMap(start.bids), a: asMap(start.asks) };
        const follow = (event: Json): void => {
          for (const side of ["b", "a"] as const) {
            for (const [rowPrice, rowAmount] of event[side]) {
              const key = canonicalNumber(rowPrice);
              const value = canonicalNumber(rowAmount);
              if (key === "0") continue;
              if (value === "0") delete sides[side][key];
              else sides[side][key] = value;
            }
          }
          const truth = rig.machine.bookAt(BTC, event.u)!;
          expect(sides).toEqual({ b: asMap(truth.bids), a: asMap(truth.asks) });
        };
        for (const one of actions) {
          if (one.do === "wait") rig.advance(one.ms);
          else if (one.do === "publish") rig.machine.publish(BTC, one.rows);
          else rig.machine[one.do](BTC);
          for (const event of rig.frames(socket)) follow(event);
        }
        rig.advance(300);
        for (const event of rig.frames(socket)) follow(event);
      }),
      { numRuns: 40 },
    );
  });

  it("must be numbers", () => {
    const { machine } = createRig();
    for (const text of ["", "-1", "abc", "1,5", "NaN", ".5"]) {
      expect(() => machine.publish(BTC, [{ side: "bid", price: text, amount: "1" }])).toThrow(TypeError);
      expect(() => machine.publish(BTC, [{ side: "bid", price: "1", amount: text }])).toThrow(TypeError);
    }
    expect(() => machine.publish("NOPE", [])).toThrow(TypeError);
  });
});

describe("the truth about contracts", () => {
  it("lists them, their rules and last prices", () => {
    const { machine, ...rig } = createRig();
    expect(machine.listings()).toContainEqual({ symbol: BTC, trading: true });
    expect(machine.listings()).toContainEqual({ symbol: "OMGUSDT", trading: false });
    expect(machine.lastPriceOf(BTC)).toBe(rig.get(`/fapi/v2/ticker/price?symbol=${BTC}`).json.price);
    expect(machine.rulesOf(BTC)).toEqual({
      priceIncrement: "0.10",
      amountIncrement: "0.001",
      minPrice: "556.80",
      maxPrice: "4529764",
      minAmount: "0.001",
      maxAmount: "1000",
      marketMinAmount: "0.001",
      marketMaxAmount: "120",
      marketAmountIncrement: "0.001",
      minNotional: "50",
    });
  });

  it("can make an entry unreadable", () => {
    const rig = createRig();
    rig.machine.malformSymbol("ETHUSDT");
    const eth = rig.get("/fapi/v1/exchangeInfo").json.symbols.find((one: Json) => one.symbol === "ETHUSDT");
    expect(eth.filters).toContainEqual(
      expect.objectContaining({ filterType: "PRICE_FILTER", tickSize: "a tenth" }),
    );
    expect(rig.machine.rulesOf("ETHUSDT").priceIncrement).toBe("0.01");
    expect(() => rig.machine.malformSymbol("NOPE")).toThrow(TypeError);
  });
});
