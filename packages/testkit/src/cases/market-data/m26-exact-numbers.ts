import { Decimal } from "@conn/core";
import type { ConformanceCase } from "../../run/conformance-case.js";
import { must, mustEqual } from "../../run/failure.js";
import type { VenueRow } from "../../venue/conformance-venue.js";

/** Texts that a double cannot hold, or only in part, and those at the border of it. */
const NUMBERS = [
  "12345.678901234567890123",
  "0.00000000000000000000000001",
  "0.0000000000000000000001",
  "99999999999999999999.5",
  "9007199254740993",
  "0.1000000000000000055511151231257827",
  "123456789012345.6",
  "1234567890.12345",
  "0.30000000000000004",
  "1e-7",
  "1.5E+3",
  "2.50E-10",
  "100.000000000000000000000",
];

/**
 * Given a live book of a market that stands still.
 * Do publish levels whose prices, then whose amounts, have more than 15 digits, more than 22 decimals, or
 * an exponent; then two prices that one double would make the same; then let the book be built anew.
 * Expect each number out as the venue wrote it, as diff and as snapshot, and the book to stay live.
 */
export const exactNumbers: ConformanceCase = {
  id: "M26",
  title: "prices and amounts beyond 15 digits, with exponents or 22 and more decimals stay exact",
  needs: "orderBooks",
  async run(stage) {
    const { world, venue } = stage;
    const [pair] = stage.pairs(1);
    const symbol = stage.symbolOf(pair);
    const probe = await stage.follow([pair]);
    venue.freeze(symbol);
    await world.advance(1_000);
    const { integrity } = probe.book(pair);
    const publish = async (rows: readonly VenueRow[]): Promise<void> => {
      const updates = stage.updatesOf(integrity);
      venue.publish(symbol, rows);
      await world.until(() => stage.updatesOf(integrity) > updates || integrity.state !== "live", {
        withinMs: 5_000,
        what: "a diff",
      });
      mustEqual([integrity.state, integrity.crossed], ["live", 0], "state and crossings");
      probe.expectTruth([pair]);
    };
    // An empty book, so that no price crosses it.
    for (;;) {
      // Again while others come up from below, where a stream keeps to the best levels.
      const { bids, asks } = venue.bookOf(symbol);
      if (bids.length + asks.length === 0) break;
      await publish([
        ...bids.map(([price]): VenueRow => ({ side: "bid", price, amount: "0" })),
        ...asks.map(([price]): VenueRow => ({ side: "ask", price, amount: "0" })),
      ]);
    }

    const prices = NUMBERS.map((price): VenueRow => ({ side: "bid", price, amount: "2" }));
    for (const row of prices) await publish([row]);
    const amounts = NUMBERS.map(
      (amount, index): VenueRow => ({ side: "bid", price: `1.${index + 1}1`, amount }),
    );
    await publish(amounts);
    const twins = ["0.50000000000000000001", "0.50000000000000000002"];
    await publish(twins.map((price, index) => ({ side: "bid", price, amount: `${index + 1}` })));
    const expectNumbers = (): void => {
      const levels = probe.book(pair).bids();
      const amountAt = new Map(levels.map(({ price, amount }) => [price.toFixed(), amount.toFixed()]));
      for (const { price, amount } of [...prices, ...amounts]) {
        mustEqual(
          amountAt.get(new Decimal(price).toFixed()),
          new Decimal(amount).toFixed(),
          `the amount at ${price}`,
        );
      }
      mustEqual(
        twins.map((price) => amountAt.get(price)),
        ["1", "2"],
        "the amounts at two prices of one double",
      );
    };
    expectNumbers();

    const { snapshots } = integrity;
    probe.connector.resyncOrderBook(pair);
    await world.advance(2_000);
    await world.until(() => integrity.snapshots > snapshots, { withinMs: 10_000, what: "a snapshot" });
    venue.publish(symbol, [{ side: "bid", price: "0.25", amount: "1" }]);
    await probe.untilLive([pair]);
    probe.expectTruth([pair]);
    expectNumbers();

    await publish([{ side: "bid", price: twins[0]!, amount: "0" }]);
    await publish(prices.map(({ price }) => ({ side: "bid", price, amount: "0.0" })));
    must(probe.book(pair).bids().length === amounts.length + 2, "deleted levels to be gone");
  },
};
