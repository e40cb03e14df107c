import { LifecycleError } from "@conn/core";
import type { ConformanceCase } from "../../run/conformance-case.js";
import { errorOf, must, mustBeError, mustEqual } from "../../run/failure.js";
import { PATIENCE_MS, type Probe } from "../../run/probe.js";
import type { Stage } from "../../run/stage.js";

/** Moments of a start at which a stop may come; each leads there with the connector not yet stopped. */
const MOMENTS: Readonly<Record<string, (stage: Stage, probe: Probe) => Promise<void>>> = {
  "at once": async () => {},
  "while the instruments are on their way": async ({ venue, world, paths }) => {
    venue.faults.hang({ kind: paths.instruments });
    await world.advance(100);
  },
  "at the dial": async ({ world }, probe) => {
    await world.until(() => probe.connections().some(({ state }) => state === "connecting"), {
      withinMs: PATIENCE_MS,
    });
  },
  "between two dials": async ({ venue, world }, probe) => {
    venue.faults.rejectUpgrade({}, { status: 503 }, Number.POSITIVE_INFINITY);
    await world.until(() => probe.connections().some(({ state }) => state === "waiting"), {
      withinMs: PATIENCE_MS,
    });
  },
  "while the subscriptions are unanswered": async ({ venue, world }, probe) => {
    venue.faults.lose({ kind: "ack" }, Number.POSITIVE_INFINITY);
    await world.until(() => probe.connections().some(({ state }) => state === "open"), {
      withinMs: PATIENCE_MS,
    });
    await world.advance(100);
  },
  "while the snapshots are on their way": async (stage, probe) => {
    const { world } = stage;
    stage.withholdSnapshots();
    await world.until(() => probe.connections().some(({ state }) => state === "open"), {
      withinMs: PATIENCE_MS,
    });
    await world.advance(500);
  },
};

/**
 * Given a connector that is starting.
 * Do stop it at each moment of that: see `MOMENTS`.
 * Expect the stop to end within seconds, a start under way to reject with STOPPED, nothing open, no
 * dial or request afterwards, and a later start that works.
 */
export const stopWhileConnecting: ConformanceCase = {
  id: "L04",
  title: "stop while connecting",
  needs: "orderBooks",
  async run(stage) {
    const { world, venue } = stage;
    const pairs = stage.pairs(2);
    const probe = stage.connect({ tradingPairs: pairs });
    for (const [moment, lead] of Object.entries(MOMENTS)) {
      const starting = probe.connector.start().then(
        () => undefined,
        (error: unknown) => ({ error }),
      );
      await lead(stage, probe);
      await world.complete(probe.connector.stop(), { withinMs: 5_000, what: `stop ${moment}` });
      const outcome = await world.complete(starting, {
        withinMs: 0,
        what: `the start that was stopped ${moment}`,
      });
      if (outcome !== undefined) mustBeError(outcome.error, LifecycleError, "STOPPED");
      stage.expectNothingOpen(probe);
      venue.faults.clear();
      const { dialCount, requestCount } = venue.log;
      await world.advance(60_000);
      mustEqual(
        [venue.log.dialCount, venue.log.requestCount],
        [dialCount, requestCount],
        `dials and requests after a stop ${moment}`,
      );
      probe.events.length = 0;
    }
    const error = await errorOf(() => probe.connector.whenReady(), "whenReady after stop");
    must(error instanceof LifecycleError, "whenReady after stop to fail with a LifecycleError");
    await probe.start();
    await probe.untilLive(pairs);
    probe.expectTruth(pairs);
  },
};
