import { NetworkError, VenueError } from "@conn/core";
import type { ConformanceCase } from "../../run/conformance-case.js";
import { errorOf, mustBeError } from "../../run/failure.js";
import { PATIENCE_MS } from "../../run/probe.js";

/**
 * Given a connector that is started.
 * Do check the network while the venue is well, answers 500, does not answer, resets, and is gone.
 * Expect success, and a typed error for each of the others; success again when the venue is back.
 */
export const networkCheck: ConformanceCase = {
  id: "L03",
  title: "network check: up, 500, timeout, reset, refused, up again",
  async run(stage) {
    const { world, venue, paths } = stage;
    const { faults } = venue;
    const probe = stage.connect();
    await probe.start();
    const check = (): Promise<void> =>
      world.complete(probe.connector.checkNetwork(), { withinMs: PATIENCE_MS, what: "checkNetwork()" });
    await check();

    faults.rejectRequest({ kind: paths.networkCheck }, { status: 500, body: "{}" });
    mustBeError(await errorOf(check, "a check answered with 500"), VenueError, "VENUE_UNAVAILABLE");

    const hang = faults.hang({ kind: paths.networkCheck });
    mustBeError(await errorOf(check, "a check without an answer"), NetworkError, "NETWORK_TIMEOUT");
    hang.cancel();

    faults.rejectRequest({ kind: paths.networkCheck }, "reset");
    mustBeError(
      await errorOf(check, "a check that is reset"),
      NetworkError,
      "NETWORK_RESET",
      "NETWORK_CLOSED",
    );

    await world.complete(venue.goOffline(), { withinMs: PATIENCE_MS });
    mustBeError(
      await errorOf(check, "a check of a venue that is gone"),
      NetworkError,
      "NETWORK_REFUSED",
      "NETWORK_RESET",
    );
    mustBeError(await errorOf(check, "another one"), NetworkError, "NETWORK_REFUSED");
    await world.complete(venue.goOnline(), { withinMs: PATIENCE_MS });
    await check();
  },
};
