import { createDefaultPorts } from "@conn/core";
import { afterEach, describe, expect, it } from "vitest";
import { type CryptoComSimulator, startSimulator } from "../../src/simulator/index.js";
import { createNaiveBook } from "./support/naive-book.js";
import { deltas, type Json, readJson } from "./support/rig.js";

let simulator: CryptoComSimulator | undefined;
const sockets: WebSocket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.close();
  await simulator?.close();
});

const start = async (options: Partial<Parameters<typeof startSimulator>[0]> = {}) => {
  simulator = await startSimulator({
    ports: createDefaultPorts(),
    eventsPerSecond: 200,
    levels: 60,
    // Tests do not wait: what the venue is slow with is quick, and the first second has its whole limit.
    limits: { snapshotDelayMs: 20, messagesPerSecond: 1_000_000 },
    ...options,
  });
  return simulator;
};

/** Opens a WebSocket of Node itself. */
async function open(url: string, onFrame: (frame: Json) => void = () => {}): Promise<WebSocket> {
  const socket = new WebSocket(url);
  sockets.push(socket);
  socket.addEventListener("message", ({ data }) => onFrame(readJson(String(data))));
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener("open", () => resolve());
    socket.addEventListener("error", () => reject(new Error(`cannot open ${url}`)));
  });
  return socket;
}

describe("the simulator on real sockets", () => {
  it("tells its URLs and answers REST", async () => {
    const { urls, log } = await start();
    expect(urls).toEqual({
      rest: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/exchange\/v1$/),
      market: expect.stringMatching(/^ws:\/\/127\.0\.0\.1:\d+\/exchange\/v1\/market$/),
      user: expect.stringMatching(/^ws:\/\/127\.0\.0\.1:\d+\/exchange\/v1\/user$/),
    });
    const response = await fetch(`${urls.rest}/public/get-instruments`);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(((await response.json()) as Json).result.data.length).toBeGreaterThan(6);
    expect(log.weightUsed("127.0.0.1")).toBeLessThanOrEqual(1);
    expect((await fetch(`${urls.rest}/nothing`)).status).toBe(404);
  });

  it("keeps an independent client's book equal to its own, and lets it find what is lost", async () => {
    const { urls, machine, faults } = await start();
    let id = 0;
    const subscribe = (): void =>
      socket.send(
        JSON.stringify({
          id: ++id,
          method: "subscribe",
          params: { channels: ["book.BTC_USDT.10"], ...deltas(10) },
        }),
      );
    const book = createNaiveBook(subscribe);
    let checks = 0;
    const socket = await open(urls.market, (frame) => {
      if (frame.result === undefined) return;
      book.onFrame(frame);
      if (!book.live) return;
      const truth = machine.bookAt("BTC_USDT", BigInt(book.lastUpdateId!))!;
      expect(book.book()).toEqual({ bids: truth.bids.slice(0, 10), asks: truth.asks.slice(0, 10) });
      checks++;
    });
    subscribe();
    await expect.poll(() => checks).toBeGreaterThan(20);
    faults.lose({ kind: "book.update", stream: "book.BTC_USDT.10" });
    await expect.poll(() => book.gaps).toBe(1);
    const before = checks;
    await expect.poll(() => checks - before).toBeGreaterThan(10);
    expect(book.gaps).toBe(1);
  });

  it("refuses, limits, closes and falls silent on command", async () => {
    const { urls, faults, log } = await start();
    faults.rateLimit({ retryAfterMs: 60_000 }, { kind: "/exchange/v1/public/get-tickers" });
    const limited = await fetch(`${urls.rest}/public/get-tickers`);
    expect([limited.status, ((await limited.json()) as Json).code]).toEqual([429, 42901]);

    const frames: Json[] = [];
    const socket = await open(urls.market, (frame) => frames.push(frame));
    const subscribe = (id: number, channel: string): void =>
      socket.send(JSON.stringify({ id, method: "subscribe", params: { channels: [channel] } }));
    faults.rejectSubscription({ symbol: "ETH_USDT" }, { code: 40003, message: "Unknown symbol" });
    subscribe(1, "book.ETH_USDT.10");
    subscribe(2, "ticker.CRO_USD");
    await expect.poll(() => frames.length).toBeGreaterThanOrEqual(2);
    expect(frames.slice(0, 2)).toMatchObject([
      { id: 1, code: 40003, channel: "book.ETH_USDT.10", message: "Unknown symbol" },
      { id: 2, code: 0, result: { channel: "ticker" } },
    ]);
    expect(log.connections).toMatchObject([{ route: "market" }]);
    expect(log.clientFrames).toMatchObject([
      { kind: "subscribe", streams: ["book.ETH_USDT.10"] },
      { kind: "subscribe", streams: ["ticker.CRO_USD"] },
    ]);
    const silence = faults.silence({ route: "market" });
    subscribe(3, "trade.CRO_USD");
    silence.cancel();
    const closed = new Promise<number>((resolve) =>
      socket.addEventListener("close", ({ code }) => resolve(code)),
    );
    faults.drop({ route: "market" }, { code: 1013 });
    expect(await closed).toBe(1013);
  });

  it("closes with 1000 whoever does not answer heartbeats, by real timers", async () => {
    const { urls } = await start({ limits: { heartbeatIntervalMs: 60, heartbeatTimeoutMs: 40 } });
    const answered: number[] = [];
    const good = await open(urls.market, (frame) => {
      if (frame.method !== "public/heartbeat") return;
      answered.push(frame.id);
      good.send(JSON.stringify({ id: frame.id, method: "public/respond-heartbeat" }));
    });
    const bad = await open(urls.market);
    const closed = new Promise<number>((resolve) =>
      bad.addEventListener("close", ({ code }) => resolve(code)),
    );
    expect(await closed).toBe(1000);
    await expect.poll(() => answered.length).toBeGreaterThan(5);
    expect(good.readyState).toBe(WebSocket.OPEN);
  });
});
