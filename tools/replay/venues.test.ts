// What recordings do not show of a venue's rules.
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { expect, test } from "vitest";
import { type PrintedLine, replay } from "./replay-in-process.ts";

type Frame = object | string;

/** Plays frames of a venue as lines 0, 1, 2, …; the book of `symbol` at the end. */
async function play(
  venue: string,
  symbol: string,
  frames: readonly Frame[],
): Promise<PrintedLine & { readonly problems: number }> {
  const depth = frames.map((frame, n) => {
    const raw = typeof frame === "string" ? frame : JSON.stringify(frame);
    return JSON.stringify({ n, ts: n, dir: "recv", url: null, raw });
  });
  const files = new Map([["synthetic/depth.jsonl", depth.join("\n")]]);
  const lines = await replay("synthetic", ["--venue", venue], files);
  const book = lines.find(({ type, exchangeSymbol }) => type === "book" && exchangeSymbol === symbol);
  if (book === undefined) throw new Error(`no book of ${symbol}`);
  return { ...book, problems: lines.filter(({ type }) => type === "problem").length };
}

function hashOf(...levels: string[]): string {
  return createHash("sha256").update(levels.join("\n")).digest("hex");
}

const TRUSTED = { state: "live", firstFaultAtN: null, problems: 0 };

test("Binance: a frame without its stream's name is read, another event is passed over", async () => {
  const symbol = "BTCUSDT";
  const event = { e: "depthUpdate", E: 1, T: 1, s: symbol, U: 1, u: 2, pu: 0, b: [["1", "1"]], a: [] };
  const trade = { e: "aggTrade", E: 1, a: 1, s: symbol, p: "1", q: "1", T: 1, m: true };
  const book = await play("binance-usdm", symbol, [
    event,
    trade,
    { stream: "x", data: trade },
    { result: null, id: 1 },
  ]);
  expect(book).toMatchObject({ state: "awaitingSnapshot", firstFaultAtN: null, problems: 0 });
});

test("Bybit: a snapshot with u = 1 begins a new count", async () => {
  const topic = "orderbook.50.BTCUSDT";
  const frame = (type: string, u: number, b: string[][]): object => ({
    topic,
    type,
    ts: 1,
    data: { s: "BTCUSDT", b, a: [], u, seq: 1 },
  });
  const frames = [
    { success: true, op: "subscribe" },
    { topic: "publicTrade.BTCUSDT", type: "snapshot", ts: 1, data: [{ p: "1" }] },
    frame("snapshot", 500, [["2", "1"]]),
    frame("delta", 501, [["3", "1"]]),
    frame("snapshot", 1, [["4", "1"]]),
    frame("delta", 2, [
      ["5", "1"],
      ["4", "0"],
    ]),
  ];
  expect(await play("bybit", topic, frames)).toMatchObject({ ...TRUSTED, sha256: hashOf("b|5|1") });
  expect(await play("bybit", topic, [...frames, frame("delta", 4, [])])).toMatchObject({
    state: "resyncing",
    firstFaultAtN: 6,
  });
});

test("Kraken: levels beyond the subscribed depth are forgotten, and the checksum is over the rest", async () => {
  const bids = [
    "1.05000",
    "1.04000",
    "1.03000",
    "1.02000",
    "1.01000",
    "1.00000",
    "0.99000",
    "0.98000",
    "0.97000",
    "0.05000",
  ];
  const amount = "0.01000000";
  const level = (price: string): string[] => [price, amount, "1.5"];
  const text = (prices: readonly string[]): string =>
    prices.map((price) => `${price.replace(".", "").replace(/^0+/, "")}1000000`).join("");
  const after = ["1.06000", ...bids.slice(0, 9)];
  const update = (checksum: number): Frame => [
    1,
    { b: [level("1.06000")], c: String(checksum) },
    "book-10",
    "XBT/USD",
  ];
  const frames = [
    { event: "heartbeat" },
    [1, { as: [], bs: bids.map(level) }, "book-10", "XBT/USD"],
    update(crc32(text(after))),
  ];
  expect(await play("kraken", "XBT/USD", frames)).toMatchObject({ ...TRUSTED, bids: 10 });
  frames[2] = update(crc32(text(["1.06000", ...bids])));
  expect(await play("kraken", "XBT/USD", frames)).toMatchObject({ state: "resyncing", firstFaultAtN: 2 });
});

