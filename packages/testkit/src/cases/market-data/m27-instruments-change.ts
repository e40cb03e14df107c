import {
  Decimal,
  type InstrumentChange,
  InstrumentError,
  type InstrumentEvent,
  OrderBookError,
  VenueError,
} from "@conn/core";
import type { ConformanceCase } from "../../run/conformance-case.js";
import { errorOf, must, mustBeError, mustEqual } from "../../run/failure.js";
import { PATIENCE_MS, type Probe } from "../../run/probe.js";
import type { Stage } from "../../run/stage.js";

const REFRESH_MS = 20_000;

/** What the steps of the case share. */
interface Scene {
  readonly stage: Stage;
  readonly probe: Probe;
  /** The pair that things happen to. */
  readonly pair: string;
}

/**
 * Given two live books and instruments that are refreshed.
 * Do let the venue refine the price increment of one, halt and resume it, delist and relist it, rename it; refuse a
 * refresh; list another and refresh by hand.
 * Expect one event for each, with the instrument before and after; that trades may be missing to be told of the renaming
 * alone; the book to go on where its stream does,
 * and never to be live while it is delisted; the other pair not to be disturbed by anything.
 */
export const instrumentsChange: ConformanceCase = {
  id: "M27",
  title:
    "changed rules, a halt, a delisting and a renaming while running are events, and the others are undisturbed",
  needs: "orderBooks",
  async run(stage) {
    const { world, venue } = stage;
    const [pair, other] = stage.pairs(2);
    const probe = await stage.follow([pair, other], { instrumentsRefreshMs: REFRESH_MS });
    await world.advance(1_000);
    const scene = { stage, probe, pair };
    const { integrity: others } = probe.book(other);
    const [rebuilds, resyncs] = [stage.rebuildsOf(others), others.resyncs];
    const eventsOf = (): number =>
      probe.events.filter(
        (event) => "tradingPair" in event && event.tradingPair === other && event.type !== "trade",
      ).length;
    const before = {
      events: eventsOf(),
      asked: stage.depthRequestsOf(other).length,
      dials: venue.log.dialCount,
    };
    const undisturbed = (): void => {
      mustEqual(
        [others.state, stage.rebuildsOf(others), others.resyncs],
        ["live", rebuilds, resyncs],
        `state, snapshots and resyncs of ${other}`,
      );
      mustEqual(eventsOf(), before.events, `the number of events about ${other}`);
      mustEqual(stage.depthRequestsOf(other).length, before.asked, `the number of frames about ${other}`);
      mustEqual(venue.log.dialCount, before.dials, "the number of dials");
      probe.expectTruth([other]);
    };

    await refineTick(scene);
    undisturbed();
    await haltAndResume(scene);
    undisturbed();
    await delistAndRelist(scene);
    undisturbed();
    await rename(scene);
    undisturbed();
    // Between two names of a stream trades may pass, which is told; of nothing else is there anything to tell.
    const known = probe.problems().map((error) => [error.code, error.details.tradingPair]);
    const mayBeLost = stage.plugin.supports.publicTrades ? [["TRADES_LOST", pair]] : [];
    mustEqual(known, mayBeLost, "problems");

    venue.faults.rejectRequest({ kind: stage.paths.instruments }, { status: 500, body: "" });
    await world.until(() => probe.problems().length > known.length, {
      withinMs: 2 * REFRESH_MS,
      what: "a failed refresh",
    });
    mustBeError(probe.problems().at(-1), VenueError, "VENUE_UNAVAILABLE");
    const third = stage.symbols.find(
      (symbol) => ![stage.symbolOf(other), probe.symbolOf(pair)].includes(symbol),
    );
    must(third !== undefined, "a simulated venue with three symbols that trade");
    const unfollowed = stage.instrumentOf(third).tradingPair;
    const { instrument } = await change({ ...scene, pair: unfollowed }, "status", () => venue.halt(third));
    mustEqual(instrument?.exchangeSymbol, third, "the symbol of a pair that is not followed");

    const added = venue.listAnother();
    const events = probe.events.length;
    await world.complete(probe.connector.fetchInstruments(), { withinMs: PATIENCE_MS });
    const [listed] = probe.events.slice(events).filter((event) => event.type === "instrument");
    mustEqual(
      [listed?.change, listed?.instrument?.exchangeSymbol, listed?.previous],
      ["listed", added, undefined],
      "what a refresh by hand tells of a new symbol",
    );
    undisturbed();
    mustEqual(probe.problems().length, known.length + 1, "the number of problems");
  },
};

/** Lets the venue change something, and returns the one event that tells it of a pair. */
async function change(
  { stage: { world }, probe, pair }: Scene,
  kind: InstrumentChange,
  act: () => void,
): Promise<InstrumentEvent> {
  const told = probe.instrumentEventsOf(pair).length;
  const previous = probe.connector.instruments.get(pair);
  act();
  await world.until(() => probe.instrumentEventsOf(pair).length > told, {
    withinMs: 2 * REFRESH_MS,
    what: `the event ${kind} of ${pair}`,
  });
  const [event, ...more] = probe.instrumentEventsOf(pair).slice(told);
  mustEqual([event?.change, more], [kind, []], `what is told of ${pair}`);
  must(event !== undefined && event.previous === previous, "the event to carry the instrument as it was");
  must(event.instrument === probe.connector.instruments.get(pair), "and as it is in the list");
  return event;
}

