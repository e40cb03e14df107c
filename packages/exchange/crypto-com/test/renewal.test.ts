import { ALL_CASES, runCase } from "@conn/testkit";
import { it } from "vitest";
import { plugin } from "../src/index.js";
import { simulator } from "./conformance-simulator.js";

const DAY_MS = 86_400_000;

// The venue documents no age at which it ends connections, so the connector declares none. If it did, streams that begin
// with a snapshot would have to bear it as well as any.
it("would lose nothing if connections were renewed", { timeout: 60_000 }, async () => {
  const renewal = ALL_CASES.find(({ id }) => id === "L13");
  if (renewal === undefined) throw new TypeError("no case L13");
  const renewing = {
    ...plugin,
    create() {
      const definition = plugin.create({});
      const { market } = definition.routes;
      return { ...definition, routes: { market: { ...market!, maxAgeMs: DAY_MS } } };
    },
  };
  const packageFolder = new URL("..", import.meta.url);
  await runCase({ plugin: renewing, simulator, packageFolder, seed: 1, hours: 1 }, renewal);
});
