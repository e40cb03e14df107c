import { readFileSync } from "node:fs";
import { join } from "node:path";
import { simulateSeed } from "@conn/testkit/simulation";
import { describe, expect, it } from "vitest";
import { setups } from "./connectors.js";
import { mutations } from "./mutations.js";

const root = join(import.meta.dirname, "../..");

describe.each(setups)("$plugin.name", (setup) => {
  it.each(["market", "trading"] as const)("gives the same run for the same seed: %s", async (kind) => {
    const first = await simulateSeed(setup, { seed: 4, kind, events: 3_000 });
    const second = await simulateSeed(setup, { seed: 4, kind, events: 3_000 });
    expect(second).toEqual(first);
    expect(first.violation).toBeUndefined();
    expect((await simulateSeed(setup, { seed: 5, kind, events: 3_000 })).digest).not.toBe(first.digest);
  });
});

it.each(mutations)("the deliberate bug $name still fits the sources", ({ patches }) => {
  for (const { file, find } of patches) {
    expect(readFileSync(join(root, file), "utf8").split(find)).toHaveLength(2);
  }
});
