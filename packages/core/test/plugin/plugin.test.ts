import { describe, expect, it } from "vitest";
import { PluginError } from "../../src/errors/index.js";
import { assertPlugin, coreRangeAllows, definePlugin, isPlugin } from "../../src/plugin/index.js";

const description = {
  name: "some-venue",
  kind: "exchange",
  core: "^1.0.0",
  supports: {
    orderBooks: true,
    publicTrades: false,
    lastTradedPrices: false,
    tickers: false,
    fundingInfo: false,
    openInterest: false,
  },
  create: () => {
    throw new Error("not in this test");
  },
} as const;

describe("definePlugin", () => {
  it("keeps the description and marks it", () => {
    const plugin = definePlugin(description);
    expect(plugin).toMatchObject({ name: "some-venue", kind: "exchange" });
    expect(isPlugin(plugin)).toBe(true);
    expect(isPlugin({ ...description })).toBe(false);
  });

  it("refuses an incomplete description", () => {
    expect(() => definePlugin({ ...description, name: "Some Venue" })).toThrow(TypeError);
    expect(() => definePlugin({ ...description, core: "*" as never })).toThrow(TypeError);
    expect(() => definePlugin({ ...description, create: undefined as never })).toThrow(TypeError);
  });
});

describe("assertPlugin", () => {
  const codeOf = (value: unknown, version: string): string | undefined => {
    try {
      assertPlugin(value, version);
      return undefined;
    } catch (error) {
      expect(error).toBeInstanceOf(PluginError);
      return (error as PluginError).code;
    }
  };

  it("tells what is no plugin from what is one for another core", () => {
    expect(codeOf(definePlugin(description), "1.4.2")).toBeUndefined();
    expect(codeOf(definePlugin(description), "2.0.0")).toBe("PLUGIN_CORE_RANGE");
    expect(codeOf({}, "1.0.0")).toBe("PLUGIN_INVALID");
    expect(codeOf(undefined, "1.0.0")).toBe("PLUGIN_INVALID");
  });
});

describe("coreRangeAllows", () => {
  it.each([
    ["^1.2.3", "1.2.3", true],
    ["^1.2.3", "1.2.4", true],
    ["^1.2.3", "1.3.0", true],
    ["^1.2.3", "1.2.2", false],
    ["^1.2.3", "1.1.9", false],
    ["^1.2.3", "2.0.0", false],
    ["^1.0.0", "1.0.1-beta.1", true],
    ["^0.2.3", "0.2.4", true],
    ["^0.2.3", "0.3.0", false],
    ["*", "1.0.0", false],
    ["^1.0.0", "one", false],
  ])("%s and %s: %s", (range, version, allowed) => {
    expect(coreRangeAllows(range, version)).toBe(allowed);
  });
});
