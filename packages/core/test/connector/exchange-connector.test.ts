import { describe, expect, it } from "vitest";
import {
  ConfigurationError,
  InstrumentError,
  LifecycleError,
  NetworkError,
  NotSupportedError,
  PluginError,
  RateLimitError,
  VenueError,
} from "../../src/errors/index.js";
import { createFakeVenue } from "../support/fake-venue.js";
import { settle } from "../support/virtual-time.js";

const BTC = { tradingPairs: ["BTC-USDT"] };
const diff = (
  previous: number,
  id: number,
  bids: [number, number][] = [],
  asks: [number, number][] = [],
): string => JSON.stringify({ s: "BTCUSDT", previous, id, bids, asks });

describe("options", () => {
  it.each([
    [{ environment: "moon" }, "UNKNOWN_ENVIRONMENT"],
    [{ environment: "testnet" }, "UNKNOWN_ENVIRONMENT"],
    [{ environment: "sim" }, "UNKNOWN_ENVIRONMENT"],
    [{ tradingPairs: "BTC-USDT" }, "INVALID_OPTIONS"],
    [{ tradingPair: ["BTC-USDT"] }, "INVALID_OPTIONS"],
    [{ urls: { rest: "ws://x" } }, "INVALID_OPTIONS"],
    [{ urls: { nowhere: "http://x" } }, "INVALID_OPTIONS"],
    [{ proxy: "socks5://x" }, "INVALID_OPTIONS"],
    [{ restTimeoutMs: 0 }, "INVALID_OPTIONS"],
    [{ auditIntervalMs: -1 }, "INVALID_OPTIONS"],
    [{ auditIntervalMs: Number.NaN }, "INVALID_OPTIONS"],
    [{ instrumentsRefreshMs: "900000" }, "INVALID_OPTIONS"],
    [{ instrumentsRefreshMs: Number.POSITIVE_INFINITY }, "INVALID_OPTIONS"],
    [{ seed: 1.5 }, "INVALID_OPTIONS"],
  ])("%o is refused with %s", (options, code) => {
    const { host, plugin } = createFakeVenue();
    expect(() => host.create(plugin, options as never)).toThrow(expect.objectContaining({ code }));
    expect(() => host.create(plugin, options as never)).toThrow(ConfigurationError);
  });

  it("refuses what is no plugin", () => {
    expect(() => createFakeVenue().host.create({} as never)).toThrow(PluginError);
  });
});

