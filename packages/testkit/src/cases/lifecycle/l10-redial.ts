import type { ConformanceCase } from "../../run/conformance-case.js";
import { must, mustEqual } from "../../run/failure.js";
import { streamsOf } from "../../run/market-info.js";
import { PATIENCE_MS, type Probe } from "../../run/probe.js";

const OUTAGE_MS = 600_000;
/** Longer between two dials, and a bot misses a venue that has long been back. */
const LONGEST_WAIT_MS = 60_000;

/**
 * Given two connectors that follow two pairs, having followed a third one before.
 * Do cut their connections and keep the venue away for ten minutes.
 * Expect redials with growing delays up to a bound, different ones for the two connectors, never an
 * end of them; when the venue is back, exactly the streams that are wanted are subscribed, each once, and the
 * books equal the venue's.
 */
export const redial: ConformanceCase = {
  id: "L10",
  title:
    "a dropped connection is dialed again with growing, jittered delays, and exactly the wanted streams come back",
  needs: "orderBooks",
  async run(stage) {
    const { world, venue } = stage;
    const [one, another, removed] = stage.pairs(3);
    const pairs = [one, another];
    const probes = [
      stage.connect({ tradingPairs: [...pairs, removed] }),
      stage.connect({ tradingPairs: [...pairs, removed] }, { owner: "connector 2" }),
    ];
    for (const probe of probes) {
      await probe.start();
      await probe.untilLive([...pairs, removed]);
      probe.connector.removeTradingPair(removed);
    }
    await stage.whileMarketsStand(() => world.advance(60_000));
    for (const probe of probes) probe.events.length = 0;

    await world.complete(venue.goOffline(), { withinMs: PATIENCE_MS });
    await world.settle();
    for (const probe of probes) {
      for (const pair of pairs)
        must(probe.stateOf(pair) !== "live", `the book of ${pair} not to be live after a drop`);
    }
    await stage.whileMarketsStand(() => world.advance(OUTAGE_MS));
    const delays = probes.map(delaysOf);
    for (const own of delays) {
      const [first = 0] = own;
      const longest = Math.max(...own);
      must(
        own.length >= OUTAGE_MS / LONGEST_WAIT_MS,
        `at least ${OUTAGE_MS / LONGEST_WAIT_MS} dials in ten minutes, not ${own.length}`,
      );
      must(own.length <= 100, `at most 100 dials in ten minutes, not ${own.length}`);
      must(longest <= LONGEST_WAIT_MS, `no delay above ${LONGEST_WAIT_MS} ms, not ${longest}`);
      must(longest >= first * 8, `growing delays, not ${own.slice(0, 8).map(Math.round).join(", ")}`);
    }
    must(delays[0]!.join() !== delays[1]!.join(), "two connectors to have different delays");

    const before = venue.log.dialCount;
    await world.complete(venue.goOnline(), { withinMs: PATIENCE_MS });
    for (const probe of probes) {
      await probe.untilLive(pairs, LONGEST_WAIT_MS + PATIENCE_MS);
      await world.until(() => areOpen(probe), {
        withinMs: LONGEST_WAIT_MS,
        what: "all connections to be back",
      });
    }
    await world.advance(2_000);
    for (const probe of probes) probe.expectTruth(pairs);
    // What is followed unless other channels are asked for.
    const wanted = pairs.flatMap((pair) => streamsOf(stage, pair, "depth", "trades"));
    const subscribed = venue.log.clientFrames
      .filter(({ kind, connectionId }) => kind === "subscribe" && connectionId > before)
      .flatMap(({ streams }) => streams);
    mustEqual(subscribed.sort(), [...wanted, ...wanted].sort(), "the streams subscribed after the outage");
  },
};

/** Delays before the dials of one of the connections, in ms. */
function delaysOf(probe: Probe): number[] {
  const waits = probe.connections().filter(({ state }) => state === "waiting");
  const { connectionId } = waits[0] ?? {};
  return waits.filter((event) => event.connectionId === connectionId).map(({ delayMs }) => delayMs ?? 0);
}

/** Whether every connection that the connector has told of is open. */
function areOpen(probe: Probe): boolean {
  const states = new Map(probe.connections().map(({ connectionId, state }) => [connectionId, state]));
  return states.size > 0 && [...states.values()].every((state) => state === "open");
}
