import type { ConformanceCase } from "../../run/conformance-case.js";
import { must, mustEqual } from "../../run/failure.js";
import { PATIENCE_MS } from "../../run/probe.js";

/** Far more than the calls that go before a lane's turn. */
const MOST_BEFORE_A_TURN = 20;

/**
 * Given a venue that has just asked for a pause, and calls of one kind that wait, for two pairs in turns.
 * Do build a book anew meanwhile, where that takes a request.
 * Expect the calls to leave in the order they were made, and the least urgent request to have its turn among
 * them.
 */
export const order: ConformanceCase = {
  id: "R06",
  title: "calls leave in the order they were made, and the least urgent has its turn",
  needs: "lastTradedPrices",
  async run(stage) {
    const { world, venue, paths, definition } = stage;
    const [pair, other] = stage.pairs(2);
    const probe = await stage.follow([pair]);
    await world.advance(2_000);
    const { connector } = probe;
    const { pathname } = new URL(
      `${venue.urls.rest}${definition.lastTradedPrices(stage.symbolOf(pair)).path}`,
    );
    const pause = venue.faults.rateLimit({ retryAfterMs: 3_000 });
    const refused = await world.complete(Promise.allSettled([connector.fetchLastTradedPrices([pair])]), {
      withinMs: PATIENCE_MS,
    });
    mustEqual(refused[0]?.status, "rejected", "a call during a pause");
    const wanted = Array.from({ length: 40 }, (_, index) => (index % 3 === 0 ? pair : other));
    const sent: string[] = [];
    world.onTraffic((event) => {
      if (event.type !== "request" || event.owner !== probe.owner) return;
      const url = new URL(event.url);
      if (url.pathname === pathname) sent.push(url.search.includes(stage.symbolOf(pair)) ? pair : other);
      else if (url.pathname === paths.snapshot) sent.push("snapshot");
    });
    const made = Promise.all(wanted.map((one) => connector.fetchLastTradedPrices([one])));
    if (definition.orderBooks.sequence.snapshot === "rest") connector.resyncOrderBook(pair);
    await world.advance(500);
    pause.cancel();
    await world.complete(made, { withinMs: PATIENCE_MS, what: "the calls made during the pause" });
    await probe.untilLive();
    mustEqual(
      sent.filter((one) => one !== "snapshot"),
      wanted,
      "the calls in the order in which they left",
    );
    if (definition.orderBooks.sequence.snapshot !== "rest") return;
    const turn = sent.indexOf("snapshot");
    must(
      turn >= 0 && turn <= MOST_BEFORE_A_TURN,
      `the request for a snapshot to have its turn after ${MOST_BEFORE_A_TURN} others at most, not ${turn}`,
    );
  },
};
