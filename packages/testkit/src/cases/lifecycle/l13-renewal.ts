import type {
  ConnectorEvent,
  ConnectorPlugin,
  MarketDataChannel,
  RouteDefinition,
  SequenceRecord,
} from "@conn/core";
import type { ConformanceCase } from "../../run/conformance-case.js";
import { onFrames } from "../../run/depth-capture.js";
import { must, mustEqual } from "../../run/failure.js";
import { infoChannels, type MarketInfoWatch, watchMarketInfo } from "../../run/market-info-watch.js";
import { PATIENCE_MS, type Probe } from "../../run/probe.js";
import { defineVenue, type Stage, type StageSetup } from "../../run/stage.js";

/** Age at which the venue of this case ends its connections. */
const LIFETIME_MS = 180_000;
/** Before this part of it nothing need happen, and the market stands still to save time. */
const QUIET_PART = 0.78;
/** How much later frames arrive on one connection than on the other: several diffs. */
const LAG_MS = 1_000;

/**
 * Given live books at a venue that ends each connection at some age; that age and the one that the connector
 * declares are cut down in the same proportion.
 * Do let the connections grow as old as that while the market is busy. Then cut them, and let those that are dialed
 * instead grow old too.
 * Expect each connection to be closed by the connector before its time, and only after another was open in its
 * place: no redial, no change of trust, each diff applied once and each trade told once; tickers and funding, where
 * it has them, to go on and never back, with nothing asked for anew. (Where the venue has
 * no ids that prove it, one new snapshot of each book.) And expect the new connections to be watched
 * over and renewed as the first ones were.
 */
export const scheduledRenewal: ConformanceCase = {
  id: "L13",
  title: "a connection is replaced before the venue ends it for its age, and nothing is lost",
  needs: "orderBooks",
  timeoutMs: 60_000,
  appliesTo: (setup) => lifetimeOf(setup) !== undefined,
  prepare(setup) {
    const scale = LIFETIME_MS / (lifetimeOf(setup) ?? LIFETIME_MS);
    return {
      ...setup,
      plugin: scaleAges(setup.plugin, scale),
      limits: { connectionLifetimeMs: LIFETIME_MS },
    };
  },
  async run(stage) {
    const pairs = stage.pairs(2);
    const wire = watchWire(stage);
    const { supports } = stage.plugin;
    const channels: readonly MarketDataChannel[] = [
      "orderBook",
      ...(supports.publicTrades ? (["trades"] as const) : []),
      ...infoChannels(supports),
    ];
    const probe = await stage.follow(pairs, { channels });
    const info = watchMarketInfo(stage, probe, pairs);
    await growOld(stage, probe, wire, info, pairs, "old");

    const dropped = stage.venue.faults.drop();
    must(dropped > 0, "connections that can be dropped");
    await stage.world.settle();
    for (const pair of pairs) mustEqual(probe.stateOf(pair), "resyncing", `the state of ${pair} after a cut`);
    // Those that carry no book are dialed again as well, and may take longer.
    await stage.world.until(() => stage.venue.log.connections.length === dropped, {
      withinMs: PATIENCE_MS,
      what: "all connections again",
    });
    await probe.untilLive(pairs);
    probe.expectTruth(pairs);
    await stage.world.complete(probe.connector.whenReady(), { withinMs: PATIENCE_MS });
    await growOld(stage, probe, wire, info, pairs, "young");
    wire.stop();
  },
};

/**
 * Lets all connections reach the age at which the venue would end them, and looks at what becomes of it. Frames of
 * those that are `late` arrive after the same ones of the others.
 */
