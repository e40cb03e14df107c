import type { Situation } from "./conformance-case.js";
import { must } from "./failure.js";
import type { Probe } from "./probe.js";
import type { Stage } from "./stage.js";

/** Brings the books of `pair` and `other` to life in a situation: `pair` is the one that the case is about. */
export async function followIn(
  stage: Stage,
  situation: Situation,
  pair: string,
  other: string,
): Promise<Probe> {
  if (situation === "connecting") return stage.follow([pair, other]);
  if (situation === "connected") {
    const probe = await stage.follow([other]);
    await stage.world.advance(2_000);
    probe.connector.addTradingPair(pair);
    await probe.untilLive([pair, other]);
    return probe;
  }
  const probe = await stage.follow([pair, other]);
  await stage.world.advance(2_000);
  must(stage.venue.faults.drop() > 0, "connections that can be dropped");
  await stage.world.settle();
  must(probe.stateOf(pair) === "resyncing", `the book of ${pair} to be resyncing after a drop`);
  await probe.untilLive([pair, other]);
  return probe;
}