describe("a connector's life", () => {
  it("starts, gets ready, and stops with nothing left", async () => {
    const { time, host, plugin, webSocket, openStream, openClients } = createFakeVenue();
    const connector = host.create(plugin, BTC);
    const ready: boolean[] = [];
    connector.on("ready", (event) => ready.push(event.ready));
    expect(connector.status).toEqual({
      ready: false,
      instruments: false,
      orderBooks: false,
      missingOrderBooks: [],
      fundingInfo: false,
      account: false,
      missingFundingInfo: [],
    });
    await connector.start();
    await time.advance(0);
    expect(connector.status).toEqual({
      ready: false,
      instruments: true,
      orderBooks: false,
      missingOrderBooks: ["BTC-USDT"],
      fundingInfo: true,
      account: true,
      missingFundingInfo: [],
    });
    await openStream();
    webSocket.last.receive(diff(5, 20));
    await connector.whenReady();
    expect(connector.ready).toBe(true);
    await connector.stop();
    expect(ready).toEqual([true, false]);
    expect(time.pending).toBe(0);
    expect(openClients()).toBe(0);
    expect(webSocket.sockets.every(({ ended }) => ended)).toBe(true);
    await connector.start();
    await connector.stop();
    expect(openClients()).toBe(0);
  });

  it("leaves nothing when stopped at any moment of the start", async () => {
    for (let turns = 0; turns < 40; turns += 1) {
      const { time, host, plugin, webSocket, openClients } = createFakeVenue();
      const connector = host.create(plugin, BTC);
      const started = connector.start().then(
        () => "started",
        (error: unknown) => (error as LifecycleError).code,
      );
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
      await connector.stop();
      expect(["started", "STOPPED"]).toContain(await started);
      expect(time.pending).toBe(0);
      expect(openClients()).toBe(0);
      expect(webSocket.sockets.every(({ ended }) => ended)).toBe(true);
    }
  });

  it("can be stopped and started again at once", async () => {
    const { host, plugin } = createFakeVenue();
    const connector = host.create(plugin, BTC);
    const first = connector.start();
    const stopped = connector.stop();
    const second = connector.start();
    await expect(first).rejects.toBeInstanceOf(LifecycleError);
    await stopped;
    await second;
    expect(connector.status.instruments).toBe(true);
    await connector.stop();
  });

  it("refuses a second start, and calls that need it started", async () => {
    const { host, plugin } = createFakeVenue();
    const connector = host.create(plugin);
    await expect(connector.checkNetwork()).rejects.toMatchObject({ code: "NOT_STARTED" });
    await expect(connector.whenReady()).rejects.toMatchObject({ code: "NOT_STARTED" });
    expect(() => connector.addTradingPair("BTC-USDT")).toThrow(LifecycleError);
    await connector.start();
    await expect(connector.start()).rejects.toBeInstanceOf(TypeError);
    await connector.stop();
  });

  it("ends a start by its signal", async () => {
    const { host, plugin, answerWith, openClients } = createFakeVenue();
    answerWith(() => new Promise(() => {}));
    const connector = host.create(plugin);
    const abort = new AbortController();
    const started = connector.start({ signal: abort.signal });
    await settle();
    abort.abort(new Error("enough"));
    await expect(started).rejects.toMatchObject({ code: "ABORTED" });
    expect(openClients()).toBe(0);
    await expect(connector.start({ signal: abort.signal })).rejects.toMatchObject({ code: "ABORTED" });
  });

  it("leaves a start that fails as if it had not been", async () => {
    const { host, plugin, answerWith, respond, openClients } = createFakeVenue();
    const connector = host.create(plugin, BTC);
    answerWith(() => respond(500));
    await expect(connector.start()).rejects.toBeInstanceOf(VenueError);
    answerWith(() => respond(200, ["ETH-USDT"]));
    await expect(connector.start()).rejects.toBeInstanceOf(InstrumentError);
    expect(openClients()).toBe(0);
    expect(connector.status.instruments).toBe(false);
  });

  it("ends waits and streams with stop", async () => {
    const { host, plugin } = createFakeVenue();
    const connector = host.create(plugin, BTC);
    await connector.start();
    const ready = connector.whenReady();
    const next = connector.stream("trade").next();
    const abort = new AbortController();
    const aborted = connector.whenReady({ signal: abort.signal });
    abort.abort();
    await expect(aborted).rejects.toMatchObject({ code: "ABORTED" });
    await connector.stop();
    await expect(ready).rejects.toMatchObject({ code: "STOPPED" });
    expect((await next).done).toBe(true);
  });
});

