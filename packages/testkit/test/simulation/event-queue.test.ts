import fc from "fast-check";
import { expect, it } from "vitest";
import { EventQueue } from "../../src/simulation/event-queue.js";

it("gives events by time, and those of one time in the order they were planned, without the canceled ones", () => {
  fc.assert(
    fc.property(fc.array(fc.record({ at: fc.nat(20), canceled: fc.boolean() })), (plans) => {
      const queue = new EventQueue();
      const happened: number[] = [];
      const planned = plans.map(({ at }, index) => queue.plan(at, () => happened.push(index)));
      for (const [index, { canceled }] of plans.entries()) {
        // as: both arrays have the same length.
        if (canceled) (planned[index] as (typeof planned)[number]).canceled = true;
      }
      for (let event = queue.next(); event !== undefined; event = queue.next()) event.run();
      const wanted = plans
        .map((plan, index) => ({ ...plan, index }))
        .filter(({ canceled }) => !canceled)
        .sort((a, b) => a.at - b.at || a.index - b.index);
      expect(happened).toEqual(wanted.map(({ index }) => index));
    }),
  );
});