async function growOld(
  stage: Stage,
  probe: Probe,
  wire: Wire,
  info: MarketInfoWatch,
  pairs: readonly string[],
  late: "old" | "young",
): Promise<void> {
  const { world, venue } = stage;
  const old = venue.log.connections;
  must(old.length > 0, "open connections");
  const oldIds = new Set(old.map(({ connectionId }) => connectionId));
  const isOld = ({ connectionId }: { readonly connectionId: number }): boolean => oldIds.has(connectionId);
  const lastAt = Math.max(...old.map(({ openedAt }) => openedAt)) + LIFETIME_MS;
  for (const symbol of stage.symbols) venue.freeze(symbol);
  const firstAt = Math.min(...old.map(({ openedAt }) => openedAt));
  await world.advance(firstAt + QUIET_PART * LIFETIME_MS - world.now);
  for (const symbol of stage.symbols) venue.unfreeze(symbol);
  await world.advance(1_000);

  const dials = venue.log.dialCount;
  const told = probe.events.length;
  const before = pairs.map((pair) => ({ ...probe.book(pair).integrity }));
  const tradesPath = tradesPathOf(stage, pairs[0]!);
  const backfills = stage.requestsAt(tradesPath);
  wire.forget();
  info.forget();
  const { sequence } = stage.definition.orderBooks;
  // Without ids nobody could say of when a book is that lags.
  const lagMs = provesOrder(sequence) ? LAG_MS : 0;
  const delay = ({ connectionId }: { readonly connectionId: number }): unknown =>
    lagMs > 0 && venue.faults.delay({ connectionId }, lagMs, Number.POSITIVE_INFINITY);
  if (late === "old") old.forEach(delay);
  // A successor that is not had at the first attempt is no reason to lose what is there.
  const refusals = late === "young" ? 2 : 0;
  if (refusals > 0) venue.faults.rejectUpgrade({}, { status: 503 }, refusals);
  const untilOld = async (condition: () => boolean, what: string): Promise<void> =>
    world.until(condition, { withinMs: lastAt - world.now, what });
  await untilOld(
    () => !venue.log.connections.every(isOld),
    "another connection, before the venue ends the old ones",
  );
  if (late === "young") venue.log.connections.filter((connection) => !isOld(connection)).forEach(delay);
  await untilOld(
    () => !venue.log.connections.some(isOld),
    "the old connections to be closed before the venue ends them",
  );
  const renewedAt = world.now;
  // Long enough for what a venue tells every few seconds.
  await world.advance(infoChannels(stage.plugin.supports).length > 0 ? 5_000 : 1_000);
  for (const symbol of stage.symbols) venue.freeze(symbol);
  await world.advance(Math.max(0, lastAt - world.now) + 1_000);
  for (const symbol of stage.symbols) venue.unfreeze(symbol);

  mustEqual(venue.log.connections.length, old.length, "the number of connections");
  mustEqual(venue.log.dialCount - dials, old.length + refusals, "the number of dials");
  mustEqual(stage.requestsAt(tradesPath), backfills, "the number of requests for missed trades");
  const events = probe.events.slice(told);
  mustBeReplaced(events, old.length, refusals);
  mustEqual(probe.problems(), [], "problems");
  info.expectGoneOn(renewedAt);
  for (const [index, pair] of pairs.entries()) {
    const sent = wire.diffsOf(stage.symbolOf(pair));
    must(sent > 0 || sequence.snapshot === "everyFrame", `diffs of ${pair}`);
    const ofPair = events.filter((event) => "tradingPair" in event && event.tradingPair === pair);
    const states = ofPair.flatMap((event) =>
      event.type === "orderBookState" ? [[event.state, event.fault]] : [],
    );
    if (provesOrder(sequence)) {
      mustEqual(states, [], `the changes of trust in ${pair}`);
      const was = before[index]!;
      const { diffs, snapshots, gaps, resyncs } = probe.book(pair).integrity;
      mustEqual(
        [diffs - was.diffs, gaps, resyncs],
        [sent, was.gaps, was.resyncs],
        `the diffs applied, the gaps and resyncs of ${pair}`,
      );
      if (sequence.snapshot !== "everyFrame") mustEqual(snapshots, was.snapshots, `the snapshots of ${pair}`);
    } else {
      mustEqual(states[0], ["resyncing", "renewed"], `the first change of trust in ${pair}`);
      mustEqual(states.at(-1), ["live", undefined], `the last change of trust in ${pair}`);
    }
    const ids = ofPair.flatMap((event) => (event.type === "trade" ? [event.trade.tradeId] : []));
    const trades = wire.tradesOf(stage.symbolOf(pair));
    must(trades.length > 0 || !stage.plugin.supports.publicTrades, `trades of ${pair}`);
    mustEqual(ids.toSorted(), trades.toSorted(), `the trades of ${pair} told`);
  }
  probe.expectTruth(pairs);
}

