import fc from "fast-check";
import { expect, test } from "vitest";
import { OrderJournal } from "../../src/account/index.js";
import { addFill, createFillSums, type TrackedOrder } from "../../src/account/tracked-order.js";
import { createMemoryJournals, Decimal, type Fill, type InFlightOrder } from "../../src/index.js";

const decimal = fc
  .tuple(fc.bigInt({ min: 1n, max: 10n ** 40n }), fc.integer({ min: 0, max: 30 }))
  .map(([digits, scale]) => new Decimal(`${digits}e-${scale}`));
const optional = <Value>(value: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
  fc.option(value, { nil: undefined });
const time = fc.integer({ min: 0, max: 2 ** 45 });
const text = fc.string({ unit: "grapheme", maxLength: 12 });

const fill: fc.Arbitrary<Fill> = fc.record({
  tradingPair: fc.constant("BTC-USDT"),
  exchangeOrderId: fc.constant("e/1"),
  tradeId: fc.uuid(),
  side: fc.constantFrom("buy", "sell"),
  price: decimal,
  amount: decimal,
  fees: optional(fc.array(fc.record({ asset: fc.constantFrom("BTC", "BNB"), amount: decimal }))),
  liquidity: optional(fc.constantFrom("maker", "taker")),
  exchangeTimestamp: time,
  receivedTimestamp: time,
});

const order: fc.Arbitrary<InFlightOrder> = fc.record({
  account: text,
  tradingPair: fc.constant("BTC-USDT"),
  clientOrderId: fc.constantFrom("c1", "conn-12"),
  exchangeOrderId: optional(text),
  side: fc.constantFrom("buy", "sell"),
  orderType: fc.constantFrom("limit", "market"),
  timeInForce: fc.constantFrom("gtc", "gtd"),
  price: optional(decimal),
  amount: optional(decimal),
  quoteAmount: optional(decimal),
  reduceOnly: fc.boolean(),
  expireTimestamp: optional(time),
  adjustments: fc.array(
    fc.record({ field: fc.constantFrom("price", "amount"), from: decimal, to: decimal, rule: text }),
  ),
  status: fc.constantFrom("pendingCreate", "open", "canceled", "rejected"),
  pendingCommand: fc.constantFrom("none", "cancel", "amend"),
  certainty: fc.constantFrom("known", "unknown"),
  filledAmount: decimal,
  filledQuoteAmount: fc.constant(new Decimal(0)),
  averagePrice: fc.constant(undefined),
  fills: fc.constant([]),
  fees: fc.constant([]),
  reason: optional(fc.record({ kind: fc.constantFrom("venue", "notFound"), message: text })),
  creationTimestamp: time,
  lastUpdateTimestamp: time,
});

test("an order is read as it was written, whatever it is", async () => {
  await fc.assert(
    fc.asyncProperty(
      order,
      fc.array(fill, { maxLength: 5 }),
      fc.record({
        unknown: fc.subarray(["place", "cancel", "amend"] as const).map((all) => new Set(all)),
        filledTold: fc.boolean(),
        lastSequence: optional(fc.bigInt({ min: 0n, max: 2n ** 70n })),
        lastExchangeTimestamp: time,
        sent: fc.boolean(),
        validUntil: fc.oneof(time, fc.constant(Number.POSITIVE_INFINITY)),
        placeableUntil: fc.oneof(time, fc.constant(Number.POSITIVE_INFINITY)),
        venueTimestamp: time,
      }),
      async (facts, fills, rest) => {
        const store = createMemoryJournals();
        const binding = { venue: "toy", environment: "sim", account: "a" };
        const random = { next: () => 0.5 };
        const tracked: TrackedOrder = { ...rest, order: facts, sums: createFillSums() };
        const journal = new OrderJournal(await store.open(binding), random);
        journal.begin(tracked);
        for (const each of fills) {
          addFill(tracked, each);
          journal.save(tracked, [each]);
        }
        journal.fillsKnownUntil = rest.venueTimestamp;
        journal.close();
        const again = new OrderJournal(await store.open(binding), random);
        expect(again.load()).toEqual([tracked]);
        expect(again.fillsKnownUntil).toBe(rest.venueTimestamp);
        expect(again.run).toBe(journal.run);
      },
    ),
  );
});
