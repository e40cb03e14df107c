import type { ConformanceCase } from "../../run/conformance-case.js";
import { must, mustEqual } from "../../run/failure.js";
import { PATIENCE_MS, type Probe } from "../../run/probe.js";
import type { Stage } from "../../run/stage.js";
import type { ConformanceVenue } from "../../venue/conformance-venue.js";

const HOUR_MS = 3_600_000;

/**
 * Given venues whose clocks are seconds and minutes off.
 * Do measure them; let answers be slow on one way; set the machine's wall clock back; let the machine sleep.
 * Expect `venueTime` never to be wrong by more than it says, at once and without another answer; and to know better
 * soon after.
 *
 * Where the venue tells no time, expect this machine's, and no claim that it is measured.
 */
export const venueClock: ConformanceCase = {
  id: "L08",
  title: "the venue's time is known, through skew, slow answers, jumps of the wall clock and sleep",
  timeoutMs: 60_000,
  async run(stage) {
    const { clock } = stage.definition;
    if (clock.mode !== "serverTime") return untold(stage);
    const { path } = clock.call;
    for (const { symbol } of stage.venue.listings()) stage.venue.freeze(symbol);
    for (const skewMs of [5_000, -5_000, 300_000]) await (await measure(stage, skewMs)).probe.stop();
    await disturb(stage, await measure(stage, -300_000), path);
  },
};

async function untold(stage: Stage): Promise<void> {
  const probe = stage.connect();
  await probe.start();
  await stage.world.advance(60_000);
  const { timestamp, offsetMs, measured } = probe.connector.venueTime();
  mustEqual(
    [timestamp, offsetMs, measured],
    [stage.world.now, 0, false],
    "the time of a venue that tells none",
  );
}

interface Measured {
  readonly venue: ConformanceVenue;
  readonly probe: Probe;
}

async function measure(stage: Stage, skewMs: number): Promise<Measured> {
  const { world } = stage;
  const venue = await stage.anotherVenue(undefined, skewMs);
  // Nobody follows the markets, and minutes of them take their time.
  for (const { symbol } of venue.listings()) venue.freeze(symbol);
  must(Math.abs(venue.now() - world.now - skewMs) <= 1, "a simulated venue that takes `clockSkewMs`");
  const owner = `connector ${skewMs}`;
  const probe = stage.connect({ urls: venue.urls }, { owner, venue });
  must(!probe.connector.venueTime().measured, "a time that is not measured before the start");
  await probe.start();
  await untilMeasured(stage, probe, venue);
  must(Math.abs(probe.connector.venueTime().offsetMs - skewMs) < 100, `an offset of ${skewMs} ms`);

  return { venue, probe };
}

async function disturb(stage: Stage, { venue, probe }: Measured, path: string): Promise<void> {
  const { world } = stage;
  const { owner } = probe;
  const before = venue.log.requestCount;
  await world.advance(660_000);
  expectRight(probe, venue, "eleven minutes later");
  must(venue.log.requestCount > before, "another measurement within eleven minutes");

  world.jumpWall(owner, -HOUR_MS);
  expectRight(probe, venue, "after the wall clock was set back");
  await untilMeasured(stage, probe, venue);

  await world.sleep(owner, 120_000);
  expectRight(probe, venue, "after the machine slept");
  await untilMeasured(stage, probe, venue);

  const slow = venue.faults.delayAnswer({ kind: new URL(`${venue.urls.rest}${path}`).pathname }, 900, 1_000);
  world.jumpWall(owner, HOUR_MS);
  probe.connector.venueTime();
  await world.advance(30_000);
  expectRight(probe, venue, "with answers that are slow");
  must(probe.connector.venueTime().uncertaintyMs < HOUR_MS, "another measurement after a jump");
  slow.cancel();
}

async function untilMeasured(stage: Stage, probe: Probe, venue: ConformanceVenue): Promise<void> {
  await stage.world.until(() => probe.connector.venueTime().uncertaintyMs < 100, {
    withinMs: PATIENCE_MS,
    what: "a measurement of the venue's time",
  });
  expectRight(probe, venue, "when it is measured");
}

function expectRight(probe: Probe, venue: ConformanceVenue, when: string): void {
  const { timestamp, uncertaintyMs, measured } = probe.connector.venueTime();
  // The simulated venue tells whole milliseconds.
  const errorMs = Math.abs(timestamp - venue.now()) - 1;
  must(
    measured && errorMs <= uncertaintyMs,
    `the venue's time ${when}, but it is wrong by ${errorMs} ms and says ${uncertaintyMs}`,
  );
}
