import { SubscriptionError } from "@conn/core";
import type { ConformanceCase } from "../../run/conformance-case.js";
import { must, mustBeError, mustEqual } from "../../run/failure.js";
import { PATIENCE_MS } from "../../run/probe.js";

/**
 * Given a venue that refuses the streams of one symbol.
 * Do follow it together with two others.
 * Expect a SubscriptionError event of that pair, live books of the others that equal the venue's, no new
 * dial; and the pair to come when the venue has changed its mind and it is followed anew.
 */
export const refusedSubscription: ConformanceCase = {
  id: "L17",
  title: "a subscription that the venue refuses is an error of that pair, and the others live",
  needs: "orderBooks",
  async run(stage) {
    const { world, venue } = stage;
    const pairs = stage.pairs(3);
    const [refused, ...others] = pairs;
    const refusal = venue.faults.rejectSubscription(
      { symbol: stage.symbolOf(refused) },
      { code: -1121, message: "Invalid symbol." },
      Number.POSITIVE_INFINITY,
    );
    const probe = stage.connect({ tradingPairs: pairs });
    await probe.start();
    await probe.untilLive(others);
    const told = (): unknown[] =>
      probe.events.flatMap((event) =>
        event.type === "problem" && event.tradingPair === refused ? [event.error] : [],
      );
    await world.until(() => told().length > 0, {
      withinMs: PATIENCE_MS,
      what: "a problem event of the refused pair",
    });
    mustBeError(told()[0], SubscriptionError, "SUBSCRIPTION_REFUSED");
    const { dialCount } = venue.log;
    await world.advance(60_000);
    mustEqual(venue.log.dialCount, dialCount, "the number of dials");
    mustEqual(probe.connector.status.missingOrderBooks, [refused], "status.missingOrderBooks");
    const concerned = probe.events.flatMap((event) => (event.type === "problem" ? [event.tradingPair] : []));
    must(
      concerned.every((pair) => pair === refused),
      "no problem of another pair",
    );
    probe.expectTruth(others);

    refusal.cancel();
    probe.connector.removeTradingPair(refused);
    probe.connector.addTradingPair(refused);
    await probe.untilLive(pairs);
    await world.advance(1_000);
    probe.expectTruth(pairs);
  },
};
