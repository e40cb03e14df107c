import type { ConformanceCase } from "../../run/conformance-case.js";
import { mustEqual } from "../../run/failure.js";
import { settledTcpHandles } from "../../run/tcp-handles.js";

/**
 * Given a connector that follows two pairs.
 * Do start and stop it three times, then let a minute pass.
 * Expect live books each time; after each stop no timer, connection, request or listener, neither at
 * the ports nor in the process, and no event or dial ever after.
 */
export const nothingLeftAfterStop: ConformanceCase = {
  id: "L02",
  title: "start, stop, start leaves no timer, socket or listener",
  needs: "orderBooks",
  async run(stage) {
    const pairs = stage.pairs(2);
    const before = await settledTcpHandles(stage.world);
    const probe = stage.connect({ tradingPairs: pairs });
    for (let round = 1; round <= 3; round += 1) {
      await probe.start();
      await probe.untilLive(pairs);
      await stage.world.advance(1_000);
      probe.expectTruth(pairs);
      await probe.stop();
      stage.expectNothingOpen(probe);
      mustEqual(await settledTcpHandles(stage.world), before, "open TCP handles of the process after stop");
    }
    const events = probe.events.length;
    const dials = stage.venue.log.dialCount;
    await stage.world.advance(60_000);
    mustEqual(probe.events.length, events, "the number of events a minute after stop");
    mustEqual(stage.venue.log.dialCount, dials, "the number of dials a minute after stop");
  },
};
