import { describe, expect, it } from "vitest";
import type { ConnectorEvent } from "../../src/connector/index.js";
import { createFakeVenue } from "../support/fake-venue.js";

const diff = (symbol: string, previous: number, id: number, bids: [number, number][] = []): string =>
  JSON.stringify({ s: symbol, previous, id, bids, asks: [] });

const REFRESH_MS = 100_000;

/** A connector with live books of two pairs, whose venue lists what the test says. */
async function running(options: object = {}, tradingPairs = ["BTC-USDT", "ETH-USDT"]) {
  const venue = createFakeVenue();
  const { time, host, plugin, webSocket, answerWith, respond } = venue;
  let listed: unknown[] = tradingPairs;
  answerWith(({ url }) =>
    url.includes("/book")
      ? respond(200, { s: "", id: 10, bids: [[99, 1]], asks: [[101, 1]] })
      : respond(200, listed),
  );
  const connector = host.create(plugin, {
    tradingPairs,
    instrumentsRefreshMs: REFRESH_MS,
    auditIntervalMs: 0,
    // The fake venue answers no pings.
    socket: { pingAfterIdleMs: 10_000_000 },
    ...options,
  });
  const told: string[] = [];
  const events: Extract<ConnectorEvent, { type: "instrument" }>[] = [];
  connector.on("instrument", (event) => {
    events.push(event);
    told.push(`${event.tradingPair} ${event.change}`);
  });
  connector.on("orderBookState", ({ tradingPair, previous, state, fault }) =>
    told.push(`${tradingPair} ${previous}>${state} ${fault ?? ""}`.trim()),
  );
  connector.on("problem", ({ error }) => told.push(error.code));
  /** Confirms every request that was sent. */
  let confirmed = 0;
  const confirm = async (): Promise<void> => {
    for (const text of webSocket.last.sent.slice(confirmed)) {
      confirmed += 1;
      webSocket.last.receive(JSON.stringify({ ack: JSON.parse(text).id }));
    }
    await time.advance(0);
  };
  await connector.start();
  await time.advance(0);
  webSocket.last.open();
  await confirm();
  for (const pair of tradingPairs) webSocket.last.receive(diff(pair.replace("-", ""), 5, 20));
  await connector.whenReady();
  told.length = 0;
  return {
    ...venue,
    connector,
    told,
    events,
    confirm,
    list: (...instruments: unknown[]): void => {
      listed = instruments;
    },
    /** Requests on the socket since the last call. */
    asked: () => {
      const frames = webSocket.last.sent.slice(confirmed).map((text) => JSON.parse(text));
      return frames.map(({ sub, unsub }) => (sub ? `+${sub}` : `-${unsub}`));
    },
  };
}

