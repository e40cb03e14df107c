import { ConfigurationError, type ConnectorOptions, type Environment } from "@conn/core";
import type { ConformanceCase } from "../../run/conformance-case.js";
import { errorOf, must, mustBeError, mustEqual } from "../../run/failure.js";

/**
 * Given two venues and no internet.
 * Do follow a pair in each environment with `urls` that lead to the second venue.
 * Expect REST and streams to reach the second venue only, and every event to carry the environment;
 * options that name no environment or no URL of this connector to be refused at once.
 */
export const environmentAndUrls: ConformanceCase = {
  id: "L06",
  title: "environment and urls are honored by REST and WebSocket",
  needs: "orderBooks",
  async run(stage) {
    const { venue, plugin, definition } = stage;
    const other = await stage.anotherVenue();
    const pairs = stage.pairs(1);
    const seen = [venue.log.requestCount, venue.log.dialCount];
    const environments: Environment[] = [
      "sim",
      "live",
      ...(definition.urls.testnet ? ["testnet" as const] : []),
    ];
    for (const environment of environments) {
      const { requestCount, dialCount } = other.log;
      const probe = stage.connect({ environment, tradingPairs: pairs }, { owner: environment, venue: other });
      await probe.start();
      await probe.untilLive(pairs);
      probe.expectTruth(pairs);
      await probe.stop();
      must(other.log.requestCount > requestCount, `REST of ${environment} to follow urls`);
      must(other.log.dialCount > dialCount, `streams of ${environment} to follow urls`);
      mustEqual(probe.connector.environment, environment, "connector.environment");
      const told = new Set(probe.events.map((event) => event.environment));
      mustEqual([...told], [environment], "the environment of the events");
    }
    mustEqual(
      [venue.log.requestCount, venue.log.dialCount],
      seen,
      "requests and dials of the venue that was not named",
    );

    const refused = async (options: object, what: string): Promise<void> => {
      // as: options that only a program without types can give.
      const error = await errorOf(() => stage.connect(options as ConnectorOptions), what);
      mustBeError(error, ConfigurationError);
    };
    await refused({ environment: "mars" }, `an environment that ${plugin.name} does not have`);
    await refused(
      { environment: "live", urls: { nowhere: "http://127.0.0.1:1" } },
      "a URL of an unknown name",
    );
    await refused({ environment: "live", urls: { rest: "not a URL" } }, "a URL that is none");
    if (definition.urls.testnet === undefined) {
      await refused({ environment: "testnet", urls: {} }, "a test network that the venue does not have");
    }
  },
};
