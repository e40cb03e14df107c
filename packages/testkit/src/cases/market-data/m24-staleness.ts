import { OrderBookError } from "@conn/core";
import type { ConformanceCase } from "../../run/conformance-case.js";
import { captureDiffs } from "../../run/depth-capture.js";
import { errorOf, must, mustBeError, mustEqual } from "../../run/failure.js";
import type { ConformanceVenue } from "../../venue/conformance-venue.js";

const SOCKET = { pingAfterIdleMs: 5_000, silentAfterMs: 2_000, deadAfterMs: 60_000 };

/**
 * Given live books over connections that are told after which silence they are stale.
 * Do let one market stand still for a minute; then let the venue be silent for a while, shorter than a
 * connection needs to be given up.
 * Expect the quiet book to stay live while `requireFresh` tells its age, which is that of the latest
 * frame of its stream, be it one without changes; the silent ones to become stale
 * with an event, `requireFresh` to throw, and both to come back and equal the venue's.
 */
export const staleness: ConformanceCase = {
  id: "M24",
  title: "staleness is told as an event and by requireFresh; a quiet pair is not stale",
  needs: "orderBooks",
  async run(stage) {
    const { world, venue } = stage;
    const pairs = stage.pairs(2);
    const [quiet] = pairs;
    const symbol = stage.symbolOf(quiet);
    const probe = await stage.follow(pairs, { socket: SOCKET });
    const fresh = (pair: string, maxAgeMs: number): void => probe.book(pair).requireFresh(maxAgeMs);
    await world.advance(1_000);
    for (const pair of pairs) fresh(pair, 5_000);

    for (const pair of pairs) venue.freeze(stage.symbolOf(pair));
    const since = probe.events.length;
    const capture = captureDiffs(stage, quiet);
    await world.advance(60_000);
    capture.stop();
    mustEqual(
      probe.statesOf(quiet).filter((event) => probe.events.indexOf(event) >= since),
      [],
      "states told of a quiet pair",
    );
    const { integrity } = probe.book(quiet);
    if (capture.frames.length > 0) {
      // A venue that says again and again that nothing changed: the book is as old as its latest word.
      must(world.now - integrity.receivedTimestamp < 30_000, "a word of the venue to count as news");
      await world.until(() => world.now - integrity.receivedTimestamp >= 1_000, { withinMs: 60_000 });
    }
    const ageMs = capture.frames.length > 0 ? world.now - integrity.receivedTimestamp : 60_000;
    fresh(quiet, ageMs * 2);
    mustBeError(
      await errorOf(() => fresh(quiet, ageMs / 2), "requireFresh of an old book"),
      OrderBookError,
      "BOOK_STALE",
    );
    changeBest(venue, symbol, "5");
    await world.advance(1_000);
    fresh(quiet, 2_000);

    const silence = venue.faults.silence();
    for (const pair of pairs) await probe.untilState(pair, "stale", 7_200);
    for (const pair of pairs) {
      const told = probe.statesOf(pair).at(-1);
      mustEqual(
        [told?.previous, told?.state, told?.fault],
        ["live", "stale", "silent"],
        `the event of ${pair}`,
      );
      mustBeError(
        await errorOf(() => fresh(pair, 120_000), "requireFresh of a stale book"),
        OrderBookError,
        "BOOK_NOT_LIVE",
        "BOOK_STALE",
      );
    }
    must(!probe.connector.ready, "a connector with stale books not to be ready");
    // A change that is lost in the silence.
    changeBest(venue, symbol, "6");
    await world.advance(1_000);
    silence.cancel();
    for (let amount = 7; amount < 70; amount += 1) {
      for (const pair of pairs) changeBest(venue, stage.symbolOf(pair), String(amount));
      await world.advance(1_000);
      if (probe.connector.ready) break;
    }
    await probe.untilLive(pairs);
    probe.expectTruth(pairs);
    for (const pair of pairs) fresh(pair, 5_000);
  },
};

/** Changes the amount of the best bid. */
function changeBest(venue: ConformanceVenue, symbol: string, amount: string): void {
  const [best] = venue.bookOf(symbol).bids;
  must(best !== undefined, "a simulated venue whose books have bids");
  venue.publish(symbol, [{ side: "bid", price: best[0], amount }]);
}