describe("instruments that change", () => {
  it("are asked for again and again, whatever becomes of it, and not after stop", async () => {
    const { time, connector, requests, told, answerWith, respond } = await running();
    const count = requests.length;
    // The fake venue's randomness is 0: a tenth sooner.
    await time.advance(0.9 * REFRESH_MS - 1);
    expect(requests).toHaveLength(count);
    await time.advance(1);
    expect(requests).toHaveLength(count + 1);
    expect(told).toEqual([]);
    answerWith(() => respond(503));
    await time.advance(0.9 * REFRESH_MS);
    expect(requests).toHaveLength(count + 2);
    answerWith(() => respond(200, "nonsense"));
    await time.advance(0.9 * REFRESH_MS);
    expect(told).toEqual(["VENUE_UNAVAILABLE", "MALFORMED_ANSWER"]);
    answerWith(() => new Promise(() => undefined));
    await time.advance(0.9 * REFRESH_MS);
    expect(requests).toHaveLength(count + 4);
    await connector.stop();
    expect(told).toHaveLength(2 + 2);
    expect(time.pending).toBe(0);
  });

  it("are not asked for with an interval of 0", async () => {
    const { time, connector, requests } = await running({ instrumentsRefreshMs: 0 });
    const count = requests.length;
    await time.advance(10 * REFRESH_MS);
    expect(requests).toHaveLength(count);
    await connector.stop();
  });

  it("change their rules without a trace in the book", async () => {
    const { connector, told, events, list, webSocket } = await running();
    const before = connector.instruments.get("BTC-USDT");
    list({ pair: "BTC-USDT", increment: "0.001" }, "ETH-USDT");
    await connector.fetchInstruments();
    expect(told).toEqual(["BTC-USDT rules"]);
    const after = connector.instruments.get("BTC-USDT");
    expect(after?.rules.priceIncrement.toFixed()).toBe("0.001");
    expect(before?.rules.priceIncrement.toFixed()).toBe("0.01");
    expect(events[0]).toMatchObject({ previous: before, instrument: after });
    webSocket.last.receive(diff("BTCUSDT", 20, 30, [[99.123, 4]]));
    const book = connector.orderBook("BTC-USDT");
    expect(book.integrity).toMatchObject({ state: "live", snapshots: 1 });
    expect(book.bids().map(({ price }) => price.toFixed())).toEqual(["99.123", "99"]);
    await connector.stop();
  });

  it("lose their book and streams when delisted, and get them back", async () => {
    const all = await running();
    const { connector, told, list, asked, confirm, webSocket, time } = all;
    list("ETH-USDT");
    await connector.fetchInstruments();
    expect(told).toEqual(["BTC-USDT live>delisted delisted", "BTC-USDT delisted"]);
    expect(asked()).toEqual(["-BTCUSDT"]);
    await confirm();
    // What is still on its way is no surprise, and wakes nothing.
    webSocket.last.receive(diff("BTCUSDT", 20, 30));
    connector.resyncOrderBook("BTC-USDT");
    await time.advance(0.9 * REFRESH_MS);
    expect(told).toHaveLength(2);
    expect(asked()).toEqual([]);
    const book = connector.orderBook("BTC-USDT");
    expect(book.integrity.state).toBe("delisted");
    expect(() => book.requireFresh(1e9)).toThrow(expect.objectContaining({ code: "BOOK_NOT_LIVE" }));
    expect(connector.status).toMatchObject({ ready: false, missingOrderBooks: ["BTC-USDT"] });

    list("ETH-USDT", "BTC-USDT");
    await connector.fetchInstruments();
    expect(told.slice(2)).toEqual(["BTC-USDT delisted>resyncing", "BTC-USDT listed"]);
    expect(asked()).toEqual(["+BTCUSDT"]);
    await confirm();
    webSocket.last.receive(diff("BTCUSDT", 5, 20));
    expect(book.integrity).toMatchObject({ state: "live", lastFault: "delisted" });
    expect(connector.orderBook("BTC-USDT")).toBe(book);
    expect(connector.ready).toBe(true);
    await connector.stop();
  });

  it("are gone for good when removed while delisted", async () => {
    const { connector, told, list, asked } = await running();
    list("ETH-USDT");
    await connector.fetchInstruments();
    connector.removeTradingPair("BTC-USDT");
    expect(connector.ready).toBe(true);
    list("BTC-USDT", "ETH-USDT");
    await connector.fetchInstruments();
    expect(told.slice(2)).toEqual(["BTC-USDT listed"]);
    expect(asked()).toEqual(["-BTCUSDT"]);
    await connector.stop();
  });

  it("move to streams of another name, also to one that another pair has just given up", async () => {
    const { connector, told, list, asked, confirm, webSocket } = await running({}, [
      "BTC-USDT",
      "ETH-USDT",
      "XRP-USDT",
    ]);
    list({ pair: "BTC-USDT", symbol: "ETHUSDT" }, { pair: "ETH-USDT", symbol: "BTCUSDT" }, "XRP-USDT");
    await connector.fetchInstruments();
    expect(told).toEqual([
      "BTC-USDT live>resyncing renamed",
      "ETH-USDT live>resyncing renamed",
      "BTC-USDT renamed",
      "ETH-USDT renamed",
    ]);
    expect(asked()).toEqual(["-BTCUSDT", "-ETHUSDT"]);
    await confirm();
    expect(asked()).toEqual(["+BTCUSDT", "+ETHUSDT"]);
    await confirm();
    webSocket.last.receive(diff("ETHUSDT", 5, 20, [[50, 7]]));
    expect(connector.orderBook("BTC-USDT").integrity.state).toBe("live");
    expect(connector.orderBook("BTC-USDT").amountAt("sell", "50").toFixed()).toBe("7");
    expect(connector.orderBook("ETH-USDT").integrity.state).toBe("resyncing");
    await connector.stop();
  });

  it("may be dealt with by a listener, even by stopping", async () => {
    const first = await running();
    first.connector.on("orderBookState", ({ tradingPair, state }) => {
      if (state === "delisted") first.connector.removeTradingPair(tradingPair);
    });
    first.list("ETH-USDT");
    await first.connector.fetchInstruments();
    expect(first.connector.ready).toBe(true);
    await first.connector.stop();

    const second = await running();
    let stopped: Promise<void> | undefined;
    second.connector.on("instrument", () => {
      stopped = second.connector.stop();
    });
    second.list("XRP-USDT", "SOL-USDT");
    await second.connector.fetchInstruments();
    expect(second.events).toHaveLength(1);
    await stopped;
    expect(second.time.pending).toBe(0);
  });

  it("that change while it is stopped are no events", async () => {
    const { connector, told, list } = await running();
    await connector.stop();
    told.length = 0;
    list("BTC-USDT", { pair: "ETH-USDT", status: "halted" }, "XRP-USDT");
    await connector.start();
    expect(told).toEqual([]);
    expect(connector.tradingPairs).toEqual(["BTC-USDT", "XRP-USDT"]);
    await connector.stop();
  });
});