async function refineTick(scene: Scene): Promise<void> {
  const { stage, probe, pair } = scene;
  const { world, venue } = stage;
  const symbol = stage.symbolOf(pair);
  const rebuilds = stage.rebuildsOf(probe.book(pair).integrity);
  let increment = "";
  const { instrument, previous } = await change(scene, "rules", () => {
    increment = venue.refineTick(symbol);
  });
  mustEqual(
    instrument?.rules.priceIncrement.toFixed(),
    new Decimal(increment).toFixed(),
    "the new increment",
  );
  mustEqual(
    previous?.rules.priceIncrement.toFixed(),
    new Decimal(increment).times(10).toFixed(),
    "the increment before",
  );
  venue.freeze(symbol);
  await world.advance(1_000);
  const best = venue.bookOf(symbol).bids[0]?.[0];
  must(best !== undefined, "a simulated venue whose books have bids");
  const price = new Decimal(best).minus(increment).toFixed();
  venue.publish(symbol, [{ side: "bid", price, amount: "1" }]);
  await probe.untilChanged(pair);
  mustEqual(probe.book(pair).amountAt("sell", price).toFixed(), "1", `the amount at ${price}`);
  probe.expectTruth([pair]);
  venue.unfreeze(symbol);
  await world.advance(2_000);
  probe.expectTruth([pair]);
  mustEqual(
    stage.rebuildsOf(probe.book(pair).integrity),
    rebuilds,
    "the snapshots of a book whose increment changed",
  );
}

async function haltAndResume(scene: Scene): Promise<void> {
  const { stage, probe, pair } = scene;
  const { world, venue } = stage;
  const symbol = stage.symbolOf(pair);
  const states = probe.statesOf(pair).length;
  const halted = await change(scene, "status", () => venue.halt(symbol));
  must(halted.instrument?.status !== "trading", "a halted instrument not to be trading");
  must(!probe.connector.tradingPairs.includes(pair), "a halted pair not to be among the trading pairs");
  probe.expectTruth([pair]);
  const resumed = await change(scene, "status", () => venue.resume(symbol));
  mustEqual(resumed.instrument?.status, "trading", "the status of an instrument that is resumed");
  must(probe.connector.tradingPairs.includes(pair), "a resumed pair to be among the trading pairs");
  await world.advance(3_000);
  probe.expectTruth([pair]);
  mustEqual(probe.statesOf(pair).length, states, "the changes of trust through a halt");
}

async function delistAndRelist(scene: Scene): Promise<void> {
  const { stage, probe, pair } = scene;
  const { connector } = probe;
  const { world, venue } = stage;
  const symbol = stage.symbolOf(pair);
  const { instrument } = await change(scene, "delisted", () => venue.delist(symbol));
  mustEqual(instrument, undefined, "the instrument of a delisted pair");
  await world.settle();
  const asked = stage.depthRequestsOf(pair);
  mustEqual(asked.at(-1)?.kind, "unsubscribe", "the last frame about the stream of a delisted book");
  const expectGone = (): void => {
    mustEqual(probe.stateOf(pair), "delisted", "the state of a delisted book");
    mustEqual(
      [connector.ready, connector.status.missingOrderBooks],
      [false, [pair]],
      "ready, and the books that are missing",
    );
    mustEqual(stage.depthRequestsOf(pair).length, asked.length, "the frames about a delisted book");
  };
  expectGone();
  mustBeError(
    await errorOf(() => probe.book(pair).requireFresh(PATIENCE_MS), "to rely on a delisted book"),
    OrderBookError,
    "BOOK_NOT_LIVE",
  );
  mustBeError(
    await errorOf(() => connector.addTradingPair(pair), "to add a delisted pair"),
    InstrumentError,
    "UNKNOWN_TRADING_PAIR",
  );
  connector.resyncOrderBook(pair);
  await world.advance(2 * REFRESH_MS);
  expectGone();

  await change(scene, "listed", () => venue.relist(symbol));
  await probe.untilLive([pair]);
  await world.advance(2_000);
  probe.expectTruth([pair]);
  must(connector.ready, "a connector whose pair is listed again to be ready");
}

async function rename(scene: Scene): Promise<void> {
  const { stage, probe, pair } = scene;
  const { world, venue } = stage;
  const symbol = stage.symbolOf(pair);
  const states = probe.statesOf(pair).length;
  let newSymbol = "";
  const { instrument, previous } = await change(scene, "renamed", () => {
    newSymbol = venue.rename(symbol);
  });
  mustEqual([previous?.exchangeSymbol, instrument?.exchangeSymbol], [symbol, newSymbol], "the symbols");
  await probe.untilLive([pair]);
  await world.advance(2_000);
  probe.expectTruth([pair]);
  const [lost, ...then] = probe.statesOf(pair).slice(states);
  mustEqual(
    [lost?.previous, lost?.state, lost?.fault],
    ["live", "resyncing", "renamed"],
    "the loss of trust",
  );
  mustEqual(then.at(-1)?.state, "live", "the state in the end");
  mustEqual(stage.depthRequestsOf(pair).at(-1)?.kind, "unsubscribe", "the last frame about the old stream");
}
