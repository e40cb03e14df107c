import { Decimal, InstrumentError, NotSupportedError } from "@conn/core";
import type { ConformanceCase } from "../../run/conformance-case.js";
import { errorOf, mustBeError, mustEqual } from "../../run/failure.js";
import { PATIENCE_MS } from "../../run/probe.js";

/**
 * Given a market that stands still.
 * Do ask for last prices of all pairs, of one, of two, of none, of an unknown one.
 * Expect the venue's prices of exactly those, and for the unknown one an error without a request.
 */
export const lastTradedPrices: ConformanceCase = {
  id: "M03",
  title: "last traded prices of all pairs, of some, of one",
  needs: "lastTradedPrices",
  async run(stage) {
    const { world, venue } = stage;
    for (const { symbol } of venue.listings()) venue.freeze(symbol);
    const probe = stage.connect();
    await probe.start();
    const { connector } = probe;
    const fetch = async (pairs?: readonly string[]): Promise<Prices> =>
      plain(await world.complete(connector.fetchLastTradedPrices(pairs), { withinMs: PATIENCE_MS }));
    const truth = (pairs: readonly string[]): Prices =>
      plain(pairs.map((pair) => [pair, new Decimal(venue.lastPriceOf(probe.symbolOf(pair)))] as const));

    const trading = stage.pairs(stage.symbols.length);
    const all = (await fetch()).filter(([pair]) => trading.includes(pair));
    mustEqual(all, truth(trading), "the prices of all trading pairs");
    const [first, second] = stage.pairs(2);
    mustEqual(await fetch([second]), truth([second]), "the price of one pair");
    mustEqual(await fetch([first, second]), truth([first, second]), "the prices of two pairs");
    mustEqual(await fetch([]), [], "the prices of no pair");
    const { requestCount } = venue.log;
    const unknown = errorOf(
      () => connector.fetchLastTradedPrices(["NO-SUCH-PAIR"]),
      "a price of an unknown pair",
    );
    mustBeError(await unknown, InstrumentError, "UNKNOWN_TRADING_PAIR");
    mustEqual(venue.log.requestCount, requestCount, "requests for a price of an unknown pair");
  },
  async inverse(stage) {
    const probe = stage.connect();
    await probe.start();
    const { requestCount } = stage.venue.log;
    const refused = errorOf(() => probe.connector.fetchLastTradedPrices(), "a call that is not supported");
    mustBeError(await refused, NotSupportedError, "NOT_SUPPORTED");
    mustEqual(stage.venue.log.requestCount, requestCount, "requests of a call that is not supported");
  },
};

type Prices = readonly (readonly [pair: string, price: string])[];

/** Prices in one spelling, in the order of the pairs. */
function plain(prices: Iterable<readonly [string, Decimal]>): Prices {
  return Array.from(prices, ([pair, price]) => [pair, price.toFixed()] as const).sort(([a], [b]) =>
    a < b ? -1 : 1,
  );
}
