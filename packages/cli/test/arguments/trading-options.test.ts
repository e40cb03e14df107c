import { beforeEach, expect, test } from "vitest";
import { readTradingOptions } from "../../src/arguments/trading-options.js";
import { UsageError } from "../../src/arguments/usage-error.js";
import { FakeIo } from "../support/fake-io.js";

const KEY = "CONN_FAKE_VENUE_KEY";
const SECRET = "CONN_FAKE_VENUE_SECRET";
const KEY_FILE = "CONN_FAKE_VENUE_PRIVATE_KEY_FILE";

let io: FakeIo;
beforeEach(() => {
  io = new FakeIo();
});

const read = (values: Parameters<typeof readTradingOptions>[1] = {}) =>
  readTradingOptions("fake-venue", values, io);

test("keys are read from variables, a private key from the file that one names", async () => {
  Object.assign(io.env, { [KEY]: "k", [SECRET]: "s", CONN_FAKE_VENUE_PASSPHRASE: "p" });
  expect(await read({ environment: "testnet" })).toEqual({
    environment: "testnet",
    credentials: { apiKey: "k", secret: "s", passphrase: "p" },
  });
  io.env[SECRET] = undefined;
  io.env[KEY_FILE] = "key.pem";
  io.files.set("key.pem", "PEM");
  const { credentials } = await read({ environment: "live", account: "main" });
  expect(credentials).toEqual({ apiKey: "k", privateKey: "PEM", passphrase: "p", account: "main" });
});

test("without keys there are none, and a venue that is started for the command gets none of another", async () => {
  expect(await read()).toEqual({ environment: "live" });
  Object.assign(io.env, { [KEY]: "k", [SECRET]: "s" });
  expect(await read({ environment: "sim", seed: "3" })).toEqual({ environment: "sim", seed: 3 });
});

test.each<[string, Record<string, string>, Parameters<typeof readTradingOptions>[1]]>([
  ["a key without a secret", { [KEY]: "k" }, { environment: "live" }],
  ["a secret without a key", { [SECRET]: "s" }, { environment: "live" }],
  ["two secrets", { [KEY]: "k", [SECRET]: "s", [KEY_FILE]: "key.pem" }, { environment: "live" }],
  ["keys without an environment", { [KEY]: "k", [SECRET]: "s" }, {}],
  ["a file that others can read", {}, { environment: "live", credentials: "open.json" }],
  ["a file that is not there", {}, { environment: "live", credentials: "nowhere.json" }],
  ["a file that is no JSON", {}, { environment: "live", credentials: "key.pem" }],
  ["numbers for keys", {}, { environment: "live", credentials: "numbers.json" }],
  ["the file of another venue", {}, { sim: "other.json" }],
  ["a simulated venue at the live one", {}, { sim: "sim.json", environment: "live" }],
  ["a simulated venue without keys", {}, { sim: "keyless.json" }],
])("%s is refused, without showing what it is", async (_name, env, values) => {
  Object.assign(io.env, env);
  io.files.set("key.pem", "top secret");
  io.files.set("open.json", '{"apiKey":"k","secret":"top secret"}');
  io.readableByOthers.add("open.json");
  io.files.set("numbers.json", '{"apiKey":1,"secret":"top secret"}');
  const credentials = { apiKey: "k", secret: "top secret" };
  io.files.set("other.json", JSON.stringify({ connector: "other", urls: {}, credentials }));
  io.files.set("sim.json", JSON.stringify({ connector: "fake-venue", urls: {}, credentials }));
  io.files.set("keyless.json", JSON.stringify({ connector: "fake-venue", urls: {} }));
  const error = await read(values).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UsageError);
  expect(String(error)).not.toContain("top secret");
});
