import { replaySession } from "@conn/core";
import { simulateSeed } from "@conn/testkit/simulation";
import { describe, expect, it } from "vitest";
import { setups } from "./connectors.js";

describe.each(setups)("$plugin.name", (setup) => {
  // Lost and broken frames, cut connections, sleeping machines, jumping clocks, calls of the program at any time.
  it.each([1, 4, 5])(
    "a session in which everything goes wrong replays to the same events: seed %i",
    async (seed) => {
      const lines: string[] = [];
      const { violation, simulatedMs } = await simulateSeed(setup, {
        seed,
        events: 4_000,
        recordTo: { write: (line) => lines.push(line) },
      });
      expect(violation).toBeUndefined();
      const events: string[] = [];
      const replay = await replaySession(lines, {
        plugin: () => setup.plugin,
        onEvent: (line) => events.push(line),
      });
      expect(replay.difference).toBeUndefined();
      expect(events).toEqual(lines.filter((line) => line.startsWith('{"type":"event"')));
      expect(events.length).toBeGreaterThan(100);
      // Ten minutes at least, on virtual time.
      expect(simulatedMs).toBeGreaterThan(600_000);
    },
  );
});
