import { InstrumentError, type OpenInterest } from "@conn/core";
import type { ConformanceCase } from "../../run/conformance-case.js";
import { errorOf, must, mustBeError, mustEqual } from "../../run/failure.js";
import { openInterestTruth } from "../../run/market-info.js";
import { expectNotSupported } from "../../run/not-supported.js";
import { PATIENCE_MS } from "../../run/probe.js";

/**
 * Given a market that trades.
 * Do ask for the open interest of a pair, let the market go on, ask again, and ask for an unknown pair's.
 * Expect the venue's number each time, another one after trades, and for the unknown pair an error without a request.
 */
export const openInterest: ConformanceCase = {
  id: "M41",
  title: "open interest of a pair, as it is at the moment",
  needs: "openInterest",
  async run(stage) {
    const { world, venue } = stage;
    const [first, second] = stage.pairs(2);
    const probe = stage.connect();
    await probe.start();
    const { connector } = probe;
    const fetch = async (pair: string): Promise<OpenInterest> => {
      const answer = await world.complete(connector.fetchOpenInterest(pair), { withinMs: PATIENCE_MS });
      mustEqual(
        answer.openInterest.toFixed(),
        openInterestTruth(stage, pair),
        `the open interest of ${pair}`,
      );
      mustEqual(
        [answer.tradingPair, answer.receivedTimestamp],
        [pair, world.now],
        "its pair and time of arrival",
      );
      return answer;
    };
    const before = await fetch(first);
    await fetch(second);
    await world.advance(60_000);
    const after = await fetch(first);
    must(!after.openInterest.equals(before.openInterest), "an open interest that moves with trades");
    must(
      (after.exchangeTimestamp ?? world.now) >= (before.exchangeTimestamp ?? 0),
      "a time that does not step back",
    );
    const { requestCount } = venue.log;
    const unknown = errorOf(() => connector.fetchOpenInterest("NO-SUCH-PAIR"), "an unknown pair's");
    mustBeError(await unknown, InstrumentError, "UNKNOWN_TRADING_PAIR");
    mustEqual(venue.log.requestCount, requestCount, "requests for the open interest of an unknown pair");
  },
  inverse(stage) {
    const [pair] = stage.pairs(1);
    return expectNotSupported(stage, [(connector) => connector.fetchOpenInterest(pair)]);
  },
};
