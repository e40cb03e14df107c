import { NetworkError } from "@conn/core";
import { beforeEach, expect, test, vi } from "vitest";
import { run } from "../../src/run.js";
import type { FakeConnector } from "../support/fake-connector.js";
import { FakeIo } from "../support/fake-io.js";
import { levels, trade } from "../support/fixtures.js";
import { readTerminal } from "../support/read-terminal.js";

let io: FakeIo;

beforeEach(() => {
  io = new FakeIo();
});

/** Runs the command until its connector follows `pairs`. */
async function watching(
  args: readonly string[],
  pairs: readonly string[] = ["BTC-USDT"],
): Promise<{ connector: FakeConnector; ended: Promise<number> }> {
  const ended = run(["watch", "fake-venue", ...args], io);
  await vi.waitFor(() => expect([...(io.connectors[0]?.books.keys() ?? [])]).toEqual(pairs));
  return { connector: io.connectors[0] as FakeConnector, ended };
}

const book = {
  bids: levels([
    ["10.5", "1"],
    ["10.4", "1"],
  ]),
  asks: levels([["11.5", "2"]]),
};
const json = (): Record<string, unknown>[] => io.stdout.lines.map((line) => JSON.parse(line));

test("options reach the connector, and live is the default", async () => {
  const first = await watching(
    "BTC-USDT --environment sim --url rest=http://127.0.0.1:1 --proxy http://127.0.0.1:2 --seed 7".split(" "),
  );
  expect(first.connector.options).toEqual({
    environment: "sim",
    urls: { rest: "http://127.0.0.1:1" },
    proxy: "http://127.0.0.1:2",
    seed: 7,
  });
  io.interrupt();
  await first.ended;
  io = new FakeIo();
  const second = await watching(["BTC-USDT"]);
  expect(second.connector.options).toEqual({ environment: "live" });
  io.interrupt();
  await second.ended;
});

test("funding is followed where the connector can, and only to be looked at", async () => {
  for (const [args, followed] of [
    [[], true],
    [["--json"], false],
    [["--once"], false],
  ] as const) {
    io = new FakeIo();
    io.supportsFunding = true;
    const ended = run(["watch", "fake-venue", "BTC-USDT", ...args], io);
    await vi.waitFor(() => expect(io.connectors.at(-1)?.books.size).toBe(1));
    expect(io.connectors.at(-1)?.options.channels).toEqual(
      followed ? ["orderBook", "trades", "funding"] : undefined,
    );
    expect(io.connectors.filter(({ started }) => started)).toHaveLength(1);
    io.interrupt();
    await ended;
  }
});

test("pairs may be written in any case or as the venue does, and twice", async () => {
  const { ended } = await watching(["btc-usdt", "ETHUSDT", "BTC-USDT"], ["BTC-USDT", "ETH-USDT"]);
  io.interrupt();
  await ended;
});

test("an interrupted watch stops its connector and says so by its exit code", async () => {
  const { connector, ended } = await watching(["BTC-USDT"]);
  io.interrupt();
  expect(await ended).toBe(130);
  expect(connector.stopped).toBe(true);
  expect(io.time.pending).toBe(0);
});

test("a watch ends by itself when its time is over", async () => {
  const { connector, ended } = await watching(["BTC-USDT", "--duration", "2.5"]);
  io.time.advance(2_499);
  expect(connector.stopped).toBe(false);
  io.time.advance(1);
  expect(await ended).toBe(0);
  expect(connector.stopped).toBe(true);
});

test("on a terminal q ends it, and the terminal is given back", async () => {
  io = new FakeIo({ terminal: true });
  const { ended } = await watching(["BTC-USDT"]);
  await vi.waitFor(() => expect(io.typists.size).toBe(1));
  io.type("q");
  expect(await ended).toBe(0);
  expect(readTerminal(io.stdout.text)).toMatchObject({ alternate: false, cursor: true });
});

test("every event is a line of JSON", async () => {
  const { connector, ended } = await watching(["BTC-USDT", "--json", "--depth", "1"]);
  connector.setLevels("BTC-USDT", book, "snapshot");
  connector.setState("BTC-USDT", { state: "live" });
  connector.emit({ type: "trade", tradingPair: "BTC-USDT", trade: trade() });
  connector.emit({
    type: "connection",
    connectionId: "public-1",
    route: "public",
    state: "waiting",
    reason: "closed",
    error: new NetworkError("NETWORK_CLOSED", "gone"),
    delayMs: 400,
  });
  connector.emit({
    type: "problem",
    error: new NetworkError("NETWORK_RESET", "reset"),
    tradingPair: "BTC-USDT",
  });
  for (const tradingPair of ["ETH-USDT", "BTC-USDT"]) {
    const before = connector.instruments.get(tradingPair);
    connector.emit({
      type: "instrument",
      tradingPair,
      change: "delisted",
      instrument: undefined,
      previous: before,
    });
  }
  connector.emit({ type: "ready", ready: true });
  io.interrupt();
  await ended;
  expect(json().map(({ type }) => type)).toEqual([
    "book",
    "orderBookState",
    "trade",
    "connection",
    "problem",
    "instrument",
  ]);
  // Of the pair that is watched, with exact numbers.
  expect(json()[5]).toMatchObject({ tradingPair: "BTC-USDT", change: "delisted" });
  expect(json()[5]).toHaveProperty("previous.rules.priceIncrement", expect.any(String));
  expect(json()[0]).toMatchObject({ kind: "snapshot", bids: [["10.5", "1.000"]], asks: [["11.5", "2.000"]] });
  expect(json()[3]).toMatchObject({ state: "waiting", error: { code: "NETWORK_CLOSED" }, delayMs: 400 });
});

