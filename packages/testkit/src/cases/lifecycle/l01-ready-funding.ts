import { must, mustEqual } from "../../run/failure.js";
import { fundingPath } from "../../run/market-info.js";
import { PATIENCE_MS } from "../../run/probe.js";
import type { Stage } from "../../run/stage.js";

/**
 * The part of L01 for connectors that can follow funding: with live books and funding that the venue does not tell,
 * the connector is not ready, and `status` says why.
 */
export async function readyOnlyWhenFundingIsKnown(stage: Stage): Promise<void> {
  const { world, venue } = stage;
  const pairs = stage.pairs(2);
  const hang = venue.faults.hang({ kind: fundingPath(stage) }, Number.POSITIVE_INFINITY);
  const probe = stage.connect(
    { tradingPairs: pairs, channels: ["orderBook", "funding"] },
    { owner: "connector with funding" },
  );
  const { connector } = probe;
  await probe.start();
  await probe.untilLive(pairs);
  await world.advance(5_000);
  const { ready, orderBooks, fundingInfo, missingFundingInfo } = connector.status;
  mustEqual(
    [ready, connector.ready, orderBooks, fundingInfo],
    [false, false, true, false],
    "status while funding is not known: ready, ready, orderBooks, fundingInfo",
  );
  mustEqual([...missingFundingInfo].sort(), [...pairs].sort(), "status.missingFundingInfo");
  hang.cancel();
  await world.complete(connector.whenReady(), { withinMs: PATIENCE_MS, what: "whenReady() with funding" });
  must(connector.status.fundingInfo, "status to have the funding");
  mustEqual(connector.status.missingFundingInfo, [], "status.missingFundingInfo");
}
