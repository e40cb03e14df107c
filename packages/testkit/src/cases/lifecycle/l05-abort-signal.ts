import { LifecycleError } from "@conn/core";
import type { ConformanceCase } from "../../run/conformance-case.js";
import { errorOf, mustBeError, mustEqual } from "../../run/failure.js";
import { PATIENCE_MS } from "../../run/probe.js";

/**
 * Given calls that wait: start, whenReady, fetchInstruments, a stream.
 * Do abort their signals, before or during the wait.
 * Expect each to end at once with ABORTED (a stream simply ends), an aborted start to leave nothing, and
 * an aborted call to leave the connector as it was.
 */
export const abortSignal: ConformanceCase = {
  id: "L05",
  title: "AbortSignal ends a start, a wait, a call, a stream",
  needs: "orderBooks",
  async run(stage) {
    const { world, venue, paths } = stage;
    const pairs = stage.pairs(1);
    const probe = stage.connect({ tradingPairs: pairs });
    const { connector } = probe;
    const early = { signal: AbortSignal.abort() };
    const aborted = async (call: (signal: AbortSignal) => Promise<unknown>, what: string): Promise<void> => {
      const abort = new AbortController();
      const outcome = errorOf(() => call(abort.signal), what);
      await world.advance(200);
      abort.abort();
      const error = await world.complete(outcome, { withinMs: 0, what: `the end of ${what}` });
      mustBeError(error, LifecycleError, "ABORTED");
    };

    const { requestCount } = venue.log;
    const startedAborted = errorOf(() => connector.start(early), "a start with an aborted signal");
    mustBeError(await world.complete(startedAborted, { withinMs: 0 }), LifecycleError, "ABORTED");
    mustEqual(venue.log.requestCount, requestCount, "requests of a start with an aborted signal");

    const hang = venue.faults.hang({ kind: paths.instruments }, Number.POSITIVE_INFINITY);
    await aborted((signal) => connector.start({ signal }), "an aborted start");
    stage.expectNothingOpen(probe);
    hang.cancel();

    const books = stage.withholdSnapshots();
    await probe.start();
    await aborted((signal) => connector.whenReady({ signal }), "an aborted whenReady");
    mustBeError(
      await errorOf(() => connector.whenReady(early), "whenReady, aborted before"),
      LifecycleError,
      "ABORTED",
    );
    const calls = venue.faults.hang({ kind: paths.instruments }, Number.POSITIVE_INFINITY);
    await aborted((signal) => connector.fetchInstruments({ signal }), "an aborted fetchInstruments");
    calls.cancel();
    books.cancel();
    await probe.untilLive(pairs);

    const abort = new AbortController();
    const stream = connector.stream("orderBook", { signal: abort.signal });
    await world.complete(stream.next(), { withinMs: PATIENCE_MS, what: "an event of a stream" });
    const end = stream.next();
    abort.abort();
    mustEqual((await world.complete(end, { withinMs: PATIENCE_MS })).done, true, "an aborted stream's done");
    await probe.untilChanged(pairs[0]!, 3);
    probe.expectTruth(pairs);
  },
};
