import { describe, expect, it } from "vitest";
import type { ExchangeDefinition } from "../../src/connector/index.js";
import { PluginError } from "../../src/errors/index.js";
import type { ConnectorPlugin } from "../../src/plugin/index.js";
import { createFakeVenue } from "../support/fake-venue.js";

/** The made-up venue's connector with another definition. */
function changed(plugin: ConnectorPlugin, change: Partial<ExchangeDefinition>): ConnectorPlugin {
  return { ...plugin, create: (options) => ({ ...plugin.create(options), ...change }) };
}

describe("headers of answers", () => {
  it("that tell what is left, and how much there is, are believed", async () => {
    const fake = createFakeVenue();
    const { time, host, answerWith, respond, requests } = fake;
    const { rest } = fake.plugin.create({});
    const plugin = changed(fake.plugin, {
      rateLimits: [
        { id: "reads", limit: 100, intervalMs: 60_000, reserve: 0 },
        { id: "weight", limit: 100, intervalMs: 60_000, reserve: 0 },
      ],
      rest: {
        ...rest,
        // One header for whichever of the two a call costs.
        remainingHeaders: { "x-left": ["reads", "weight"] },
        limitHeaders: { "x-limit": ["reads", "weight"] },
      },
    });
    const connector = host.create(plugin);
    const problems: unknown[] = [];
    connector.on("problem", ({ error }) => problems.push([error.code, error.details]));
    await connector.start();
    answerWith(() => respond(200, {}, { "x-left": " 1 ", "x-limit": "40" }));
    await connector.checkNetwork();
    expect(problems).toEqual([["LIMIT_DIFFERS", { pool: "weight", previous: 100, limit: 40 }]]);
    answerWith(() => respond(200, {}, { "x-left": "", "x-limit": "40, 40;w=60" }));
    const count = requests.length;
    const both = Promise.all([connector.checkNetwork(), connector.checkNetwork()]);
    await time.advance(59_000);
    expect(requests).toHaveLength(count + 1);
    await time.advance(1_000);
    await both;
    expect(problems).toHaveLength(1);
    await connector.stop();
  });
});

describe("limits that the list of instruments tells", () => {
  it("hold at once, are refreshed with it, and are told where they differ", async () => {
    const fake = createFakeVenue();
    const { time, host, requests } = fake;
    const { instruments } = fake.plugin.create({});
    let weight = 100;
    const plugin = changed(fake.plugin, {
      instruments: {
        ...instruments,
        parse: (body) => ({ ...instruments.parse(body), rateLimits: { weight } }),
      },
    });
    const connector = host.create(plugin, { instrumentsRefreshMs: 0 });
    const problems: unknown[] = [];
    connector.on("problem", ({ error }) => problems.push([error.code, error.details]));
    await connector.start();
    expect(problems).toEqual([]);
    weight = 3;
    await connector.fetchInstruments();
    expect(problems).toEqual([["LIMIT_DIFFERS", { pool: "weight", previous: 100, limit: 3 }]]);
    const count = requests.length;
    const made = Promise.all([connector.checkNetwork(), connector.checkNetwork()]);
    await time.advance(59_999);
    expect(requests).toHaveLength(count + 1);
    await time.advance(1);
    await made;
    await connector.stop();
  });
});

it("refuses a definition whose limits are counted by connection", () => {
  const { host, plugin } = createFakeVenue();
  const wrong = changed(plugin, {
    rateLimits: [{ id: "frames", scope: "connection", limit: 10, intervalMs: 1_000 }],
  });
  expect(() => host.create(wrong)).toThrow(PluginError);
});