test("a slow reader of JSON gets the newest book and all trades", async () => {
  const { connector, ended } = await watching(["BTC-USDT", "--json", "--duration", "1"]);
  io.stdout.writableNeedDrain = true;
  for (let amount = 1; amount <= 500; amount += 1) {
    connector.setLevels("BTC-USDT", { bids: levels([["10.5", String(amount)]]), asks: [] });
    connector.emit({ type: "trade", tradingPair: "BTC-USDT", trade: trade({ tradeId: String(amount) }) });
  }
  io.time.advance(1_000);
  io.stdout.drain();
  expect(await ended).toBe(0);
  const books = json().filter(({ type }) => type === "book");
  expect(books).toHaveLength(1);
  expect(books[0]).toMatchObject({ bids: [["10.5", "500.000"]] });
  expect(json().filter(({ type }) => type === "trade")).toHaveLength(500);
});

test("a reader of JSON who never reads ends the watch as a failure", async () => {
  const { connector, ended } = await watching(["BTC-USDT", "--json"]);
  io.stdout.writableNeedDrain = true;
  for (let count = 0; count < 60_000; count += 1) {
    connector.emit({ type: "trade", tradingPair: "BTC-USDT", trade: trade() });
  }
  expect(await ended).toBe(1);
  expect(connector.stopped).toBe(true);
  expect(io.stderr.text).not.toBe("");
});

test("once prints each book when all are live", async () => {
  const { connector, ended } = await watching(["BTC-USDT", "ETH-USDT", "--once"], ["BTC-USDT", "ETH-USDT"]);
  connector.setLevels("BTC-USDT", book);
  connector.setState("BTC-USDT", { state: "live" });
  expect(io.stdout.text).toBe("");
  connector.setLevels("ETH-USDT", book);
  connector.setState("ETH-USDT", { state: "live" });
  expect(await ended).toBe(0);
  expect(io.stdout.lines.filter((line) => line.includes("● live") && line.includes("USDT"))).toHaveLength(2);
  expect(io.stdout.lines.filter((line) => line.includes("11.5"))).toHaveLength(2);
});

test("once as JSON is one line a book", async () => {
  const { connector, ended } = await watching(["BTC-USDT", "--once", "--json", "--depth", "1"]);
  connector.setLevels("BTC-USDT", book);
  connector.setState("BTC-USDT", { state: "live" });
  expect(await ended).toBe(0);
  expect(json()).toMatchObject([
    { type: "book", tradingPair: "BTC-USDT", state: "live", bids: [["10.5", "1.000"]] },
  ]);
});

test("once fails when a book is not live in time", async () => {
  const { ended } = await watching(["BTC-USDT", "--once", "--duration", "3"]);
  io.time.advance(3_000);
  expect(await ended).toBe(1);
  expect(io.stderr.text).toContain("BTC-USDT");
  expect(io.stdout.text).toBe("");
});

test.each([
  ["no connector", []],
  ["no pair", ["fake-venue"]],
  ["an unknown connector", ["nowhere", "BTC-USDT"]],
  ["an unknown pair", ["fake-venue", "BTC-USD"]],
  ["an unknown option", ["fake-venue", "BTC-USDT", "--nope"]],
  ["an unknown environment", ["fake-venue", "BTC-USDT", "--environment", "mainnet"]],
  ["no depth", ["fake-venue", "BTC-USDT", "--depth", "0"]],
  ["a URL without a name", ["fake-venue", "BTC-USDT", "--url", "http://127.0.0.1"]],
])("%s is a fault of the command line, and the person is told what to do", async (_name, args) => {
  expect(await run(["watch", ...args], io)).toBe(2);
  expect(io.stdout.text).toBe("");
  expect(io.stderr.lines.length).toBeGreaterThan(0);
  expect(io.connectors.every(({ started, stopped }) => !started || stopped)).toBe(true);
});

test("an unknown pair brings the nearest known one to mind", async () => {
  await run(["watch", "fake-venue", "BTCUSTD"], io);
  expect(io.stderr.text).toContain("BTC-USDT");
});

test("a venue that cannot be reached is a failure, not a fault of the command line", async () => {
  io.startFailure = new NetworkError("NETWORK_REFUSED", "refused");
  expect(await run(["watch", "fake-venue", "BTC-USDT"], io)).toBe(1);
  expect(io.connectors[0]?.stopped).toBe(true);
});
