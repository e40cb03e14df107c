import { InstrumentError, NetworkError, ProtocolError, RateLimitError, VenueError } from "@conn/core";
import type { ConformanceCase } from "../../run/conformance-case.js";
import { errorOf, must, mustBeError, mustEqual } from "../../run/failure.js";
import { PATIENCE_MS } from "../../run/probe.js";

/**
 * Given a venue that lists symbols of which some do not trade.
 * Do start, then halt one more and fetch anew, then let the call fail in several ways.
 * Expect every symbol once among the instruments, exactly the trading ones among the trading pairs, and a
 * typed error for each failure, never an empty list.
 */
export const tradingPairs: ConformanceCase = {
  id: "M01",
  title: "all trading pairs, without disabled ones; a failure is a typed error and not an empty list",
  async run(stage) {
    const { world, venue, paths } = stage;
    const { faults } = venue;
    const probe = stage.connect();
    const { connector } = probe;
    mustEqual([...connector.tradingPairs], [], "the trading pairs before start");
    await probe.start();
    const expectListing = (): void => {
      const listings = venue.listings();
      const instruments = [...connector.instruments.values()];
      const symbols = instruments.map(({ exchangeSymbol }) => exchangeSymbol);
      mustEqual(
        symbols.sort(),
        listings.map(({ symbol }) => symbol).sort(),
        "the symbols of the instruments",
      );
      const trading = new Set(listings.filter((listing) => listing.trading).map(({ symbol }) => symbol));
      const wanted = instruments.filter(({ exchangeSymbol }) => trading.has(exchangeSymbol));
      mustEqual(
        [...connector.tradingPairs].sort(),
        wanted.map(({ tradingPair }) => tradingPair).sort(),
        "the trading pairs",
      );
      for (const [key, { tradingPair, status, exchangeSymbol }] of connector.instruments) {
        mustEqual(key, tradingPair, "the key of an instrument");
        mustEqual(status === "trading", trading.has(exchangeSymbol), `whether ${tradingPair} is trading`);
      }
    };
    must(
      venue.listings().some(({ trading }) => !trading),
      "a simulated venue with a symbol that does not trade",
    );
    must(connector.tradingPairs.length >= 3, "a simulated venue with three symbols that trade");
    expectListing();

    venue.halt(stage.symbols[0]!);
    const fetched = await world.complete(connector.fetchInstruments(), { withinMs: PATIENCE_MS });
    mustEqual(fetched.length, connector.instruments.size, "the number of instruments fetched");
    expectListing();

    const failing = (what: string): Promise<unknown> =>
      errorOf(() => world.complete(connector.fetchInstruments(), { withinMs: PATIENCE_MS }), what);
    const only = { kind: paths.instruments };
    faults.rejectRequest(only, { status: 500, body: "" });
    mustBeError(await failing("a list answered with 500"), VenueError, "VENUE_UNAVAILABLE");
    faults.rejectRequest(only, "reset");
    mustBeError(await failing("a list that is reset"), NetworkError);
    for (const body of ["", "{}", "[]", "null", '{"symbols":', "<html>busy</html>"]) {
      faults.corruptAnswer(only, body);
      mustBeError(await failing(`a list with the body ${body}`), ProtocolError, "MALFORMED_ANSWER");
    }
    const limit = faults.rateLimit({ retryAfterMs: 5_000 }, only);
    mustBeError(await failing("a list refused by the rate limit"), RateLimitError, "RATE_LIMITED");
    limit.cancel();
    expectListing();

    const unknown = "NO-SUCH-PAIR";
    mustBeError(
      await errorOf(() => connector.addTradingPair(unknown), "an unknown pair"),
      InstrumentError,
      "UNKNOWN_TRADING_PAIR",
    );
    const starting = stage.connect({ tradingPairs: [unknown] }).connector.start();
    mustBeError(
      await errorOf(
        () => world.complete(starting, { withinMs: PATIENCE_MS }),
        "a start with an unknown pair",
      ),
      InstrumentError,
      "UNKNOWN_TRADING_PAIR",
    );
    faults.rejectRequest(only, { status: 503, body: "<html>maintenance</html>" });
    const failed = stage.connect().connector.start();
    mustBeError(
      await errorOf(() => world.complete(failed, { withinMs: PATIENCE_MS }), "a start without instruments"),
      VenueError,
      "VENUE_UNAVAILABLE",
    );
  },
};
