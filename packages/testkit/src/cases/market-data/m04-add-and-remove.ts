import { InstrumentError } from "@conn/core";
import type { ConformanceCase } from "../../run/conformance-case.js";
import { errorOf, must, mustBeError, mustEqual } from "../../run/failure.js";
import { PATIENCE_MS } from "../../run/probe.js";

/**
 * Given one live book.
 * Do add a pair, add it again, remove it, add it once more, and add one that the venue has just listed.
 * Expect each to become live and equal the venue's, the removed one to be gone and silent, and the first
 * book to notice nothing of it.
 */
export const addAndRemove: ConformanceCase = {
  id: "M04",
  title: "pairs are added and removed while running, and the others are undisturbed",
  needs: "orderBooks",
  async run(stage) {
    const { world, venue } = stage;
    const [first, second] = stage.pairs(2);
    const probe = await stage.follow([first]);
    const { connector } = probe;
    const { dialCount } = venue.log;
    const { integrity } = probe.book(first);
    const before = [stage.rebuildsOf(integrity), integrity.resyncs];
    const undisturbed = (): void => {
      mustEqual(
        [stage.rebuildsOf(integrity), integrity.resyncs, integrity.state],
        [...before, "live"],
        `snapshots, resyncs and state of ${first}`,
      );
      mustEqual(
        probe.statesOf(first).filter(({ state }) => state === "resyncing"),
        [],
        `losses of trust of ${first}`,
      );
    };

    const book = connector.addTradingPair(second);
    must(connector.addTradingPair(second) === book, "a pair added twice to have one book");
    await probe.untilLive([first, second]);
    await world.advance(1_000);
    probe.expectTruth([first, second]);
    undisturbed();

    connector.removeTradingPair(second);
    const left = probe.changesOf(second);
    must(!connector.orderBooks.has(second), "a removed book to be gone");
    mustBeError(
      await errorOf(() => connector.orderBook(second), "the book of a removed pair"),
      InstrumentError,
      "TRADING_PAIR_NOT_TRACKED",
    );
    await world.advance(5_000);
    mustEqual(probe.changesOf(second), left, "the changes of a removed book");
    mustEqual(probe.problems(), [], "problems");
    const served = venue.log.clientFrames.filter(({ streams }) =>
      streams.includes(stage.depthStreamOf(second)),
    );
    mustEqual(served.at(-1)?.kind, "unsubscribe", "the last request about the stream of a removed pair");
    undisturbed();

    connector.addTradingPair(second);
    connector.removeTradingPair(second);
    connector.addTradingPair(second);
    await probe.untilLive([first, second]);

    const symbol = venue.listAnother();
    await world.complete(connector.fetchInstruments(), { withinMs: PATIENCE_MS });
    const listed = [...connector.instruments.values()].find(
      ({ exchangeSymbol }) => exchangeSymbol === symbol,
    );
    must(listed !== undefined, `an instrument for ${symbol}, which was listed meanwhile`);
    connector.addTradingPair(listed.tradingPair);
    await probe.untilLive([first, second, listed.tradingPair]);
    await world.advance(1_000);
    probe.expectTruth();
    undisturbed();
    mustEqual(venue.log.dialCount, dialCount, "the number of dials");
  },
};