describe("REST calls", () => {
  it("are refused, and nothing is sent, where the connector does not support them", async () => {
    const { host, plugin, requests } = createFakeVenue();
    const connector = host.create({ ...plugin, supports: { ...plugin.supports, lastTradedPrices: false } });
    await connector.start();
    const count = requests.length;
    await expect(connector.fetchLastTradedPrices()).rejects.toBeInstanceOf(NotSupportedError);
    expect(requests).toHaveLength(count);
    await connector.stop();
  });

  it("time out, and say whether the request may have arrived", async () => {
    const { time, host, plugin, answerWith } = createFakeVenue();
    const connector = host.create(plugin, { restTimeoutMs: 3_000 });
    await connector.start();
    answerWith(() => new Promise(() => {}));
    const checked = expect(connector.checkNetwork()).rejects.toMatchObject({
      code: "NETWORK_TIMEOUT",
      sent: "maybe",
    });
    await time.advance(3_000);
    await checked;
    answerWith(() => Promise.reject(new NetworkError("NETWORK_REFUSED", "no", { sent: "no" })));
    await expect(connector.checkNetwork()).rejects.toMatchObject({ code: "NETWORK_REFUSED", sent: "no" });
    await connector.stop();
    expect(time.pending).toBe(0);
  });

  it("wait out a 429, all of them", async () => {
    const { time, host, plugin, answerWith, respond, requests } = createFakeVenue();
    const connector = host.create(plugin);
    await connector.start();
    answerWith(() => respond(429, {}, { "retry-after": "7" }));
    await expect(connector.checkNetwork()).rejects.toMatchObject({
      code: "RATE_LIMITED",
      retryAfterMs: 7_000,
    });
    answerWith(() => respond(418));
    const count = requests.length;
    const banned = expect(connector.checkNetwork()).rejects.toBeInstanceOf(RateLimitError);
    await time.advance(6_999);
    expect(requests).toHaveLength(count);
    await time.advance(1);
    await banned;
    expect(requests).toHaveLength(count + 1);
    await connector.stop();
  });

  it("tell of stops and of their ends, and are held back only by what was stopped", async () => {
    const { time, host, plugin, answerWith, respond, requests, webSocket } = createFakeVenue();
    const connector = host.create(plugin, BTC);
    const other = host.create(plugin);
    const told: unknown[] = [];
    connector.on("rateLimit", ({ scope, pool, reason, untilTimestamp }) =>
      told.push([scope, pool, reason, untilTimestamp - time.now()]),
    );
    let toldOther = 0;
    other.on("rateLimit", () => {
      toldOther += 1;
    });
    await other.start();
    const date = (ms: number): string => new Date(ms).toUTCString();
    // The venue's clock is a minute ahead; its date is held against its own.
    answerWith(() =>
      respond(429, {}, { "retry-after": date(1_700_000_090_000), date: date(1_700_000_060_000) }),
    );
    await expect(connector.start()).rejects.toMatchObject({ code: "RATE_LIMITED", retryAfterMs: 30_000 });
    expect(told).toEqual([["ip", "weight", "stop", 30_000]]);
    answerWith(() => respond(200, ["BTC-USDT"]));
    const count = requests.length;
    const starting = connector.start();
    await time.advance(29_999);
    expect(requests).toHaveLength(count);
    await time.advance(1);
    await starting;
    await time.advance(0);
    expect(webSocket.sockets).toHaveLength(1);
    expect(told.slice(1)).toEqual([["ip", "weight", "resumed", 0]]);
    expect(toldOther).toBe(2);
    await connector.stop();
    await other.stop();
    expect(time.pending).toBe(0);
  });

  it("that are given up while they wait are not sent, and leave no weight behind", async () => {
    const { time, host, plugin, answerWith, respond, requests } = createFakeVenue();
    const connector = host.create(plugin);
    await connector.start();
    answerWith(() => respond(200, {}, { used: "99" }));
    await connector.checkNetwork();
    const abort = new AbortController();
    const first = connector.checkNetwork();
    const count = requests.length;
    await settle();
    const aborted = connector.checkNetwork({ signal: abort.signal });
    abort.abort();
    await expect(aborted).rejects.toMatchObject({ code: "ABORTED" });
    await first;
    expect(requests).toHaveLength(count + 1);
    await connector.stop();
    expect(time.pending).toBe(0);
  });

  it("believe the venue's count of used weight", async () => {
    const { time, host, plugin, answerWith, respond, requests } = createFakeVenue();
    const connector = host.create(plugin);
    await connector.start();
    answerWith(() => respond(200, {}, { used: "100" }));
    await connector.checkNetwork();
    const count = requests.length;
    void connector.checkNetwork();
    await time.advance(59_999);
    expect(requests).toHaveLength(count);
    await time.advance(1);
    expect(requests).toHaveLength(count + 1);
    await connector.stop();
  });
});

