import { describe, expect, it } from "vitest";
import { NetworkError } from "../../src/errors/index.js";
import { type RestCall, VenueClock, type VenueClockSource } from "../../src/transport/index.js";
import { settle, VirtualTime } from "../support/virtual-time.js";

const CALL: RestCall<number> = { method: "GET", path: "/time", cost: {}, parse: () => 0 };

/** A venue whose clock is ahead by `skewMs`, and a client that takes `outMs` there and `backMs` back. */
function setUp(source: VenueClockSource = { mode: "serverTime", call: CALL }) {
  const time = new VirtualTime();
  const venue = {
    skewMs: 5_000,
    outMs: 20,
    backMs: 20,
    asked: 0,
    lane: "",
    fails: false,
    lies: new Set<number>(),
  };
  let slept = 0;
  const truth = (): number => time.now() - time.wallJump + slept + venue.skewMs;
  const pass = (ms: number): Promise<void> => new Promise((resolve) => void time.set(ms, resolve));
  const ports = {
    clock: time,
    timers: time,
    random: { next: () => 0.5 },
  };
  const clock = new VenueClock({
    source,
    ports,
    rest: {
      // as: the clock's own call has numbers for answers.
      timed: async <Answer>(call: RestCall<Answer>, signal?: AbortSignal) => {
        venue.asked += 1;
        venue.lane = call.lane ?? "";
        const number = venue.asked;
        const sentAt = ports.clock.monotonic();
        await pass(venue.outMs);
        const answer = Math.floor(truth()) + (venue.lies.has(number) ? 3_600_000 : 0);
        await pass(venue.backMs);
        if (signal?.aborted || venue.fails) throw new NetworkError("NETWORK_RESET", "no");
        return { answer: answer as Answer, sentAt, receivedAt: ports.clock.monotonic() };
      },
    },
  });
  return {
    time,
    venue,
    clock,
    truth,
    /** The machine sleeps: its monotonic clock and its timers stand still. */
    sleep: (ms: number): void => {
      slept += ms;
      time.wallJump += ms;
    },
    errorMs: () => Math.abs(clock.venueTime().timestamp - truth()),
  };
}

describe("a venue's clock", () => {
  it("measures at the start, by the least urgent lane, and then every ten minutes or so", async () => {
    const { time, venue, clock, errorMs } = setUp();
    expect(clock.venueTime()).toMatchObject({ measured: false, offsetMs: 0 });
    clock.start();
    clock.start();
    await time.advance(200);
    expect(venue.asked).toBe(5);
    expect(venue.lane).toBe("marketData");
    expect(clock.venueTime()).toMatchObject({ measured: true, uncertaintyMs: 20.5 });
    expect(clock.venueTime().offsetMs).toBe(5_000.5);
    await time.advance(539_000);
    expect(venue.asked).toBe(5);
    await time.advance(2_000);
    expect(venue.asked).toBe(10);
    venue.skewMs += 70;
    await time.advance(541_000);
    expect(errorMs()).toBeLessThan(1);
    clock.stop();
    await time.advance(1_000);
    expect(time.pending).toBe(0);
  });

  it("bears one lie and slow answers", async () => {
    const { time, venue, clock, errorMs } = setUp();
    venue.lies.add(2);
    clock.start();
    await time.advance(100);
    venue.backMs = 3_000;
    await time.advance(3_050);
    venue.backMs = 20;
    await time.advance(1_000);
    expect(venue.asked).toBe(5);
    expect(errorMs()).toBeLessThan(1);
    expect(clock.venueTime().uncertaintyMs).toBeLessThan(25);
    clock.stop();
  });

  it("tells what it does not know of lopsided ways", async () => {
    const { time, venue, clock, errorMs } = setUp();
    venue.backMs = 800;
    clock.start();
    await time.advance(5_000);
    expect(errorMs()).toBeGreaterThan(300);
    expect(errorMs()).toBeLessThanOrEqual(clock.venueTime().uncertaintyMs);
    clock.stop();
  });

  it("is right at once when the wall clock jumps, and measures anew", async () => {
    const { time, venue, clock, errorMs } = setUp();
    clock.start();
    await time.advance(200);
    for (const jump of [-3_600_000, 3_600_000, -100, 90_000]) {
      const { asked } = venue;
      time.wallJump += jump;
      const { uncertaintyMs } = clock.venueTime();
      expect(errorMs()).toBeLessThanOrEqual(uncertaintyMs);
      await time.advance(200);
      expect(venue.asked).toBe(asked + 5);
      expect(errorMs()).toBeLessThan(1);
      expect(clock.venueTime().uncertaintyMs).toBeLessThan(25);
    }
    clock.stop();
  });

  it("is right at once after sleep, and notices it by itself", async () => {
    const { time, venue, clock, sleep, errorMs } = setUp();
    venue.skewMs = 0;
    clock.start();
    await time.advance(200);
    sleep(3_600_000);
    expect(errorMs()).toBeLessThan(1);
    expect(clock.venueTime().uncertaintyMs).toBeGreaterThan(3_600_000);
    await time.advance(1_000);
    const { asked } = venue;
    sleep(60_000);
    await time.advance(11_000);
    expect(venue.asked).toBe(asked + 5);
    expect(clock.venueTime().uncertaintyMs).toBeLessThan(30);
    clock.stop();
  });

  it("believes no answer that was asked for before the machine slept", async () => {
    const { time, venue, clock, sleep, errorMs } = setUp();
    venue.skewMs = 0;
    venue.backMs = 5_000;
    clock.start();
    await time.advance(30);
    sleep(3_600_000);
    venue.backMs = 20;
    await time.advance(10_000);
    expect(errorMs()).toBeLessThan(1);
    expect(clock.venueTime().uncertaintyMs).toBeLessThan(25);
    clock.stop();
  });

  it("tries again at growing distances, and on demand", async () => {
    const { time, venue, clock } = setUp();
    venue.fails = true;
    clock.start();
    await time.advance(60_000);
    expect(venue.asked).toBeGreaterThan(3);
    expect(venue.asked).toBeLessThan(10);
    expect(clock.venueTime().measured).toBe(false);
    const failed = expect(clock.resync()).rejects.toBeInstanceOf(NetworkError);
    await time.advance(1_000);
    await failed;
    venue.fails = false;
    const done = clock.resync();
    await time.advance(1_000);
    await done;
    expect(clock.venueTime().measured).toBe(true);
    venue.fails = true;
    await time.advance(7_200_000);
    expect(clock.venueTime().uncertaintyMs).toBeGreaterThan(1_000);
    clock.stop();
    await expect(clock.resync()).rejects.toMatchObject({ code: "NOT_STARTED" });
  });

  it("can be stopped in the middle and begun again", async () => {
    const { time, clock } = setUp();
    clock.start();
    await time.advance(30);
    clock.stop();
    clock.start();
    await time.advance(1_000);
    expect(clock.venueTime().measured).toBe(true);
    clock.stop();
    await settle();
    await time.advance(1_000);
    expect(time.pending).toBe(0);
  });

  it.each(["none", "nonce"] as const)("asks nothing where the venue tells no time: %s", async (mode) => {
    const { time, venue, clock } = setUp({ mode });
    clock.start();
    await clock.resync();
    await time.advance(3_600_000);
    expect(venue.asked).toBe(0);
    expect(clock.venueTime()).toEqual({
      timestamp: time.now(),
      offsetMs: 0,
      uncertaintyMs: Number.POSITIVE_INFINITY,
      measured: false,
    });
    expect(time.pending).toBe(0);
  });
});
