import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InstrumentCatalog } from "../../src/connector/instrument-catalog.js";
import { Decimal } from "../../src/decimal/decimal.js";
import { InstrumentError, ProtocolError } from "../../src/errors/index.js";
import type { Instrument } from "../../src/instrument/index.js";
import { testInstrument } from "../support/instrument.js";

const A = testInstrument("A-USDT");
const B = testInstrument("B-USDT");
const listing = (...instruments: Instrument[]) => ({ instruments, problems: [] });
const unreadable = (exchangeSymbol: unknown) =>
  new ProtocolError("MALFORMED_INSTRUMENT", "an entry", { details: { exchangeSymbol } });

function catalogOf(...instruments: Instrument[]): InstrumentCatalog {
  const catalog = new InstrumentCatalog("test");
  catalog.update(listing(...instruments));
  return catalog;
}

/** The changes that a list brings, as `pair change`. */
const changesOf = (catalog: InstrumentCatalog, ...instruments: Instrument[]): string[] =>
  catalog
    .update(listing(...instruments))
    .changes.map(({ tradingPair, change }) => `${tradingPair} ${change}`);

describe("the catalog", () => {
  it("tells what is new, gone and another", () => {
    const catalog = catalogOf(A);
    expect(changesOf(catalog, A, B)).toEqual(["B-USDT listed"]);
    expect(changesOf(catalog, B)).toEqual(["A-USDT delisted"]);
    const halted = { ...B, status: "halted", venueStatus: "BREAK" } as const;
    const { changes } = catalog.update(listing(halted));
    expect(changes).toEqual([{ tradingPair: "B-USDT", change: "status", instrument: halted, previous: B }]);
    expect(catalog.tradingPairs).toEqual([]);
    expect(catalog.get("B-USDT")).toBe(halted);
    expect(() => catalog.get("A-USDT")).toThrow(InstrumentError);
    expect([catalog.knows("AUSDT"), catalog.knows("CUSDT")]).toEqual([true, false]);
  });

  it("tells each of several changes of one instrument", () => {
    const rules = { ...A.rules, priceIncrement: new Decimal("0.001") };
    const other = { ...A, exchangeSymbol: "XAUSDT", venueStatus: "POST", priceScale: 3, rules };
    expect(changesOf(catalogOf(A), other)).toEqual(["A-USDT renamed", "A-USDT status", "A-USDT rules"]);
  });

  it("sees no change in another order or spelling of the same", () => {
    const one = { ...A, rules: { ...A.rules, orderTypes: ["limit", "market"] } } as const;
    const other: Instrument = {
      ...A,
      rules: { ...A.rules, priceIncrement: new Decimal("0.010"), orderTypes: ["market", "limit"] },
    };
    expect(changesOf(catalogOf(one), other)).toEqual([]);
  });

  it.each<[string, Partial<Instrument>]>([
    ["the increment of amounts", { rules: { ...A.rules, amountIncrement: new Decimal("0.01") } }],
    ["a bound that was not there", { rules: { ...A.rules, maxAmount: new Decimal(5) } }],
    ["the scale of amounts", { amountScale: 4 }],
    ["the size of a contract", { contractSize: new Decimal("0.1") }],
    ["the expiry", { expiryTimestamp: 1 }],
    ["the order types", { rules: { ...A.rules, orderTypes: [] } }],
  ])("sees a change of %s", (_what, terms) => {
    expect(changesOf(catalogOf(A), { ...A, ...terms })).toEqual(["A-USDT rules"]);
    expect(changesOf(catalogOf({ ...A, ...terms }), A)).toEqual(["A-USDT rules"]);
  });

  it("keeps what it knows of an instrument whose entry cannot be read", () => {
    const catalog = catalogOf(A, B);
    const problems = [unreadable("AUSDT"), unreadable(undefined), unreadable("CUSDT")];
    const update = catalog.update({ instruments: [B], problems });
    expect(update).toEqual({ changes: [], problems });
    expect(catalog.get("A-USDT")).toBe(A);
    expect(changesOf(catalog, B)).toEqual(["A-USDT delisted"]);
  });

  it("lets the one of two keep a name that had it, wherever it stands in the list", () => {
    const twin = { ...A, exchangeSymbol: "A2USDT" };
    const catalog = catalogOf(A);
    for (const instruments of [
      [A, twin],
      [twin, A],
    ]) {
      const { changes, problems } = catalog.update(listing(...instruments));
      expect(changes).toEqual([]);
      expect(problems.map(({ details }) => details.exchangeSymbol)).toEqual(["A2USDT"]);
    }
    expect(changesOf(catalog, twin)).toEqual(["A-USDT renamed"]);
    expect(catalogOf(twin, A).get("A-USDT")).toBe(twin);
  });

  it("does not let an older answer undo a newer one", async () => {
    const catalog = catalogOf(A);
    const slow = Promise.withResolvers<ReturnType<typeof listing>>();
    const first = catalog.fetch(() => slow.promise);
    expect((await catalog.fetch(async () => listing(A, B))).changes).toHaveLength(1);
    slow.resolve(listing(A));
    expect((await first).changes).toEqual([]);
    expect(catalog.instruments.size).toBe(2);
    await expect(catalog.fetch(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect((await catalog.fetch(async () => listing(B))).changes).toHaveLength(1);
  });

  it("tells exactly the way from one list to the next", () => {
    const entry = fc.record({
      tradingPair: fc.constantFrom("A", "B", "C", "D"),
      exchangeSymbol: fc.constantFrom("a", "b", "c", "d", "e"),
      venueStatus: fc.constantFrom("on", "off"),
      priceScale: fc.constantFrom(1, 2),
    });
    const list = fc.uniqueArray(entry, { selector: ({ tradingPair }) => tradingPair });
    fc.assert(
      fc.property(fc.array(list, { minLength: 2 }), (lists) => {
        const catalog = new InstrumentCatalog("test");
        let before = new Map<string, Instrument>();
        for (const entries of lists) {
          const instruments = entries.map((one): Instrument => ({ ...A, ...one }));
          const { changes } = catalog.update(listing(...instruments));
          const after = new Map(instruments.map((one) => [one.tradingPair, one]));
          expect(catalog.instruments).toEqual(after);
          const told = new Map<string, string[]>();
          for (const { tradingPair, change, instrument, previous } of changes) {
            expect(instrument).toBe(after.get(tradingPair));
            expect(previous).toBe(before.get(tradingPair));
            told.set(tradingPair, [...(told.get(tradingPair) ?? []), change]);
          }
          for (const pair of ["A", "B", "C", "D"]) {
            const [was, is] = [before.get(pair), after.get(pair)];
            const expected =
              was === undefined
                ? is && ["listed"]
                : is === undefined
                  ? ["delisted"]
                  : [
                      was.exchangeSymbol === is.exchangeSymbol ? [] : ["renamed"],
                      was.venueStatus === is.venueStatus ? [] : ["status"],
                      was.priceScale === is.priceScale ? [] : ["rules"],
                    ].flat();
            expect(told.get(pair) ?? []).toEqual(expected ?? []);
          }
          before = after;
        }
      }),
    );
  });
});
