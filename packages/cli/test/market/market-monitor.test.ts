import { Decimal } from "@conn/core";
import { beforeEach, expect, test } from "vitest";
import { MarketMonitor } from "../../src/market/market-monitor.js";
import type { LogEntry } from "../../src/render/view.js";
import { FakeConnector } from "../support/fake-connector.js";
import { levels, trade } from "../support/fixtures.js";
import { VirtualTime } from "../support/virtual-time.js";

let connector: FakeConnector;
let time: VirtualTime;
let told: LogEntry[];
let monitor: MarketMonitor;

function follow(...pairs: string[]): void {
  for (const pair of pairs) connector.addTradingPair(pair);
  monitor = new MarketMonitor(connector.asConnector(), pairs, time, (entry) => told.push(entry));
}

beforeEach(() => {
  connector = new FakeConnector();
  time = new VirtualTime();
  told = [];
});

test("how long a book was not trusted counts from the first doubt to the return of trust", () => {
  follow("BTC-USDT");
  time.advance(300);
  connector.setState("BTC-USDT", { state: "live" });
  expect(told.at(-1)).toMatchObject({ tone: "good", text: "live after 300 ms" });
  time.advance(5_000);
  connector.setState("BTC-USDT", { state: "stale", lastFault: "silent" });
  time.advance(1_000);
  connector.setState("BTC-USDT", { state: "resyncing", lastFault: "disconnected" });
  time.advance(500);
  connector.setState("BTC-USDT", { state: "live" });
  expect(told.at(-1)).toMatchObject({ tone: "good", text: "live again after 1.5 s" });
});

test("of several books each is named, of one book none", () => {
  follow("BTC-USDT", "ETH-USDT");
  connector.setState("ETH-USDT", { state: "live" });
  expect(told.at(-1)?.text).toMatch(/^ETH-USDT live/);
  connector.emit({
    type: "connection",
    connectionId: "public-1",
    route: "public",
    state: "waiting",
    reason: "closed",
    error: undefined,
    delayMs: 400,
  });
  expect(told.at(-1)?.text).toBe("connection public-1 lost: dialing again in 400 ms");
});

test("a view holds the levels asked for, the newest trades first, the age, and what was found out", () => {
  follow("BTC-USDT");
  connector.setLevels("BTC-USDT", {
    bids: levels([
      ["10", "1"],
      ["9", "1"],
    ]),
    asks: levels([["11", "1"]]),
  });
  connector.setState("BTC-USDT", { state: "live", receivedTimestamp: time.now() });
  for (const tradeId of ["1", "2"])
    connector.emit({ type: "trade", tradingPair: "BTC-USDT", trade: trade({ tradeId }) });
  connector.emit({ type: "trade", tradingPair: "XRP-USDT", trade: trade({ tradingPair: "XRP-USDT" }) });
  monitor.remark("BTC-USDT", { tone: "good", text: "equal" });
  connector.orderBook("BTC-USDT").ageMs = 70;
  const [view] = monitor.views(1);
  expect(view?.bids).toHaveLength(1);
  expect(view?.trades.map(({ tradeId }) => tradeId)).toEqual(["2", "1"]);
  expect(view).toMatchObject({ ageMs: 70, amountUnit: "BTC", remark: { text: "equal" } });
});

test("funding counts down once it is known", () => {
  follow("BTC-USDT");
  expect(monitor.views(1)[0]).not.toHaveProperty("funding");
  const price = new Decimal("10");
  connector.fundings.set("BTC-USDT", {
    tradingPair: "BTC-USDT",
    markPrice: price,
    indexPrice: price,
    fundingRate: new Decimal("0.0001"),
    nextFundingTimestamp: time.now() + 5_000,
    exchangeTimestamp: time.now(),
    receivedTimestamp: time.now(),
  });
  time.advance(2_000);
  expect(monitor.views(1)[0]?.funding).toMatchObject({ markPrice: price, dueInMs: 3_000 });
});

test("the rate is that of the last seconds", () => {
  follow("BTC-USDT");
  const book = connector.orderBook("BTC-USDT");
  const rate = (): number | undefined => monitor.views(1)[0]?.updatesPerSecond;
  expect(rate()).toBeUndefined();
  for (let count = 0; count < 100; count += 1) {
    time.advance(100);
    book.record = { ...book.record, diffs: book.record.diffs + 1 };
    rate();
  }
  expect(rate()).toBeCloseTo(10, 0);
  for (let count = 0; count < 50; count += 1) {
    time.advance(100);
    rate();
  }
  expect(rate()).toBe(0);
});

test("trades and log are bounded", () => {
  follow("BTC-USDT");
  for (let count = 0; count < 1_000; count += 1) {
    connector.emit({ type: "trade", tradingPair: "BTC-USDT", trade: trade() });
    monitor.say({ tone: "plain", text: "x" });
  }
  expect(monitor.log.length).toBeLessThanOrEqual(100);
  expect(monitor.views(1)[0]?.trades.length).toBeLessThanOrEqual(100);
});

test("nothing is followed after the end", () => {
  follow("BTC-USDT");
  monitor.stop();
  connector.setState("BTC-USDT", { state: "live" });
  expect(told).toEqual([]);
});