describe("audits of a connector's books", () => {
  it("end with the listing of their pair", async () => {
    const { time, connector, list, requests, confirm } = await running({
      auditIntervalMs: 60_000,
      instrumentsRefreshMs: 0,
    });
    await time.advance(15_500);
    list("ETH-USDT");
    await connector.fetchInstruments();
    await confirm();
    const count = requests.length;
    // The audit that had begun asks for nothing, and the next one is of the other book.
    await time.advance(29_000);
    expect(requests).toHaveLength(count);
    await time.advance(2_500);
    expect(requests.slice(count).map(({ url }) => new URL(url).search)).toEqual(["?s=ETHUSDT"]);
    await connector.stop();
  });

  it("ask for one snapshot each, and tell of a book that is wrong", async () => {
    const { time, connector, told, answerWith, respond, requests } = await running({
      auditIntervalMs: 60_000,
      instrumentsRefreshMs: 0,
    });
    const count = requests.length;
    const books = ["BTC-USDT", "ETH-USDT"].map((pair) => connector.orderBook(pair).integrity);
    answerWith(() => respond(200, { id: 20, bids: [[99, 1]], asks: [[101, 1]] }));
    // Randomness is 0: one book each quarter of the interval, and a second of lead.
    await time.advance(16_000);
    expect(books.map(({ audits }) => audits)).toEqual([1, 0]);
    await time.advance(16_000);
    expect(books.map(({ audits }) => audits)).toEqual([1, 1]);
    expect(requests).toHaveLength(count + 2);
    answerWith(() => respond(200, { id: 20, bids: [[99, 2]], asks: [[101, 1]] }));
    await time.advance(16_000);
    expect(told).toEqual(["BOOK_MISMATCH", "BTC-USDT live>resyncing audit"]);
    expect(books.map(({ auditMismatches }) => auditMismatches)).toEqual([1, 0]);
    expect(connector.status.missingOrderBooks).toEqual(["BTC-USDT"]);
    await connector.stop();
    expect(time.pending).toBe(0);
  });
});
