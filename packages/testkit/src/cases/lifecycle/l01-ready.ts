import { LifecycleError } from "@conn/core";
import type { ConformanceCase } from "../../run/conformance-case.js";
import { errorOf, must, mustBeError, mustEqual } from "../../run/failure.js";
import { PATIENCE_MS } from "../../run/probe.js";
import { readyOnlyWhenFundingIsKnown } from "./l01-ready-funding.js";

/**
 * Given a venue that keeps the instruments waiting, then the snapshots, then the funding.
 * Do start, let one after the other come, then cut the connections.
 * Expect `ready` only when all is there, `status` to name what is missing meanwhile, and a `ready`
 * event for each change.
 */
export const readyOnlyWhenAllIsThere: ConformanceCase = {
  id: "L01",
  title: "ready only when instruments, books and followed funding are there; status says which is missing",
  needs: "orderBooks",
  async run(stage) {
    const { world, venue, paths } = stage;
    const pairs = stage.pairs(2);
    const instrumentsHang = venue.faults.hang({ kind: paths.instruments }, Number.POSITIVE_INFINITY);
    const snapshotsHang = stage.withholdSnapshots();
    const probe = stage.connect({ tradingPairs: pairs });
    const { connector } = probe;
    const missing = (): string[] => [...connector.status.missingOrderBooks].sort();
    const wanted = [...pairs].sort();

    must(!connector.ready, "a connector that is not started not to be ready");
    mustBeError(
      await errorOf(() => connector.whenReady(), "whenReady before start"),
      LifecycleError,
      "NOT_STARTED",
    );

    const starting = connector.start();
    starting.catch(() => undefined);
    await world.advance(1_000);
    must(!connector.status.ready && !connector.status.instruments, "status to miss the instruments");

    instrumentsHang.cancel();
    await world.complete(starting, { withinMs: PATIENCE_MS });
    must(connector.status.instruments, "status to have the instruments after start");
    must(!connector.status.ready && !connector.status.orderBooks, "status to miss the books");
    mustEqual(missing(), wanted, "status.missingOrderBooks");
    let isReady = false;
    const waiting = connector.whenReady().then(() => {
      isReady = true;
    });
    await world.advance(2_000);
    must(!isReady, "whenReady to wait for the snapshots");

    snapshotsHang.cancel();
    await world.complete(waiting, { withinMs: PATIENCE_MS, what: "whenReady()" });
    must(connector.ready && connector.status.orderBooks, "a connector whose books are live to be ready");
    mustEqual(missing(), [], "status.missingOrderBooks");

    venue.faults.drop();
    await world.settle();
    must(!connector.ready, "a connector without connections not to be ready");
    mustEqual(missing(), wanted, "status.missingOrderBooks after a drop");
    await probe.untilLive(pairs);
    const told = probe.events.flatMap((event) => (event.type === "ready" ? [event.ready] : []));
    mustEqual(told, [true, false, true], "the ready events");
    probe.expectTruth();
    if (stage.plugin.supports.fundingInfo) await readyOnlyWhenFundingIsKnown(stage);
  },
};
