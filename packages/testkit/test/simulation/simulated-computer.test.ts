import { expect, it } from "vitest";
import { EventQueue } from "../../src/simulation/event-queue.js";
import { SimulatedComputer } from "../../src/simulation/simulated-computer.js";

it.each([1, 1.0002, 0.995])("runs timers by its own oscillator, at a rate of %d", (rate) => {
  const time = { elapsedMs: 0, queue: new EventQueue() };
  const computer = new SimulatedComputer("one", time, { startAt: 1_000, restsInSleep: true });
  time.elapsedMs = 500;
  computer.runAt(rate);
  expect(computer.clock.monotonic()).toBe(500);
  let firedAt: number | undefined;
  computer.timers.set(60_000, () => {
    firedAt = computer.clock.monotonic();
  });
  while (firedAt === undefined) {
    const event = time.queue.next();
    if (event === undefined) throw new Error("the timer is lost");
    time.elapsedMs = event.at;
    event.run();
  }
  expect(firedAt).toBeGreaterThan(60_500 - 0.001);
  expect(firedAt).toBeLessThan(60_500.01);
  expect(time.elapsedMs).toBeCloseTo(500 + 60_000 / rate, 1);
  computer.runAt(1);
  expect(computer.clock.monotonic()).toBeCloseTo(firedAt, 6);
  expect(computer.clock.now()).toBe(Math.floor(1_000 + firedAt));
});
