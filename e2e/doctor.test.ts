import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BinancePerpetualSimulator, startSimulator } from "@conn/binance-perpetual/simulator";
import { run } from "@conn/cli";
import { createDefaultPorts } from "@conn/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createCommandIo } from "./command-io.js";

const VENUE = "binance-perpetual";

let folder: string;
let venue: BinancePerpetualSimulator;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "conn-doctor-"));
  venue = await startSimulator({ ports: createDefaultPorts(), levels: 50 });
});
afterEach(async () => {
  await venue.close();
  await rm(folder, { recursive: true, force: true });
});

interface Finding {
  readonly check: string;
  readonly verdict: string;
  readonly text: string;
  readonly facts?: Readonly<Record<string, unknown>>;
}

async function examine(...args: readonly string[]): Promise<{ code: number; found: Map<string, Finding> }> {
  const { io, printed } = createCommandIo({ journals: folder });
  const code = await run(["doctor", VENUE, "--json", "--wait", "5", ...args], io);
  const findings: Finding[] = printed.stdout
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));
  return { code, found: new Map(findings.map((finding) => [finding.check, finding])) };
}

/** With a key of the account. */
async function examineWith(key: object, urls: object = venue.urls) {
  const file = join(folder, "sim.json");
  const content = { type: "sim", connector: VENUE, urls, credentials: key };
  await writeFile(file, JSON.stringify(content), { mode: 0o600 });
  return examine("--sim", file);
}

const verdicts = (found: ReadonlyMap<string, Finding>) =>
  Object.fromEntries([...found].map(([check, { verdict }]) => [check, verdict]));

test("all is well with a key that may trade only, and the journal is where it says", async () => {
  const { code, found } = await examineWith(venue.credentials);
  expect(verdicts(found)).toEqual({
    versions: "ok",
    instruments: "ok",
    rest: "ok",
    clock: "ok",
    orderBook: "ok",
    journal: "ok",
    account: "ok",
    keyPermissions: "ok",
    rateLimits: "ok",
  });
  expect(code).toBe(0);
  expect(String(found.get("journal")!.facts!.path)).toContain(folder);
  expect(found.get("keyPermissions")!.facts).toEqual({
    canTrade: true,
    canWithdraw: false,
    ipRestricted: false,
  });
  const pools = found.get("rateLimits")!.facts!.pools as readonly { pool: string; headroom: number }[];
  const { headroom } = pools.find(({ pool }) => pool === "requestWeight")!;
  expect(headroom).toBeGreaterThan(0);
  expect(headroom).toBeLessThan(2_400);
});

test("a key that may withdraw is warned of", async () => {
  const key = venue.machine.createApiKey("default", { withdraw: true, addresses: ["127.0.0.1"] });
  const { code, found } = await examineWith(key);
  expect(found.get("keyPermissions")).toMatchObject({
    verdict: "warning",
    facts: { canWithdraw: true, ipRestricted: true },
  });
  expect(code).toBe(0);
});

test("a host that was not named is not asked what the key may do", async () => {
  const { wallet: _, ...urls } = venue.urls;
  const { code, found } = await examineWith(venue.credentials, urls);
  expect(found.get("keyPermissions")).toMatchObject({ verdict: "skipped" });
  expect(found.get("keyPermissions")!.text).toContain("urls.wallet");
  expect(code).toBe(0);
});

test("without keys the account is left out", async () => {
  const urls = Object.entries(venue.urls).flatMap(([name, url]) => ["--url", `${name}=${url}`]);
  const { code, found } = await examine("ETH-USDT", "--environment", "sim", ...urls);
  expect(verdicts(found)).toMatchObject({ orderBook: "ok", journal: "skipped", account: "skipped" });
  expect(found.get("orderBook")!.text).toContain("ETH-USDT");
  expect(code).toBe(0);
});

test("a book that does not come, a refused key and a venue that is away are failures", async () => {
  const fault = venue.faults.rejectRequest({ kind: "/fapi/v1/depth" }, { status: 503, body: "" }, 100);
  venue.machine.revokeApiKey(venue.credentials.apiKey);
  const file = join(folder, "sim.json");
  const content = { type: "sim", connector: VENUE, urls: venue.urls, credentials: venue.credentials };
  await writeFile(file, JSON.stringify(content), { mode: 0o600 });
  const { code, found } = await examine("--sim", file, "--wait", "0.5");
  expect(code).toBe(1);
  expect(verdicts(found)).toMatchObject({ rest: "ok", orderBook: "failed", account: "failed" });
  expect(found.get("keyPermissions")!.facts).toMatchObject({ code: "KEY_REFUSED" });
  fault.cancel();

  await venue.close();
  const away = await examine("--sim", file);
  expect(away.code).toBe(1);
  expect(verdicts(away.found)).toEqual({ versions: "ok", instruments: "failed" });
});

test("a journal that another program has is a failure, and the rest is looked at all the same", async () => {
  const { io } = createCommandIo({ journals: folder });
  const bot = await io.registry.createDynamic(VENUE, {
    environment: "sim",
    urls: venue.urls,
    credentials: venue.credentials,
  });
  await bot.start();
  try {
    const { code, found } = await examineWith(venue.credentials);
    expect(code).toBe(1);
    expect(found.get("orderBook")).toMatchObject({ verdict: "ok" });
    expect(found.get("journal")).toMatchObject({ verdict: "failed", facts: { code: "JOURNAL_LOCKED" } });
    expect(found.get("account")).toMatchObject({ verdict: "skipped" });
  } finally {
    await bot.stop();
  }
});
