import { ConfigurationError, createDefaultPorts, createHost, createMemoryJournals } from "@conn/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { plugin } from "../src/index.js";
import { type BinancePerpetualSimulator, startSimulator } from "../src/simulator/index.js";

const PATH = "/sapi/v1/account/apiRestrictions";

let venue: BinancePerpetualSimulator;
let wallet: BinancePerpetualSimulator;
/** Where signed questions after the key went. */
let asked: string[];

beforeEach(async () => {
  const ports = createDefaultPorts();
  [venue, wallet] = [
    await startSimulator({ ports, levels: 20 }),
    await startSimulator({ ports, levels: 20, seed: 2 }),
  ];
  asked = [];
});
afterEach(() => Promise.all([venue.close(), wallet.close()]));

function create(credentials: { readonly apiKey: string; readonly secret: string }, urls: object) {
  const { http } = createDefaultPorts();
  const ports = createDefaultPorts({
    journals: createMemoryJournals(),
    http: {
      open: async (options) => {
        const client = await http.open(options);
        return {
          request: (request) => {
            const { origin, pathname } = new URL(request.url);
            if (pathname === PATH) asked.push(origin);
            return client.request(request);
          },
          close: () => client.close(),
        };
      },
    },
  });
  return createHost(ports).create(plugin, { environment: "live", urls: { ...urls }, credentials });
}

test("what the key may do is asked at the address that the user names", async () => {
  const key = wallet.machine.createApiKey("default", { withdraw: true, addresses: ["127.0.0.1"] });
  const { wallet: _, ...urls } = venue.urls;
  const connector = create(key, { ...urls, wallet: wallet.urls.wallet });
  await connector.start();
  expect(await connector.fetchKeyPermissions()).toEqual({
    canTrade: true,
    canWithdraw: true,
    ipRestricted: true,
  });
  expect(asked).toEqual([wallet.urls.wallet]);
  await connector.stop();
});

test("without an address for it nothing is sent", async () => {
  const { wallet: _, ...urls } = venue.urls;
  const connector = create(venue.credentials, urls);
  await connector.start();
  const error = await connector.fetchKeyPermissions().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ConfigurationError);
  expect(error).toMatchObject({
    code: "INVALID_OPTIONS",
    outcome: "notSent",
    details: { option: "urls.wallet" },
  });
  expect(asked).toEqual([]);
  await connector.stop();
});

test("the address must be one for REST, and have TLS off this machine", () => {
  const { wallet: _, ...urls } = venue.urls;
  for (const url of ["ws://127.0.0.1:1", "http://api.example.com", "api.example.com"])
    expect(() => create(venue.credentials, { ...urls, wallet: url })).toThrow(ConfigurationError);
});
