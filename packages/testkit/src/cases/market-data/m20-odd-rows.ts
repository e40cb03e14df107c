import { Decimal } from "@conn/core";
import type { ConformanceCase } from "../../run/conformance-case.js";
import { must, mustEqual } from "../../run/failure.js";
import type { VenueRow } from "../../venue/conformance-venue.js";

/**
 * Given a live book of a market that stands still.
 * Do publish: the deletion of a level that is absent; a price of zero; a level far from the touch, and its
 * change and end; every level of one side deleted, and some put back; the same row twice in one diff.
 * Expect the book to stay live and to equal the venue's after each, and an empty side to be read as such.
 */
export const oddRows: ConformanceCase = {
  id: "M20",
  title: "deletion of an absent level, zero price, far level, empty side: normal, and the book stays right",
  needs: "orderBooks",
  async run(stage) {
    const { world, venue } = stage;
    const [pair] = stage.pairs(1);
    const symbol = stage.symbolOf(pair);
    const probe = await stage.follow([pair]);
    venue.freeze(symbol);
    await world.advance(1_000);
    const { integrity } = probe.book(pair);
    const rebuilds = stage.rebuildsOf(integrity);
    const publish = async (what: string, rows: readonly VenueRow[]): Promise<void> => {
      const updates = stage.updatesOf(integrity);
      venue.publish(symbol, rows);
      await world.until(() => stage.updatesOf(integrity) > updates || integrity.state !== "live", {
        withinMs: 5_000,
        what: `the diff with ${what}`,
      });
      mustEqual(
        [integrity.state, stage.rebuildsOf(integrity)],
        ["live", rebuilds],
        `state and snapshots asked for after ${what}`,
      );
      probe.expectTruth([pair]);
    };
    const { bids, asks } = venue.bookOf(symbol);
    const [bestBid, bestAsk] = [bids[0]!, asks[0]!];
    const { priceIncrement } = stage.instrumentOf(symbol).rules;
    const far = new Decimal(asks.at(-1)![0]).plus(priceIncrement.times(5_000)).toFixed();
    const absent = priceIncrement.toFixed();

    await publish("the deletion of absent levels", [
      { side: "bid", price: absent, amount: "0" },
      { side: "ask", price: far, amount: "0.000" },
    ]);
    await publish("a price of zero", [{ side: "bid", price: "0", amount: "0" }]);
    await publish("a price of zero beside a level", [
      { side: "ask", price: "0.00", amount: "0.000" },
      { side: "bid", price: bestBid[0], amount: "7" },
    ]);
    await publish("a far level", [{ side: "ask", price: far, amount: "3" }]);
    await publish("a change of it", [{ side: "ask", price: far, amount: "4" }]);
    await publish("its end", [{ side: "ask", price: far, amount: "0" }]);
    await publish("one price twice", [
      { side: "ask", price: bestAsk[0], amount: "0" },
      { side: "ask", price: bestAsk[0], amount: "9" },
    ]);
    const all = venue.bookOf(symbol).bids;
    // Where a stream keeps to the best levels, others come up from below.
    for (let left = all; left.length > 0; left = venue.bookOf(symbol).bids) {
      await publish(
        "bids deleted",
        left.map(([price]) => ({ side: "bid", price, amount: "0" })),
      );
    }
    const book = probe.book(pair);
    mustEqual([book.bestBid, book.bids().length], [undefined, 0], "best bid and bids of an empty side");
    must(book.bestAsk !== undefined, "the other side to stay");
    await publish(
      "some bids again",
      all.slice(0, 3).map(([price, amount]) => ({ side: "bid", price, amount })),
    );
    mustEqual(probe.problems(), [], "problems");
  },
};
