import { inspect } from "node:util";
import { expect, test } from "vitest";
import type { Credentials } from "../../src/auth/index.js";
import type { ConnectorOptions } from "../../src/connector/index.js";
import { createFakeVenue } from "../support/fake-venue.js";
import { auth, credentials } from "./support.js";

function setUp(issued?: Credentials) {
  const { plugin, host } = createFakeVenue();
  const urls = { rest: "https://venue", stream: "wss://venue" };
  const signed = {
    ...plugin,
    create: () => ({ ...plugin.create({}), urls: { live: urls }, auth }),
    simulator: async () => ({
      startSimulator: async () => ({
        urls: { rest: "http://127.0.0.1:1", stream: "ws://127.0.0.1:1" },
        ...(issued !== undefined && { credentials: issued }),
        close: async () => undefined,
      }),
    }),
  };
  return { plugin, host, create: (options: ConnectorOptions) => host.create(signed, options) };
}

const loopback = { rest: "http://127.0.0.1:1", stream: "ws://localhost:1" };

test.each<[string, object]>([
  ["ENVIRONMENT_MISSING", { credentials }],
  ["INSECURE_URL", { credentials, environment: "live", urls: { rest: "http://venue" } }],
  ["INSECURE_URL", { credentials, environment: "live", urls: { stream: "ws://127.0.0.1.evil" } }],
  ["INSECURE_URL", { credentials, environment: "sim", urls: { ...loopback, rest: "http://10.0.0.1" } }],
  ["INVALID_CREDENTIALS", { credentials: { ...credentials, passphrase: "" }, environment: "live" }],
  ["INVALID_CREDENTIALS", { credentials: { ...credentials, passphrase: undefined }, environment: "live" }],
  ["INVALID_CREDENTIALS", { credentials: { ...credentials, privateKey: "x" }, environment: "live" }],
  ["INVALID_CREDENTIALS", { credentials: { apiKey: credentials.apiKey }, environment: "live" }],
  ["INVALID_CREDENTIALS", { credentials: credentials.secret, environment: "live" }],
])("refuses with %s: case %#", (code, options) => {
  const { create } = setUp();
  let thrown: unknown;
  try {
    // as: options that a program without types may give.
    create(options as ConnectorOptions);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject({ code });
  const text = inspect(thrown, { depth: Infinity, showHidden: true });
  for (const secret of Object.values(credentials)) expect(text).not.toContain(secret);
});

test("refuses credentials for a connector of public data", () => {
  const { host, plugin } = setUp();
  expect(() => host.create(plugin, { credentials, environment: "live" })).toThrow(
    expect.objectContaining({ code: "INVALID_CREDENTIALS" }),
  );
});

test("names the account by key and subaccount, always the same, and shows neither", () => {
  const { create } = setUp();
  const account = (more: object): string | undefined =>
    create({ credentials: { ...credentials, ...more }, environment: "live" }).account;
  expect(account({})).toBe(account({}));
  expect(account({})).not.toContain(credentials.apiKey);
  expect(new Set([account({}), account({ subaccount: "a" }), account({ apiKey: "another" })]).size).toBe(3);
  expect(account({ account: "mine" })).toBe("mine");
});

test("speaks without TLS to this machine alone", () => {
  const { create } = setUp();
  expect(create({ credentials, environment: "sim", urls: loopback }).account).toBeDefined();
  expect(create({ environment: "live", urls: { rest: "http://venue" } }).account).toBeUndefined();
});

test("takes the credentials that a simulated venue issues, also in place of others", async () => {
  const { create } = setUp({ ...credentials, account: "issued" });
  for (const given of [{}, { credentials: { ...credentials, account: "given" } }]) {
    await using connector = create({ ...given, environment: "sim" });
    await connector.start();
    expect(connector.account).toBe("issued");
  }
});

test("shows no secret of its options", () => {
  const { create } = setUp();
  const text = inspect(create({ credentials, environment: "live" }), {
    depth: Infinity,
    showHidden: true,
    getters: true,
  });
  for (const secret of Object.values(credentials)) expect(text).not.toContain(secret);
});
