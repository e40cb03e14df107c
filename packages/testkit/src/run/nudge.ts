import type { Probe } from "./probe.js";
import type { Stage } from "./stage.js";

/**
 * Changes the amount of a level of a market that stands still once a second until the book is live: some records
 * let a snapshot wait for a diff that joins it. Ends after a minute, live or not.
 */
export async function nudgeUntilLive(
  { world, venue }: Stage,
  probe: Probe,
  tradingPair: string,
  price: string,
): Promise<void> {
  const symbol = probe.symbolOf(tradingPair);
  for (let second = 0; second < 60 && probe.stateOf(tradingPair) !== "live"; second += 1) {
    await world.advance(1_000);
    venue.publish(symbol, [{ side: "bid", price, amount: second % 2 === 0 ? "1" : "2" }]);
  }
  await probe.untilLive([tradingPair], 2_000);
}