/**
 * Expects `count` connections to be closed as renewed, each when another is open in its place, and no dial to be
 * repeated but the refused ones.
 */
function mustBeReplaced(events: readonly ConnectorEvent[], count: number, refusals: number): void {
  const changes = events.filter((event) => event.type === "connection");
  const reasonsOf = (wanted: string): unknown[] =>
    changes.flatMap(({ state, reason }) => (state === wanted ? [reason] : []));
  mustEqual(reasonsOf("closing"), Array(count).fill("renewed"), "the reasons of the connections closed");
  mustEqual(reasonsOf("waiting"), Array(refusals).fill("refused"), "the reasons of redials");
  let ready = 0;
  for (const { state } of changes) {
    if (state === "open") ready += 1;
    else if (state === "closing") ready -= 1;
    must(ready >= 0, "no connection to be closed before another is open in its place");
  }
}

/** Path of the requests for trades that were missed, as a server sees it. */
function tradesPathOf(stage: Stage, pair: string): string {
  const instrument = stage.instrumentOf(stage.symbolOf(pair));
  const path = stage.definition.orderBooks.tradesRequest?.(instrument, "1").path;
  return path === undefined ? "/no-trades-by-rest" : new URL(`${stage.venue.urls.rest}${path}`).pathname;
}

/** What the venue sent of each symbol, counted once however many connections carried it. */
interface Wire {
  diffsOf(symbol: string): number;
  tradesOf(symbol: string): readonly string[];
  /** Begins to count anew. */
  forget(): void;
  stop(): void;
}

/** Watches from the first connection on: what a frame means may depend on those before it. */
function watchWire(stage: Stage): Wire {
  const diffs = new Map<string, Set<string>>();
  const trades = new Map<string, Set<string>>();
  const note = (seen: Map<string, Set<string>>, symbol: string, id: string): void => {
    seen.set(symbol, (seen.get(symbol) ?? new Set()).add(id));
  };
  const stop = onFrames(stage, "connector", (messages) => {
    for (const message of messages) {
      if (message.type === "depth" && message.kind === "diff")
        note(diffs, message.exchangeSymbol, String(message.lastUpdateId));
      // What happened before a subscription has been told by the connection before it.
      else if (message.type === "trade" && message.backlog !== true)
        note(trades, message.exchangeSymbol, message.tradeId);
    }
  });
  return {
    diffsOf: (symbol) => diffs.get(symbol)?.size ?? 0,
    tradesOf: (symbol) => [...(trades.get(symbol) ?? [])],
    forget() {
      diffs.clear();
      trades.clear();
    },
    stop,
  };
}

/** Age at which the venue ends connections: what its simulator knows of it, or else what the connector declares. */
function lifetimeOf(setup: StageSetup): number | undefined {
  const declared = Object.values(defineVenue(setup).routes).flatMap(({ maxAgeMs }) => maxAgeMs ?? []);
  return setup.simulator.connectionLifetimeMs ?? (declared.length > 0 ? Math.max(...declared) : undefined);
}

function scaleAges(plugin: ConnectorPlugin, scale: number): ConnectorPlugin {
  const scaled = (route: RouteDefinition): RouteDefinition =>
    route.maxAgeMs === undefined ? route : { ...route, maxAgeMs: route.maxAgeMs * scale };
  return {
    ...plugin,
    create(options) {
      const definition = plugin.create(options);
      const routes = Object.entries(definition.routes).map(([name, route]) => [name, scaled(route)] as const);
      return { ...definition, routes: Object.fromEntries(routes) };
    },
  };
}

/** Whether the ids of a venue prove that what one connection brings follows what another has brought. */
function provesOrder({ scope, snapshot, steady, idsMayBeAbsent }: SequenceRecord): boolean {
  if (scope !== "book" || idsMayBeAbsent === true) return false;
  return (
    steady === "linked" || steady === "contiguous" || (snapshot === "everyFrame" && steady === "monotonic")
  );
}