describe("books", () => {
  it("recover one by one, with snapshots paced while they are in vain", async () => {
    const { time, host, plugin, webSocket, openStream, answerWith, respond, requests } = createFakeVenue();
    const connector = host.create(plugin, BTC);
    const problems: string[] = [];
    connector.on("problem", ({ error }) => problems.push(error.code));
    await connector.start();
    await time.advance(0);
    answerWith(() => respond(503));
    const count = requests.length;
    await openStream();
    webSocket.last.receive(diff(5, 20));
    for (let second = 0; second < 60; second += 1) {
      await time.advance(1_000);
      webSocket.last.pong();
    }
    expect(requests.length - count).toBeGreaterThan(3);
    expect(requests.length - count).toBeLessThan(12);
    expect(new Set(problems)).toEqual(new Set(["VENUE_UNAVAILABLE"]));
    answerWith(() => respond(200, { id: 15, bids: [[99, 1]], asks: [[101, 1]] }));
    const ready = connector.whenReady();
    for (let second = 0; second < 31; second += 1) {
      await time.advance(1_000);
      webSocket.last.pong();
    }
    await ready;
    await connector.stop();
  });

  it("are added and removed while running", async () => {
    const { time, host, plugin, webSocket, openStream } = createFakeVenue();
    const connector = host.create(plugin, BTC);
    await connector.start();
    await time.advance(0);
    await openStream();
    webSocket.last.receive(diff(5, 20));
    await connector.whenReady();
    connector.addTradingPair("ETH-USDT");
    expect(connector.ready).toBe(false);
    expect([...connector.orderBooks.keys()]).toEqual(["BTC-USDT", "ETH-USDT"]);
    expect(JSON.parse(webSocket.last.sent.at(-1) as string)).toMatchObject({ sub: ["ETHUSDT"] });
    connector.removeTradingPair("ETH-USDT");
    expect(connector.ready).toBe(true);
    expect(JSON.parse(webSocket.last.sent.at(-1) as string)).toMatchObject({ unsub: ["ETHUSDT"] });
    expect(() => connector.addTradingPair("XRP-USDT")).toThrow(InstrumentError);
    expect(() => connector.orderBook("ETH-USDT")).toThrow(InstrumentError);
    await connector.stop();
  });

  it("tell a broken frame and carry on", async () => {
    const { time, host, plugin, webSocket, openStream } = createFakeVenue();
    const connector = host.create(plugin, BTC);
    const problems: string[] = [];
    connector.on("problem", ({ error }) => problems.push(error.code));
    await connector.start();
    await time.advance(0);
    await openStream();
    webSocket.last.receive(diff(5, 20));
    await connector.whenReady();
    webSocket.last.receive("not json");
    webSocket.last.receive(JSON.stringify({ s: "NOPE", previous: 1, id: 2, bids: [], asks: [] }));
    expect(problems).toEqual(["MALFORMED_FRAME", "UNKNOWN_MESSAGE"]);
    expect(connector.ready).toBe(true);
    webSocket.last.receive(diff(20, 30, [[98, 2]]));
    expect(connector.orderBook("BTC-USDT").integrity).toMatchObject({ state: "live", lastUpdateId: 30 });
    await connector.stop();
  });

  it("are followed by events and by streams", async () => {
    const { time, host, plugin, webSocket, openStream } = createFakeVenue();
    const connector = host.create(plugin, BTC);
    const stream = connector.stream("orderBook", { tradingPair: "BTC-USDT" });
    const states: string[] = [];
    connector.on("orderBookState", ({ previous, state, fault }) =>
      states.push(`${previous}>${state} ${fault}`),
    );
    await connector.start();
    await time.advance(0);
    await openStream();
    webSocket.last.receive(diff(5, 20));
    webSocket.last.receive(diff(20, 30, [[98, 2]]));
    const first = await stream.next();
    expect(first.value).toMatchObject({
      type: "orderBook",
      tradingPair: "BTC-USDT",
      kind: "diff",
      connector: "fake",
    });
    webSocket.last.receive(diff(31, 40));
    expect(states).toEqual([
      "awaitingSnapshot>syncing undefined",
      "syncing>live undefined",
      "live>resyncing gap",
    ]);
    expect(connector.ready).toBe(false);
    await connector.stop();
  });

  it("are not live on a connection that has fallen silent while they were built", async () => {
    const { time, host, plugin, webSocket, openStream, answerWith, respond } = createFakeVenue();
    const connector = host.create(plugin, { ...BTC, auditIntervalMs: 0 });
    await connector.start();
    await time.advance(0);
    await openStream();
    webSocket.last.receive(diff(5, 20));
    const snapshot = Promise.withResolvers<ReturnType<typeof respond>>();
    answerWith(() => snapshot.promise);
    connector.resyncOrderBook("BTC-USDT");
    webSocket.last.receive(diff(20, 25));
    await time.advance(7_500);
    snapshot.resolve(respond(200, { s: "BTCUSDT", id: 22, bids: [[99, 1]], asks: [[101, 1]] }));
    await time.advance(0);
    expect(connector.orderBook("BTC-USDT").integrity.state).toBe("stale");
    await connector.stop();
  });

  it("are built anew when asked", async () => {
    const { time, host, plugin, webSocket, openStream, requests } = createFakeVenue();
    const connector = host.create(plugin, BTC);
    await connector.start();
    await time.advance(0);
    await openStream();
    webSocket.last.receive(diff(5, 20));
    const count = requests.length;
    connector.resyncOrderBook("BTC-USDT");
    expect(connector.orderBook("BTC-USDT").integrity).toMatchObject({
      state: "resyncing",
      lastFault: "requested",
    });
    await time.advance(500);
    expect(requests.length).toBe(count + 1);
    await connector.stop();
  });
});
