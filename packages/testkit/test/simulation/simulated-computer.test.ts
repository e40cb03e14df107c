import { expect, it } from "vitest";
import { SimulatedWorld } from "../../src/simulation/simulated-world.js";

/** Lets everything happen up to a moment. */
async function runUntil(world: SimulatedWorld, elapsedMs: number): Promise<void> {
  let reached = false;
  world.after(elapsedMs - world.elapsedMs, () => {
    reached = true;
  });
  while (!reached) await world.step();
}

it.each([
  { restsInSleep: true, firesAt: 1_500 },
  { restsInSleep: false, firesAt: 1_200 },
])("a timer waits for the computer to wake up, rest $restsInSleep", async ({ restsInSleep, firesAt }) => {
  const world = new SimulatedWorld(1);
  const computer = world.addComputer("one", { restsInSleep });
  let firedAt: number | undefined;
  computer.timers.set(500, () => {
    firedAt = world.elapsedMs;
  });
  await runUntil(world, 200);
  computer.sleep(1_000);
  await runUntil(world, 2_000);
  expect(firedAt).toBe(firesAt);
  expect(computer.clock.monotonic()).toBe(restsInSleep ? 1_000 : 2_000);
  expect(computer.pendingTimers).toBe(0);
});

it("jumps and drift move the wall clock, and it alone", async () => {
  const world = new SimulatedWorld(1);
  const computer = world.addComputer("one");
  const began = computer.clock.now();
  computer.drift(1_000);
  await runUntil(world, 10_000);
  expect(computer.clock.now() - began).toBe(10_010);
  computer.jump(-60_000);
  expect(computer.clock.now() - began).toBe(-49_990);
  expect(computer.clock.monotonic()).toBe(10_000);
});
