import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import type { Connector } from "../../src/connector/index.js";
import { createFakeVenue } from "../support/fake-venue.js";
import { settle } from "../support/virtual-time.js";

interface Signal {
  readonly signal: AbortSignal;
}

/** Every call of a connector that takes a signal and goes to the venue. */
const CALLS: Readonly<Record<string, (connector: Connector, options: Signal) => Promise<unknown>>> = {
  fetchInstruments: (connector, options) => connector.fetchInstruments(options),
  fetchLastTradedPrices: (connector, options) => connector.fetchLastTradedPrices(undefined, options),
  fetchTickers: (connector, options) => connector.fetchTickers(undefined, options),
  fetchFundingInfo: (connector, options) => connector.fetchFundingInfo(undefined, options),
  fetchOpenInterest: (connector, options) => connector.fetchOpenInterest("BTC-USDT", options),
  checkNetwork: (connector, options) => connector.checkNetwork(options),
};

const listenersOf = (signal: AbortSignal): number => getEventListeners(signal, "abort").length;

/** Expects a promise to be refused as aborted without any time passing. */
async function expectAborted(promise: Promise<unknown>): Promise<void> {
  const outcome = promise.then(
    () => "done",
    (error: { readonly code?: string }) => error.code,
  );
  await settle();
  expect(await Promise.race([outcome, Promise.resolve().then(() => "still under way")])).toBe("ABORTED");
}

describe.each(Object.entries(CALLS))("the signal of %s", (_name, make) => {
  it("ends it before it is sent, in flight, and while it waits for the rate limit", async () => {
    const { time, host, plugin, answerWith, respond, requests } = createFakeVenue();
    const connector = host.create(plugin);
    await connector.start();
    const abort = new AbortController();
    const { signal } = abort;
    const before = requests.length;
    await expectAborted(make(connector, { signal: AbortSignal.abort() }));
    expect(requests).toHaveLength(before);

    answerWith(() => new Promise(() => {}));
    const inFlight = make(connector, { signal });
    await settle();
    expect(requests.length).toBeGreaterThan(before);
    expect(listenersOf(signal)).toBeGreaterThan(0);
    abort.abort();
    await expectAborted(inFlight);
    expect(listenersOf(signal)).toBe(0);

    answerWith(() => respond(429));
    await expect(connector.checkNetwork()).rejects.toMatchObject({ code: "RATE_LIMITED" });
    const count = requests.length;
    const second = new AbortController();
    const waiting = make(connector, { signal: second.signal });
    await settle();
    second.abort(new Error("enough"));
    await expectAborted(waiting);
    expect(requests).toHaveLength(count);
    expect(listenersOf(second.signal)).toBe(0);
    await connector.stop();
    expect(time.pending).toBe(0);
  });

  it("keeps nothing of a call that has ended, well or badly, or by a stop", async () => {
    const { host, plugin, answerWith, respond } = createFakeVenue();
    const connector = host.create(plugin);
    await connector.start();
    const { signal } = new AbortController();
    for (const status of [200, 500]) {
      answerWith(() => respond(status, []));
      await Promise.allSettled(Array.from({ length: 5 }, () => make(connector, { signal })));
      expect(listenersOf(signal)).toBe(0);
    }
    answerWith(() => new Promise(() => {}));
    const underWay = make(connector, { signal });
    await settle();
    await connector.stop();
    await expectAborted(underWay);
    expect(listenersOf(signal)).toBe(0);
  });
});

describe("a signal that outlives them", () => {
  it("keeps nothing of starts, waits and streams", async () => {
    const { host, plugin, answerWith, respond, openStream, webSocket } = createFakeVenue();
    const connector = host.create(plugin, { tradingPairs: ["BTC-USDT"] });
    const { signal } = new AbortController();
    const starting = connector.start({ signal });
    expect(listenersOf(signal)).toBe(1);
    await starting;
    expect(listenersOf(signal)).toBe(0);
    const ready = connector.whenReady({ signal });
    await openStream();
    webSocket.last.receive(JSON.stringify({ s: "BTCUSDT", previous: 5, id: 20, bids: [], asks: [] }));
    await ready;
    expect(listenersOf(signal)).toBe(0);
    const streams = [connector.stream("trade", { signal }), connector.stream("trade", { signal })] as const;
    expect(listenersOf(signal)).toBe(2);
    await streams[0].return();
    expect(listenersOf(signal)).toBe(1);
    await connector.stop();
    expect(listenersOf(signal)).toBe(0);
    answerWith(() => respond(500));
    await expect(connector.start({ signal })).rejects.toMatchObject({ code: "VENUE_UNAVAILABLE" });
    expect(listenersOf(signal)).toBe(0);
  });

  it("serves many calls by one listener", async () => {
    const { host, plugin, answerWith } = createFakeVenue();
    const connector = host.create(plugin);
    await connector.start();
    answerWith(() => new Promise(() => {}));
    const abort = new AbortController();
    const calls = Array.from({ length: 50 }, () => connector.checkNetwork({ signal: abort.signal }));
    const ended = Promise.allSettled(calls);
    await settle();
    expect(listenersOf(abort.signal)).toBe(1);
    abort.abort();
    const codes = (await ended).map((one) => one.status === "rejected" && one.reason.code);
    expect(new Set(codes)).toEqual(new Set(["ABORTED"]));
    await connector.stop();
  });
});

describe("a start", () => {
  it.each([
    ["in flight", 0],
    ["while it waits out a pause", 429],
  ])("is ended by its signal %s", async (_what, status) => {
    const { time, host, plugin, answerWith, respond, openClients } = createFakeVenue();
    const connector = host.create(plugin);
    if (status !== 0) {
      answerWith(() => respond(status));
      await expect(connector.start()).rejects.toMatchObject({ code: "RATE_LIMITED" });
    }
    answerWith(() => new Promise(() => {}));
    const abort = new AbortController();
    const started = connector.start({ signal: abort.signal });
    await settle();
    abort.abort();
    await expectAborted(started);
    expect(openClients()).toBe(0);
    expect(listenersOf(abort.signal)).toBe(0);
    expect(time.pending).toBe(0);
  });
});
