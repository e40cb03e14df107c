import { chmod, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BinancePerpetualSimulator, startSimulator } from "@conn/binance-perpetual/simulator";
import { run } from "@conn/cli";
import { createDefaultPorts } from "@conn/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createCommandIo, type Person } from "./command-io.js";

const VENUE = "binance-perpetual";
const ACCOUNT = "default";

let folder: string;
let file: string;
let venue: BinancePerpetualSimulator;
/** Where nobody trades by himself. */
let price: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "conn-trade-"));
  file = join(folder, "sim.json");
  venue = await startSimulator({ ports: createDefaultPorts(), seed: 5, levels: 50 });
  venue.machine.freeze("BTCUSDT");
  price = String(Math.round(Number(venue.machine.bookOf("BTCUSDT").bids[0]![0]) * 0.98));
  await writeKeyFile({ type: "sim", connector: VENUE, urls: venue.urls, credentials: venue.credentials });
});
afterEach(async () => {
  await venue.close();
  await rm(folder, { recursive: true, force: true });
});

async function writeKeyFile(content: object): Promise<void> {
  await writeFile(file, JSON.stringify(content), { mode: 0o600 });
}

/** Each command is a run of its own, with nothing but the journal in common. */
async function conn(
  args: readonly string[],
  { env = {}, person }: { readonly env?: Record<string, string>; readonly person?: Person } = {},
) {
  const { io, printed } = createCommandIo({ journals: folder, env, ...(person && { person }) });
  const code = await run(args, io);
  const lines = (): Record<string, unknown>[] =>
    printed.stdout
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  return { code, ...printed, lines };
}
const trade = (...args: readonly string[]) => conn(["trade", VENUE, ...args, "--sim", file]);
const open = () => venue.machine.openOrdersOf(ACCOUNT);

test("an order of one command is known to the next, which cancels it; others' orders stay", async () => {
  const placed = await trade("place", "btcusdt", "buy", "0.01", "--price", price, "--json");
  expect(placed.code).toBe(0);
  const [line] = placed.lines();
  expect(line).toMatchObject({ type: "order", connector: VENUE, environment: "sim" });
  const { clientOrderId } = line!.order as { clientOrderId: string };
  expect(line!.order).toMatchObject({ status: "open", certainty: "known", price, amount: "0.01" });
  expect(open().map((order) => order.clientOrderId)).toEqual([clientOrderId]);

  venue.machine.placeOrder(ACCOUNT, {
    ...{ symbol: "BTCUSDT", side: "BUY", type: "LIMIT", timeInForce: "GTC", quantity: "0.02" },
    ...{ price, newClientOrderId: "somebody-else" },
  });
  const listed = await trade("list", "--json");
  expect(listed.lines()).toMatchObject([
    { type: "order", order: { clientOrderId, status: "open" } },
    { type: "foreignOrder", order: { clientOrderId: "somebody-else", isOurs: false } },
  ]);
  const text = await trade("list", "BTC-USDT");
  expect(text.stdout).toContain(clientOrderId);
  expect(text.stdout).toContain("somebody-else");

  expect((await trade("cancel", clientOrderId)).code).toBe(0);
  expect(open().map((order) => order.clientOrderId)).toEqual(["somebody-else"]);
  const shown = await trade("show", clientOrderId, "--json");
  expect(shown.lines()).toMatchObject([{ order: { status: "canceled", certainty: "known" } }]);

  await trade("place", "BTC-USDT", "buy", "0.01", "--price", price);
  expect((await trade("cancel-all")).code).toBe(0);
  expect(open().map((order) => order.clientOrderId)).toEqual(["somebody-else"]);
  expect((await trade("cancel-all", "BTC-USDT", "--foreign")).code).toBe(0);
  expect(open()).toEqual([]);
});

test("a market order is waited for until it has traded, and the balances tell of it", async () => {
  const { code, lines } = await trade("place", "BTC-USDT", "buy", "0.01", "--type", "market", "--json");
  expect(code).toBe(0);
  expect(lines()).toMatchObject([{ order: { status: "filled", filledAmount: "0.01" } }]);
  const balances = (await trade("balances", "--json")).lines();
  const [truth] = venue.machine.balancesOf(ACCOUNT);
  expect(balances).toMatchObject([
    { type: "balance", balance: { asset: "USDT", total: truth!.total.toFixed() } },
  ]);
});

test("an answer that proves nothing is shown as unknown, and a later command finds the order out", async () => {
  venue.faults.replaceAnswer({ kind: "/fapi/v1/order" }, { status: 502, body: "bad gateway" }, 100);
  // Neither does the stream tell.
  venue.faults.lose({ route: "private" }, 100);
  const args = ["place", "BTC-USDT", "buy", "0.01", "--price", price];
  const { code, stdout } = await trade(...args, "--wait", "0.3");
  expect(code).toBe(1);
  expect(stdout).toContain("UNKNOWN");
  expect(open()).toHaveLength(1);

  venue.faults.clear();
  const { clientOrderId } = open()[0]!;
  const shown = await trade("show", String(clientOrderId), "--json");
  expect(shown.code).toBe(0);
  expect(shown.lines()).toMatchObject([{ order: { status: "open", certainty: "known" } }]);
});

