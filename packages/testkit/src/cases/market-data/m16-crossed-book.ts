import { Decimal } from "@conn/core";
import type { ConformanceCase } from "../../run/conformance-case.js";
import { must, mustEqual } from "../../run/failure.js";
import { nudgeUntilLive } from "../../run/nudge.js";
import { disturbsOthers } from "../../run/sequence-facts.js";

/** How long the venue's book stays crossed, in virtual ms. */
const CROSSED_MS = 30_000;

/**
 * Given two live books.
 * Do let the venue's own book of one become crossed for half a minute, by a bid above its best ask.
 * Expect what the record says of it: to resync means that the book is at once not live, with fault
 * `crossed`, and asks for snapshots at a pace until it is whole; to report means that it stays live and
 * the crossing is counted. The other book is undisturbed, and both equal the venue's in the end.
 */
export const crossedBook: ConformanceCase = {
  id: "M16",
  title: "a crossed book is dealt with by the record's policy",
  needs: "orderBooks",
  async run(stage) {
    const { world, venue } = stage;
    const [pair, other] = stage.pairs(2);
    const symbol = stage.symbolOf(pair);
    const probe = await stage.follow([pair, other]);
    await world.advance(1_000);
    venue.freeze(symbol);
    await world.advance(1_000);
    probe.expectTruth();
    const requests = stage.snapshotTimes(pair).length;
    const { bids, asks } = venue.bookOf(symbol);
    const [bestBid, bestAsk] = [bids[0], asks[0]];
    must(bestBid !== undefined && bestAsk !== undefined, "a simulated venue whose books have two sides");
    const { priceIncrement } = stage.instrumentOf(symbol).rules;
    const price = new Decimal(bestAsk[0]).plus(priceIncrement).toFixed();

    venue.publish(symbol, [{ side: "bid", price, amount: bestAsk[1] }]);
    await world.until(() => probe.book(pair).integrity.crossed > 0, {
      withinMs: 5_000,
      what: "a crossing to be counted",
    });
    if (stage.definition.orderBooks.sequence.crossed === "resync") {
      mustEqual(probe.stateOf(pair), "resyncing", "the state of a crossed book");
      mustEqual(probe.statesOf(pair).at(-1)?.fault, "crossed", "the fault told");
      await world.advance(CROSSED_MS);
      must(probe.stateOf(pair) !== "live", "a book that is still crossed not to be live");
      const asked = stage.snapshotTimes(pair).length - requests;
      must(asked >= 2 && asked <= 20, `two to twenty snapshots in ${CROSSED_MS} ms, not ${asked}`);
    } else {
      await world.advance(CROSSED_MS);
      probe.expectTruth([pair]);
    }
    venue.publish(symbol, [{ side: "bid", price, amount: "0" }]);
    await nudgeUntilLive(stage, probe, pair, bestBid[0]);
    await probe.untilLive([pair, other]);
    await world.advance(1_000);
    probe.expectTruth();
    if (!disturbsOthers(stage.record))
      mustEqual(probe.book(other).integrity.resyncs, 0, `the resyncs of ${other}`);
  },
};
