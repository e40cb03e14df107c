import { channel, tracingChannel } from "node:diagnostics_channel";
import { afterEach, describe, expect, it } from "vitest";
import { type RestTrace, TRACE_CHANNELS } from "../../src/tracing/index.js";
import { createFakeVenue } from "../support/fake-venue.js";

const BTC = { tradingPairs: ["BTC-USDT"] };
const diff = (previous: number, id: number): string =>
  JSON.stringify({ s: "BTCUSDT", previous, id, bids: [], asks: [] });

let end: (() => void)[] = [];
afterEach(() => {
  for (const unsubscribe of end) unsubscribe();
  end = [];
});

/** What is told on a channel from now on. */
function listen(name: string): unknown[] {
  const told: unknown[] = [];
  const onMessage = (message: unknown): void => void told.push(message);
  channel(name).subscribe(onMessage);
  end.push(() => channel(name).unsubscribe(onMessage));
  return told;
}

/** What is told of REST calls: the moment and a copy of the message as it was then. */
function listenToRest(): [string, RestTrace][] {
  const told: [string, RestTrace][] = [];
  const note = (moment: string) => (message: unknown) => {
    // as: the channel's one kind of message.
    told.push([moment, { ...(message as RestTrace) }]);
  };
  const handlers = {
    start: note("start"),
    end: note("end"),
    asyncStart: note("asyncStart"),
    asyncEnd: note("asyncEnd"),
    error: note("error"),
  };
  const rest = tracingChannel(TRACE_CHANNELS.rest);
  rest.subscribe(handlers);
  end.push(() => void rest.unsubscribe(handlers));
  return told;
}

describe("REST calls", () => {
  it("are told from beginning to end, without query and answer", async () => {
    const { host, plugin, answerWith, respond } = createFakeVenue();
    const connector = host.create(plugin);
    await connector.start();
    const told = listenToRest();
    answerWith(() => respond(200, [{ secret: "s3cr3t" }]));
    await connector.fetchLastTradedPrices();
    expect(told.map(([moment]) => moment)).toEqual(["start", "end", "asyncStart", "asyncEnd"]);
    const call = { venue: "fake", method: "GET", path: "/prices", lane: "query", tradingPair: undefined };
    expect(told[0]?.[1]).toEqual({
      ...call,
      queuedMs: undefined,
      durationMs: undefined,
      status: undefined,
      errorCode: undefined,
    });
    expect(told.at(-1)?.[1]).toEqual({
      ...call,
      queuedMs: 0,
      durationMs: 0,
      status: 200,
      errorCode: undefined,
    });
    await connector.stop();
  });

  it("are told to have failed, by a code", async () => {
    const { host, plugin, answerWith, respond } = createFakeVenue();
    const connector = host.create(plugin);
    await connector.start();
    const told = listenToRest();
    answerWith(() => respond(500));
    await expect(connector.checkNetwork()).rejects.toBeDefined();
    expect(told.map(([moment]) => moment)).toEqual(["start", "end", "error", "asyncStart", "asyncEnd"]);
    expect(told.at(-1)?.[1]).toMatchObject({ path: "/ping", status: 500, errorCode: "VENUE_UNAVAILABLE" });
    await connector.stop();
  });

  it("say nothing of what stands in a query, even where it stands in the path", async () => {
    const { host, plugin } = createFakeVenue();
    const create = plugin.create;
    const signed = {
      ...plugin,
      create: (options: unknown) => {
        const definition = create(options as never);
        return {
          ...definition,
          networkCheck: { ...definition.networkCheck, path: "/ping?signature=s3cr3t\n&x" },
        };
      },
    };
    const connector = host.create(signed);
    await connector.start();
    const told = listenToRest();
    await connector.checkNetwork();
    expect(told.at(-1)?.[1].path).toBe("/ping");
    expect(JSON.stringify(told)).not.toContain("s3cr3t");
    await connector.stop();
  });
});

describe("connections and books", () => {
  it("are told of as they change", async () => {
    const sockets = listen(TRACE_CHANNELS.socket);
    const resyncs = listen(TRACE_CHANNELS.resync);
    const { time, host, plugin, webSocket, openStream } = createFakeVenue();
    const connector = host.create(plugin, BTC);
    await connector.start();
    await time.advance(0);
    await openStream();
    webSocket.last.receive(diff(5, 20));
    await connector.whenReady();
    webSocket.last.end();
    await time.advance(1_000);
    await openStream();
    webSocket.last.receive(diff(5, 20));
    await connector.whenReady();
    await connector.stop();
    const of = { connector: "fake", environment: "live" };
    const socket = { ...of, connectionId: "stream-1", route: "stream" };
    const quiet = { reason: undefined, errorCode: undefined, delayMs: undefined };
    expect(sockets).toEqual([
      { event: "dial", ...socket, ...quiet },
      { event: "open", ...socket, ...quiet },
      {
        event: "down",
        ...socket,
        reason: "closed",
        errorCode: "NETWORK_CLOSED",
        delayMs: expect.any(Number),
      },
      { event: "dial", ...socket, ...quiet },
      { event: "open", ...socket, ...quiet },
      { event: "close", ...socket, ...quiet },
    ]);
    expect(resyncs).toEqual([
      { event: "begin", ...of, tradingPair: "BTC-USDT", fault: "disconnected" },
      { event: "end", ...of, tradingPair: "BTC-USDT", fault: undefined },
      // Stopped, the book is no longer kept up.
      { event: "begin", ...of, tradingPair: "BTC-USDT", fault: "disconnected" },
    ]);
  });
});

describe("without listeners", () => {
  it("makes no message", async () => {
    const { host, plugin } = createFakeVenue();
    let reads = 0;
    const counted = {
      ...plugin,
      create: (options: unknown) => {
        const definition = plugin.create(options as never);
        const networkCheck = {
          ...definition.networkCheck,
          get path() {
            reads += 1;
            return "/ping";
          },
        };
        return { ...definition, networkCheck };
      },
    };
    const connector = host.create(counted);
    await connector.start();
    await connector.checkNetwork();
    // By the request itself.
    const quiet = reads;
    listenToRest();
    await connector.checkNetwork();
    expect(reads - quiet).toBe(quiet + 1);
    await connector.stop();
  });
});