test("what the venue refuses is a failure; what breaks a rule is a fault of the command line", async () => {
  const high = String(Number(price) * 2);
  const refused = await trade("place", "BTC-USDT", "buy", "0.01", "--price", high, "--json");
  expect(refused.code).toBe(1);
  const offStep = `${price}.05`;
  expect((await trade("place", "BTC-USDT", "buy", "0.01", "--price", offStep)).code).toBe(2);
  const quantized = await trade("place", "BTC-USDT", "buy", "0.01", "--price", offStep, "--quantize");
  expect(quantized).toMatchObject({ code: 0, stdout: expect.stringContaining(`${offStep} to ${price}`) });
  expect(open()).toHaveLength(1);
});

test("keys come from variables or files that are their owner's alone, and nothing shows them", async () => {
  const { apiKey, secret } = venue.credentials;
  const urls = Object.entries(venue.urls).flatMap(([name, url]) => ["--url", `${name}=${url}`]);
  const args = ["trade", VENUE, "balances", "--json", "--environment", "sim", ...urls];
  const env = { CONN_BINANCE_PERPETUAL_KEY: apiKey, CONN_BINANCE_PERPETUAL_SECRET: secret };
  expect((await conn(args, { env })).code).toBe(0);
  expect((await conn(args)).code).toBe(2);
  expect((await conn(args, { env: { ...env, CONN_BINANCE_PERPETUAL_SECRET: "" } })).code).toBe(2);
  // With keys there is no default venue.
  expect((await conn(["trade", VENUE, "balances", ...urls], { env })).code).toBe(2);

  const keys = join(folder, "keys.json");
  await writeFile(keys, JSON.stringify({ apiKey, secret }), { mode: 0o600 });
  expect((await conn([...args, "--credentials", keys])).code).toBe(0);
  await chmod(keys, 0o640);
  const refused = await conn([...args, "--credentials", keys]);
  expect(refused.code).toBe(2);
  await writeFile(keys, `{"apiKey": ${secret}`);
  await chmod(keys, 0o600);
  const broken = await conn([...args, "--credentials", keys]);
  expect(broken.code).toBe(2);
  for (const { stdout, stderr } of [refused, broken]) {
    expect(stdout + stderr).not.toContain(secret);
    expect(stdout + stderr).not.toContain(apiKey);
  }
});

test("the live venue is sent nothing unless a person says yes, or --yes does", async () => {
  const urls = Object.entries(venue.urls).flatMap(([name, url]) => ["--url", `${name}=${url}`]);
  const { apiKey, secret } = venue.credentials;
  const env = { CONN_BINANCE_PERPETUAL_KEY: apiKey, CONN_BINANCE_PERPETUAL_SECRET: secret };
  const order = ["place", "BTC-USDT", "buy", "0.01", "--price", price];
  const args = ["trade", VENUE, ...order, "--environment", "live", ...urls];
  expect((await conn(args, { env })).code).toBe(2);
  for (const answer of ["no\r", "y\r", "\r", "yes\u007f\r", "\u0004"])
    expect((await conn(args, { env, person: { answer } })).code).toBe(1);
  expect(open()).toEqual([]);
  const said = await conn(args, { env, person: { answer: "yes\r" } });
  expect(said.code).toBe(0);
  expect(said.stderr).toContain(`buy 0.01 BTC-USDT, limit at ${price}`);
  expect(open()).toHaveLength(1);
  const cancel = ["trade", VENUE, "cancel-all", "--environment", "live", ...urls];
  expect((await conn(cancel, { env })).code).toBe(2);
  expect((await conn([...cancel, "--yes"], { env })).code).toBe(0);
  expect(open()).toEqual([]);
});

test("conn sim writes where it is and a key to a file that only its owner can read", async () => {
  const { io, printed } = createCommandIo({ journals: folder });
  const end = new AbortController();
  const simFile = join(folder, "venue.json");
  const ended = run(["sim", VENUE, "--file", simFile], { ...io, signal: end.signal });
  await expect.poll(() => printed.stdout, { timeout: 10_000 }).toContain("\n");
  expect(printed.stdout).not.toContain("secret");
  expect((await stat(simFile)).mode & 0o777).toBe(0o600);
  const args = ["trade", VENUE, "place", "BTC-USDT", "buy", "0.01", "--type", "market", "--sim", simFile];
  expect((await conn(args)).code).toBe(0);
  end.abort();
  expect(await ended).toBe(0);
});

test("an account whose journal another program has is told, and can be reached by another name", async () => {
  const { io } = createCommandIo({ journals: folder });
  const bot = await io.registry.createDynamic(VENUE, {
    environment: "sim",
    urls: venue.urls,
    credentials: venue.credentials,
  });
  await bot.start();
  try {
    await bot.whenReady();
    await bot.placeOrder({ tradingPair: "BTC-USDT", side: "buy", amount: "0.01", price });
    const locked = await trade("cancel-all");
    expect(locked.code).toBe(1);
    expect(locked.stderr).toContain("--account");
    const foreign = await trade("cancel-all", "BTC-USDT", "--foreign", "--account", "by-hand");
    expect(foreign.code).toBe(0);
    expect(open()).toEqual([]);
  } finally {
    await bot.stop();
  }
});