test("KuCoin: a price of 0 moves only the sequence, data of other topics are passed over", async () => {
  const frame = (start: number, end: number, asks: string[][]): object => ({
    type: "message",
    topic: "/market/level2:BTC-USDT",
    subject: "trade.l2update",
    data: { symbol: "BTC-USDT", sequenceStart: start, sequenceEnd: end, changes: { asks, bids: [] } },
  });
  const frames = [
    { id: "1", type: "welcome" },
    { type: "message", data: { symbol: "BTC-USDT", price: "1" } },
  ];
  const book = await play("kucoin", "BTC-USDT", [...frames, frame(5, 5, [["0", "0", "5"]]), frame(6, 9, [])]);
  expect(book).toMatchObject({ state: "awaitingSnapshot", firstFaultAtN: null, problems: 0 });
});

test("OKX: ids link the frames, keep-alives and a step back included; a checksum of 0 means nothing", async () => {
  const frame = (action: string, prevSeqId: number, seqId: number, bids: string[][]): object => ({
    arg: { channel: "books", instId: "BTC-USDT" },
    action,
    data: [{ asks: [], bids, ts: "1", checksum: 0, prevSeqId, seqId }],
  });
  const frames = [
    { event: "subscribe", arg: { channel: "books", instId: "BTC-USDT" }, connId: "1" },
    frame("snapshot", -1, 100, [["1", "1", "0", "1"]]),
    "pong",
    frame("update", 100, 130, [["2", "1", "0", "1"]]),
    frame("update", 130, 130, []),
    frame("update", 130, 7, [["1", "0", "0", "0"]]),
    frame("update", 7, 9, [["3", "1", "0", "1"]]),
  ];
  expect(await play("okx", "BTC-USDT", frames)).toMatchObject({
    ...TRUSTED,
    sha256: hashOf("b|3|1", "b|2|1"),
  });
  expect(await play("okx", "BTC-USDT", [...frames, frame("update", 10, 11, [])])).toMatchObject({
    state: "resyncing",
    firstFaultAtN: 7,
  });
});

test("crypto.com: a book that is older than the one held is dropped", async () => {
  const frame = (t: number, price: string): string =>
    `{"code":0,"method":"subscribe","result":{"instrument_name":"A_B","channel":"book","data":[{"bids":[[${price},1e2,1]],"asks":[],"t":${t}}]}}`;
  const frames = [
    '{"id":1,"method":"public/heartbeat"}',
    frame(5, "1.10"),
    frame(7, "1.30"),
    frame(6, "1.20"),
  ];
  expect(await play("crypto-com", "A_B", frames)).toMatchObject({ ...TRUSTED, sha256: hashOf("b|1.3|100") });
});

test.each([
  ["binance-spot", '{"e":"depthUpdate","s":"A","u":1,"b":[],"a":[]}'],
  ["bybit", '{"topic":"orderbook.1.A","type":"other","data":{"b":[],"a":[],"u":1}}'],
  ["crypto-com", '{"result":{"channel":"book","data":[]}}'],
  ["kraken", '[1,{"a":[["-1","1"]]},"book-10","A/B"]'],
  ["kraken", '[1,{"a":[]},"trade","A/B"]'],
  ["kucoin", '{"data":{"symbol":"A","changes":{"bids":[],"asks":[]}}}'],
  ["okx", '{"arg":{"channel":"books","instId":"A"},"data":[{"bids":[],"asks":[]}]}'],
])("%s: a frame that is not as documented is a problem: %s", async (venue, raw) => {
  const line = JSON.stringify({ n: 1, ts: 1, dir: "recv", url: null, raw });
  const lines = await replay("synthetic", ["--venue", venue], new Map([["synthetic/depth.jsonl", line]]));
  expect(lines).toMatchObject([{ type: "problem" }]);
});
