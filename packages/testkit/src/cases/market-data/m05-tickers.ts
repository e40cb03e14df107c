import { InstrumentError, type Ticker } from "@conn/core";
import type { ConformanceCase } from "../../run/conformance-case.js";
import { errorOf, must, mustBeError, mustEqual } from "../../run/failure.js";
import { plainValues, tickerTruth } from "../../run/market-info.js";
import { expectNotSupported } from "../../run/not-supported.js";
import { PATIENCE_MS } from "../../run/probe.js";
import type { Stage } from "../../run/stage.js";

/** Longer than any venue lets a changed ticker wait, in ms. */
const TICKER_WAIT_MS = 5_000;

/**
 * Given a market that stands still.
 * Do ask for the tickers of all pairs, of one, of two, of none, of an unknown one; then follow two pairs with
 * channel `ticker` alone, let the market move and stand still again, cut the connection, remove a pair.
 * Expect the venue's numbers of exactly those pairs, and nothing where it tells nothing, by REST and by the stream,
 * whose news are told as events, also after the cut; no book, and no request for one.
 */
export const tickers: ConformanceCase = {
  id: "M05",
  title: "tickers of all pairs, of some, of one; followed, their news are told",
  needs: "tickers",
  async run(stage) {
    for (const { symbol } of stage.venue.listings()) stage.venue.freeze(symbol);
    await asked(stage);
    await followed(stage);
  },
  inverse: (stage) => expectNotSupported(stage, [(connector) => connector.fetchTickers()], "ticker"),
};

async function asked(stage: Stage): Promise<void> {
  const { world, venue } = stage;
  const probe = stage.connect();
  await probe.start();
  const { connector } = probe;
  const fetch = async (pairs?: readonly string[]): Promise<ReadonlyMap<string, Ticker>> =>
    world.complete(connector.fetchTickers(pairs), { withinMs: PATIENCE_MS });
  const shown = (found: ReadonlyMap<string, Ticker>, pairs: readonly string[]): unknown =>
    pairs.map((pair) => [pair, plainValues(found.get(pair))]);
  const truth = (pairs: readonly string[]): unknown =>
    pairs.map((pair) => [pair, tickerTruth(stage, pair, "rest")]);

  const trading = stage.pairs(stage.symbols.length);
  const all = await fetch();
  mustEqual(shown(all, trading), truth(trading), "the tickers of all trading pairs");
  for (const [pair, { tradingPair, exchangeTimestamp, receivedTimestamp }] of all) {
    mustEqual([tradingPair, receivedTimestamp], [pair, world.now], "pair and time of arrival of a ticker");
    must(
      exchangeTimestamp === undefined || Math.abs(world.now - exchangeTimestamp) < 24 * 3_600_000,
      `a time in ms of the ticker of ${pair}, not ${exchangeTimestamp}`,
    );
  }
  const [first, second] = stage.pairs(2);
  for (const pairs of [[second], [first, second]]) {
    const found = await fetch(pairs);
    mustEqual([...found.keys()], pairs, "the pairs that are told of");
    mustEqual(shown(found, pairs), truth(pairs), `the tickers of ${pairs.length}`);
  }
  mustEqual((await fetch([])).size, 0, "the tickers of no pair");
  const { requestCount } = venue.log;
  const unknown = errorOf(() => connector.fetchTickers(["NO-SUCH-PAIR"]), "a ticker of an unknown pair");
  mustBeError(await unknown, InstrumentError, "UNKNOWN_TRADING_PAIR");
  mustEqual(venue.log.requestCount, requestCount, "requests for a ticker of an unknown pair");
}

async function followed(stage: Stage): Promise<void> {
  const { world, venue, paths } = stage;
  const pairs = stage.pairs(2);
  const snapshots = stage.requestsAt(paths.snapshot);
  const probe = stage.connect({ tradingPairs: pairs, channels: ["ticker"] }, { owner: "connector 2" });
  const { connector } = probe;
  const told = new Map<string, Ticker[]>(pairs.map((pair) => [pair, []]));
  connector.on("ticker", ({ tradingPair, ticker }) => told.get(tradingPair)?.push(ticker));
  await probe.start();
  await world.complete(connector.whenReady(), { withinMs: PATIENCE_MS, what: "whenReady() without books" });
  mustEqual([...connector.orderBooks.keys()], [], "the books without channel orderBook");
  mustBeError(
    await errorOf(() => connector.orderBook(pairs[0]), "a book without channel orderBook"),
    InstrumentError,
    "TRADING_PAIR_NOT_TRACKED",
  );

  const moveAndStop = async (): Promise<void> => {
    const counts = pairs.map((pair) => told.get(pair)?.length ?? 0);
    for (const pair of pairs) venue.unfreeze(stage.symbolOf(pair));
    await world.until(
      () => pairs.every((pair, index) => (told.get(pair)?.length ?? 0) > counts[index]! + 1),
      {
        withinMs: PATIENCE_MS,
        what: "news of every ticker",
      },
    );
    for (const pair of pairs) venue.freeze(stage.symbolOf(pair));
    await world.advance(TICKER_WAIT_MS);
    for (const pair of pairs) {
      const ticker = connector.ticker(pair);
      mustEqual(told.get(pair)?.at(-1), ticker, `the last ticker told of ${pair}`);
      mustEqual(plainValues(ticker), tickerTruth(stage, pair, "stream"), `what the stream tells of ${pair}`);
    }
  };
  await moveAndStop();
  must(venue.faults.drop() > 0, "connections that can be dropped");
  await world.settle();
  await moveAndStop();

  const [first, second] = pairs;
  connector.removeTradingPair(first);
  const count = told.get(first)?.length;
  for (const pair of pairs) venue.unfreeze(stage.symbolOf(pair));
  const others = told.get(second)?.length ?? 0;
  await world.until(() => (told.get(second)?.length ?? 0) > others, {
    withinMs: PATIENCE_MS,
    what: "a ticker",
  });
  mustEqual([told.get(first)?.length, connector.ticker(first)], [count, undefined], "news of a removed pair");
  mustEqual(stage.requestsAt(paths.snapshot), snapshots, "requests for snapshots without channel orderBook");
  mustEqual(probe.problems(), [], "problems");
}
