import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Decimal } from "../../src/decimal/decimal.js";
import { LatestValues, type ValueUpdate } from "../../src/market-data/latest-values.js";

interface Values {
  readonly a: Decimal;
  readonly b: Decimal;
  readonly c: number;
}
type Update = ValueUpdate<Values>;
interface Message {
  readonly update: Update;
  readonly at: number;
}

const decimal = (text: string) => new Decimal(text);
const update: fc.Arbitrary<Update> = fc.record(
  {
    a: fc.constantFrom(decimal("1"), decimal("1.0"), decimal("-2.5"), null),
    b: fc.constantFrom(decimal("0"), decimal("3"), null, undefined),
    c: fc.constantFrom(0, 1, null),
  },
  { requiredKeys: [] },
);
/** Partial messages, each with a time of its own. */
const messages = fc
  .array(update, { maxLength: 8 })
  .map((updates) => updates.map((one, index): Message => ({ update: one, at: index * 10 })));

function merged(all: readonly Message[]): LatestValues<Values> {
  const latest = new LatestValues<Values>();
  for (const { update: one, at } of all) latest.merge(one, at);
  return latest;
}

function shown({ values, exchangeTimestamp }: LatestValues<Values>): unknown {
  const plain = Object.entries(values).map(([name, value]) => [name, String(value)]);
  return [plain.toSorted(), exchangeTimestamp];
}

describe("values of partial messages", () => {
  it("are the same in whatever order the messages come, and however often", () => {
    const shuffled = messages.chain((all) =>
      fc.tuple(
        fc.constant(all),
        fc.array(fc.nat(), { minLength: all.length, maxLength: all.length }),
        fc.nat(3),
      ),
    );
    fc.assert(
      fc.property(shuffled, ([all, keys, repeats]) => {
        const order = all
          .map((message, index) => ({ message, key: keys[index] as number }))
          .toSorted((one, other) => one.key - other.key)
          .map(({ message }) => message);
        const often = [...order, ...order.slice(0, repeats), ...order];
        expect(shown(merged(order))).toEqual(shown(merged(all)));
        expect(shown(merged(often))).toEqual(shown(merged(all)));
      }),
    );
  });

  it("are each those of the newest message that tells them", () => {
    fc.assert(
      fc.property(messages, (all) => {
        const { values } = merged(all);
        for (const name of ["a", "b", "c"] as const) {
          const told = all.findLast((message) => message.update[name] !== undefined)?.update[name];
          expect(values[name] ?? null).toEqual(told ?? null);
        }
      }),
    );
  });

  it("are told to be news when one differs or is newer, and not otherwise", () => {
    const latest = new LatestValues<Values>();
    expect(latest.merge({ a: decimal("1"), c: 4 }, 10)).toBe(true);
    expect(latest.merge({ a: decimal("1.0"), c: 4 }, 10)).toBe(false);
    expect(latest.merge({ a: decimal("9") }, 9)).toBe(false);
    expect(latest.merge({ b: undefined }, 99)).toBe(false);
    expect(latest.merge({}, 99)).toBe(false);
    expect(latest.exchangeTimestamp).toBe(10);
    expect(latest.merge({ a: decimal("1") }, 11)).toBe(true);
    expect(latest.merge({ a: decimal("2") }, 11)).toBe(true);
    expect(latest.merge({ a: null }, 12)).toBe(true);
    expect(latest.values).toEqual({ c: 4 });
    expect(latest.exchangeTimestamp).toBe(12);
  });

  it("are filled from an older message where nothing newer is known", () => {
    const latest = new LatestValues<Values>();
    latest.merge({ a: decimal("1") }, 20);
    expect(latest.merge({ a: decimal("5"), b: decimal("5") }, 10)).toBe(true);
    expect(latest.values).toEqual({ a: decimal("1"), b: decimal("5") });
    expect(latest.exchangeTimestamp).toBe(20);
  });

  it("are taken as they come where the venue tells no time", () => {
    const latest = new LatestValues<Values>();
    expect(latest.merge({ c: 1 }, undefined)).toBe(true);
    expect(latest.merge({ c: 1 }, undefined)).toBe(false);
    expect(latest.exchangeTimestamp).toBeUndefined();
    latest.merge({ c: 2 }, 50);
    latest.merge({ c: 3 }, undefined);
    expect(latest.values.c).toBe(3);
    expect(latest.exchangeTimestamp).toBe(50);
  });
});
