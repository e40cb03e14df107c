import { createDefaultPorts } from "@conn/core";
import { afterEach, describe, expect, it } from "vitest";
import { type BinancePerpetualSimulator, startSimulator } from "../../src/simulator/index.js";
import { createNaiveBook } from "./support/naive-book.js";

let simulator: BinancePerpetualSimulator | undefined;
const sockets: WebSocket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.close();
  await simulator?.close();
});

const start = async (options: Partial<Parameters<typeof startSimulator>[0]> = {}) => {
  simulator = await startSimulator({
    ports: createDefaultPorts(),
    depthIntervalMs: 10,
    eventsPerSecond: 200,
    levels: 50,
    ...options,
  });
  return simulator;
};

/** Opens a WebSocket of Node itself. */
async function open(url: string, onText: (text: string) => void = () => {}): Promise<WebSocket> {
  const socket = new WebSocket(url);
  sockets.push(socket);
  socket.addEventListener("message", ({ data }) => onText(String(data)));
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener("open", () => resolve());
    socket.addEventListener("error", () => reject(new Error(`cannot open ${url}`)));
  });
  return socket;
}

describe("the simulator on real sockets", () => {
  it("tells its URLs and answers REST", async () => {
    const { urls, log } = await start();
    expect(Object.keys(urls)).toEqual(["rest", "public", "market", "private", "wallet"]);
    const response = await fetch(`${urls.rest}/fapi/v1/exchangeInfo`);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(response.headers.get("x-mbx-used-weight-1m")).toBe("1");
    expect(((await response.json()) as { symbols: unknown[] }).symbols.length).toBeGreaterThan(8);
    expect(log.weightUsed("127.0.0.1")).toBe(1);
    expect((await fetch(`${urls.rest}/nothing`)).status).toBe(404);
  });

  it("keeps an independent client's book equal to its own", async () => {
    const { urls, machine, faults } = await start();
    const book = createNaiveBook();
    let checks = 0;
    await open(`${urls.public}/ws/btcusdt@depth@100ms`, (text) => {
      book.onEvent(JSON.parse(text));
      if (!book.live) return;
      const truth = machine.bookAt("BTCUSDT", book.lastUpdateId!)!;
      expect(book.book()).toEqual({ bids: truth.bids, asks: truth.asks });
      checks++;
    });
    const synchronize = async (): Promise<void> => {
      const response = await fetch(`${urls.rest}/fapi/v1/depth?symbol=BTCUSDT&limit=1000`);
      book.onSnapshot(await response.json());
    };
    await expect
      .poll(async () => {
        if (!book.live) await synchronize();
        return checks;
      })
      .toBeGreaterThan(20);
    faults.lose({ kind: "depth", symbol: "BTCUSDT" }, 3);
    await expect.poll(() => book.gaps).toBe(1);
    const before = checks;
    await expect
      .poll(async () => {
        if (!book.live) await synchronize();
        return checks - before;
      })
      .toBeGreaterThan(10);
  });

  it("serves both routes, answers pings and closes on command", async () => {
    const { urls, faults, log } = await start();
    const events = new Set<string>();
    const note = (text: string): void => {
      events.add(JSON.parse(text).data?.e ?? "ack");
    };
    const market = await open(`${urls.market}/stream?streams=btcusdt@aggTrade/btcusdt@markPrice@1s`, note);
    const publicSocket = await open(`${urls.public}/stream`, note);
    publicSocket.send('{"method":"SUBSCRIBE","params":["btcusdt@bookTicker","btcusdt@trade"],"id":1}');
    await expect
      .poll(() => [...events].sort(), { timeout: 5000 })
      .toEqual(["ack", "aggTrade", "bookTicker", "markPriceUpdate", "trade"]);
    expect(log.connections.map(({ route }) => route)).toEqual(["market", "public"]);
    expect(log.clientFrames).toMatchObject([
      { kind: "subscribe", streams: ["btcusdt@bookTicker", "btcusdt@trade"] },
    ]);
    const closed = new Promise<number>((resolve) =>
      market.addEventListener("close", ({ code }) => resolve(code)),
    );
    faults.drop({ route: "market" }, { code: 1001 });
    expect(await closed).toBe(1001);
  });

  it("has a clock of its own", async () => {
    const { urls } = await start({ clockSkewMs: 5 * 60_000 });
    const { serverTime } = (await (await fetch(`${urls.rest}/fapi/v1/time`)).json()) as {
      serverTime: number;
    };
    const ahead = serverTime - Date.now();
    expect(Math.abs(ahead - 5 * 60_000)).toBeLessThan(2000);
  });
});
