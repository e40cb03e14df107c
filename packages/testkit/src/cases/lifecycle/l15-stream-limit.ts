import type { StreamTopic } from "@conn/core";
import type { VenueLog } from "@conn/simulator";
import type { ConformanceCase } from "../../run/conformance-case.js";
import { must, mustEqual } from "../../run/failure.js";
import { followedTopics } from "../../run/followed-topics.js";
import { PATIENCE_MS } from "../../run/probe.js";

/** Streams that the small venue allows on a connection. */
const FEW = 2;

/**
 * Given the venue's limit of streams on a connection; then a venue with a limit of two, and the connector made to
 * count on two.
 * Do look at what the connector counts on; then follow more pairs than one connection carries, lose all connections,
 * add and remove pairs while running.
 * Expect the connector to count on no more than the venue allows; every stream on exactly one connection, never more
 * than two on one at any time, no more connections than are needed, none left for streams that are gone; and books
 * that equal the venue's.
 */
export const streamLimit: ConformanceCase = {
  id: "L15",
  title: "streams beyond a connection's limit are spread over connections, never above the venue's limit",
  needs: "orderBooks",
  async run(stage) {
    const { world, definition } = stage;
    const { topicsPerConnection } = stage.venue.limits;
    for (const [route, { maxTopics }] of Object.entries(definition.routes)) {
      must(
        topicsPerConnection === undefined || maxTopics <= topicsPerConnection,
        `at most ${topicsPerConnection} streams on a connection of route ${route}, the venue's limit, not ${maxTopics}`,
      );
    }

    const { venue, connect } = await stage.smallVenue({ topicsPerConnection: FEW });
    const pairs = stage.pairs(Math.min(stage.symbols.length, 5));
    const [first, ...others] = pairs;
    must(first !== undefined && others.length >= FEW, "a simulated venue that trades three symbols");
    const probe = connect({ tradingPairs: pairs });
    const spread = (connections?: number): void => {
      expectSpread(venue.log, followedTopics(stage, probe), connections);
      probe.expectTruth();
      mustEqual(probe.problems(), [], "problems");
    };
    await probe.start();
    await probe.untilLive(pairs);
    await world.advance(1_000);
    const needed = connectionsFor(followedTopics(stage, probe));
    spread(needed);
    mustEqual(venue.log.dialCount, needed, "the number of dials");

    mustEqual(venue.faults.drop(), needed, "connections that can be dropped");
    await world.settle();
    await probe.untilLive(pairs);
    await world.until(() => venue.log.connections.length >= needed, {
      withinMs: PATIENCE_MS,
      what: "all connections to be back",
    });
    await world.advance(1_000);
    spread(needed);
    const dials = venue.log.dialCount;

    const symbol = venue.listAnother();
    await world.complete(probe.connector.fetchInstruments(), { withinMs: PATIENCE_MS });
    const added = [...probe.connector.instruments.values()].find((one) => one.exchangeSymbol === symbol);
    must(added !== undefined, `an instrument for ${symbol}, which was listed meanwhile`);
    probe.connector.removeTradingPair(first);
    probe.connector.addTradingPair(added.tradingPair);
    probe.connector.addTradingPair(first);
    await probe.untilLive();
    await world.advance(1_000);
    spread();

    probe.connector.removeTradingPair(added.tradingPair);
    for (const pair of others) probe.connector.removeTradingPair(pair);
    await world.advance(5_000);
    spread();
    const left = followedTopics(stage, probe).length;
    must(
      venue.log.connections.length <= left,
      `at most ${left} connections for ${left} streams, not ${venue.log.connections.length}`,
    );
    must(
      venue.log.dialCount - dials <= needed,
      `fewer dials than all over again, not ${venue.log.dialCount - dials}`,
    );
  },
};

/** The fewest connections that carry streams. */
function connectionsFor(topics: readonly StreamTopic[]): number {
  return [...Map.groupBy(topics, ({ route }) => route).values()].reduce(
    (sum, { length }) => sum + Math.ceil(length / FEW),
    0,
  );
}

/**
 * Expects that the connections carry exactly these streams, each of them once, and that none ever carried too many.
 *
 * @param connections How many there must be, if that is certain.
 */
function expectSpread(log: VenueLog, topics: readonly StreamTopic[], connections?: number): void {
  const carried = new Map<number, Set<string>>();
  for (const { connectionId, kind, streams } of log.clientFrames) {
    const own = carried.get(connectionId) ?? new Set();
    carried.set(connectionId, own);
    for (const stream of streams) {
      if (kind === "subscribe") own.add(stream);
      else if (kind === "unsubscribe") own.delete(stream);
    }
    must(own.size <= FEW, `at most ${FEW} streams on a connection, not ${[...own].join(", ")}`);
  }
  const live = log.connections.map(({ connectionId }) => [...(carried.get(connectionId) ?? [])]);
  mustEqual(live.flat().sort(), topics.map(({ topic }) => topic).sort(), "the streams on all connections");
  if (connections !== undefined)
    mustEqual(live.length, connections, `the connections for ${topics.length} streams`);
}
