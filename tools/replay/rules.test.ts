// What each venue's sequence record makes of lost, repeated and late frames, on frames made up for it.
import { describe, expect, test } from "vitest";
import { type PrintedLine, replay } from "./replay-in-process.ts";

/** Plays frames as the lines 0, 1, 2, … of a recording; a frame that is an array `[url, body]` is a REST answer. */
async function play(venue: string, frames: readonly unknown[]): Promise<Record<string, PrintedLine>> {
  const lines = frames.map((frame, n) => {
    const [url, body] = Array.isArray(frame) ? frame : ["wss://venue.example", frame];
    return { n, ts: n, dir: Array.isArray(frame) ? "http" : "recv", url, raw: JSON.stringify(body) };
  });
  const text = lines.map((line) => JSON.stringify(line)).join("\n");
  const files = new Map([["recording/depth.jsonl", text]]);
  const written = await replay("recording", ["--venue", venue], files);
  expect(written.filter(({ type }) => type === "problem")).toEqual([]);
  return Object.fromEntries(written.map((line) => [line.exchangeSymbol, line]));
}

describe("gate", () => {
  const snapshot = (id: number) => [
    "https://api.gateio.ws/api/v4/spot/order_book?currency_pair=A_B&with_id=true",
    { id, asks: [["9", "1"]], bids: [["8", "1"]] },
  ];
  const diff = (U: number, u: number) => ({
    channel: "spot.order_book_update",
    event: "update",
    result: { t: 1, s: "A_B", U, u, b: [[String(u / 1000), "1"]], a: [] },
  });

  test("diffs that the snapshot has are dropped, the one that spans it is applied", async () => {
    const { A_B } = await play("gate", [diff(9, 10), diff(11, 12), snapshot(11), diff(13, 13)]);
    expect(A_B).toMatchObject({ state: "live", dropped: 1, applied: 2, firstFaultAtN: null });
  });

  test("a hole is noticed by the diff after it, and the next snapshot heals it", async () => {
    const frames = [diff(10, 10), snapshot(10), diff(11, 11), diff(13, 13)];
    expect((await play("gate", frames)).A_B).toMatchObject({ state: "resyncing", firstFaultAtN: 3 });
    const healed = await play("gate", [...frames, snapshot(13), diff(14, 14)]);
    expect(healed.A_B).toMatchObject({ state: "live", firstFaultAtN: 3 });
  });

  const full = (u: number) => ({
    channel: "spot.obu",
    event: "update",
    result: { t: 1, full: true, s: "ob.A_B.50", u, b: [["8", "1"]], a: [["9", "1"]] },
  });
  const change = (U: number, u: number) => ({
    channel: "spot.obu",
    event: "update",
    result: { t: 1, s: "ob.A_B.50", U, u, b: [[String(u / 1000), "1"]] },
  });

  test("a full push of obu replaces the book at any time", async () => {
    const { A_B } = await play("gate-order-book-v2", [full(10), change(11, 12), full(20), change(21, 21)]);
    expect(A_B).toMatchObject({ state: "live", bids: 2, firstFaultAtN: null });
  });

  test("a hole in obu lasts until a full push", async () => {
    const frames = [full(10), change(12, 12), change(13, 13)];
    const broken = await play("gate-order-book-v2", frames);
    expect(broken.A_B).toMatchObject({ state: "resyncing", firstFaultAtN: 1 });
    const healed = await play("gate-order-book-v2", [...frames, full(13), change(14, 14)]);
    expect(healed.A_B).toMatchObject({ state: "live", firstFaultAtN: 1, bids: 2 });
  });
});

describe("bitget", () => {
  const arg = { instType: "SPOT", channel: "books", instId: "A" };
  const row = (side: string, ids: object) => [
    { asks: [[side, "1.0"]], bids: [], checksum: 0, ts: "1", ...ids },
  ];

  test("v2: an update that is not newer changes nothing", async () => {
    const frames = [
      { action: "snapshot", arg, data: row("9.00", { seq: 10 }) },
      { action: "update", arg, data: row("9.10", { seq: 15 }) },
      { action: "update", arg, data: row("9.20", { seq: 15 }) },
    ];
    expect((await play("bitget", frames))["SPOT:A"]).toMatchObject({ asks: 2, applied: 1, dropped: 1 });
  });

  test("v3: an update whose predecessor is another one is a hole", async () => {
    const frames = [
      { action: "snapshot", arg, data: row("9.00", { seq: 10, pseq: 0 }) },
      { action: "update", arg, data: row("9.10", { seq: 15, pseq: 10 }) },
      { action: "update", arg, data: row("9.20", { seq: 20, pseq: 16 }) },
    ];
    expect((await play("bitget-unified", frames))["SPOT:A"]).toMatchObject({ applied: 1, firstFaultAtN: 2 });
  });

  test("the checksum counts the digits that the venue writes", async () => {
    // CRC-32 of "8.50:2.0:9.00:1.0"
    const data = (checksum: number) => [
      { asks: [["9.00", "1.0"]], bids: [["8.50", "2.0"]], checksum, ts: "1" },
    ];
    const right = await play("bitget", [{ action: "snapshot", arg, data: data(-2133944331) }]);
    expect(right["SPOT:A"]).toMatchObject({ state: "live", firstFaultAtN: null });
    const wrong = await play("bitget", [{ action: "snapshot", arg, data: data(-2133944330) }]);
    expect(wrong["SPOT:A"]).toMatchObject({ firstFaultAtN: 0 });
  });
});

describe("deribit", () => {
  const book = (data: object) => ({
    method: "subscription",
    params: { channel: "book.A.raw", data: { instrument_name: "A", timestamp: 1, bids: [], ...data } },
  });

  test("a change that names another predecessor is a hole", async () => {
    const frames = [
      book({ type: "snapshot", change_id: 10, asks: [["new", 9, 1]] }),
      book({ type: "change", prev_change_id: 10, change_id: 15, asks: [["new", 10, 1]] }),
      book({ type: "change", prev_change_id: 16, change_id: 17, asks: [["delete", 9, 0]] }),
    ];
    expect((await play("deribit", frames)).A).toMatchObject({ asks: 2, firstFaultAtN: 2 });
  });

  test("the frames of a grouped channel follow nothing", async () => {
    const frames = [book({ change_id: 10, asks: [[9, 1]] }), book({ change_id: 30, asks: [[9.5, 1]] })];
    expect((await play("deribit", frames)).A).toMatchObject({ state: "live", asks: 1, firstFaultAtN: null });
  });
});

describe("bitmex", () => {
  const table = (action: string, ...data: object[]) => ({
    table: "orderBookL2",
    action,
    data: data.map((row) => ({ symbol: "A", side: "Buy", ...row })),
  });
  const partial = table("partial", { id: 1, size: 5, price: 100 });

  test("an id may come back at another price", async () => {
    const frames = [partial, table("delete", { id: 1 }), table("insert", { id: 1, size: 5, price: 99 })];
    expect((await play("bitmex", frames)).A).toMatchObject({ state: "live", bids: 1, firstFaultAtN: null });
  });

  test("what comes before the partial is ignored", async () => {
    const { A } = await play("bitmex", [table("update", { id: 7, size: 1 }), partial]);
    expect(A).toMatchObject({ state: "live", firstFaultAtN: null });
  });

  test.each(["update", "delete"])(
    "%s of an id that no row has brought is a hole, price or not",
    async (action) => {
      for (const row of [
        { id: 2, size: 1 },
        { id: 2, size: 1, price: 99 },
      ]) {
        const frames = [partial, table(action, row)];
        expect((await play("bitmex", frames)).A).toMatchObject({ state: "resyncing", firstFaultAtN: 1 });
        expect((await play("bitmex", [...frames, partial])).A).toMatchObject({ state: "live", bids: 1 });
      }
    },
  );
});

test("bitstamp: what is older than the snapshot is dropped, whenever it comes", async () => {
  const diff = (microtimestamp: string, price: string) => ({
    event: "data",
    channel: "diff_order_book_abc",
    data: { microtimestamp, bids: [[price, "1"]], asks: [] },
  });
  const snapshot = [
    "https://www.bitstamp.net/api/v2/order_book/abc",
    { microtimestamp: "1700000000000005", bids: [["1", "1"]], asks: [] },
  ];
  const frames = [
    diff("1700000000000004", "2"),
    snapshot,
    diff("1700000000000005", "3"),
    diff("1700000000000006", "4"),
  ];
  expect((await play("bitstamp", frames)).abc).toMatchObject({
    state: "live",
    bids: 2,
    applied: 1,
    dropped: 2,
  });
});

test("gemini: another snapshot replaces the book", async () => {
  const frame = (price: string, isSnapshot: boolean) => ({
    type: "l2_updates",
    symbol: "A",
    changes: [["buy", price, "1"]],
    ...(isSnapshot && { trades: [] }),
  });
  const frames = [frame("1", true), frame("2", false), frame("3", true), frame("4", false)];
  expect((await play("gemini", frames)).A).toMatchObject({ state: "live", bids: 2, applied: 2 });
});

describe("counts of a connection", () => {
  test("coinbase: a message lost from any channel is a hole in every book", async () => {
    const event = (sequence_num: number, type: string, product_id: string) => ({
      channel: "l2_data",
      sequence_num,
      events: [{ type, product_id, updates: [{ side: "bid", price_level: "1", new_quantity: "1" }] }],
    });
    const heartbeat = { channel: "heartbeats", sequence_num: 2, events: [] };
    const books = [event(0, "snapshot", "A"), event(1, "snapshot", "B")];
    const whole = await play("coinbase-exchange", [...books, heartbeat, event(3, "update", "A")]);
    expect(whole).toMatchObject({ A: { firstFaultAtN: null }, B: { firstFaultAtN: null } });
    const broken = await play("coinbase-exchange", [...books, event(3, "update", "A")]);
    expect(broken).toMatchObject({ A: { firstFaultAtN: 2 }, B: { firstFaultAtN: 2 } });
  });

  test("dydx: the same, and its books may be crossed", async () => {
    const message = { channel: "v4_orderbook", id: "A" };
    const frames = [
      { type: "connected", message_id: 0 },
      {
        type: "subscribed",
        message_id: 1,
        ...message,
        contents: { bids: [{ price: "5", size: "1" }], asks: [] },
      },
      { type: "channel_data", message_id: 2, ...message, contents: { asks: [["4", "1"]] } },
    ];
    expect((await play("dydx-v4", frames)).A).toMatchObject({ state: "live", firstFaultAtN: null, asks: 1 });
    const later = { type: "channel_data", message_id: 4, ...message, contents: { asks: [["6", "1"]] } };
    expect((await play("dydx-v4", [...frames, later])).A).toMatchObject({ firstFaultAtN: 3, asks: 1 });
  });
});

test("kraken-futures: numbers go up by 1, and repeated frames change nothing", async () => {
  const level = { price: 9, qty: 1 };
  const snapshot = { feed: "book_snapshot", product_id: "A", seq: 10, bids: [], asks: [level] };
  const diff = (seq: number, price: number) => ({
    feed: "book",
    product_id: "A",
    side: "sell",
    seq,
    price,
    qty: 1,
  });
  const frames = [snapshot, diff(11, 10), diff(11, 11), diff(13, 12)];
  expect((await play("kraken-futures", frames)).A).toMatchObject({
    asks: 2,
    applied: 1,
    dropped: 1,
    firstFaultAtN: 3,
  });
});

test("hyperliquid: of two snapshots the newer one counts", async () => {
  const book = (time: number, bids: number) => ({
    channel: "l2Book",
    data: {
      coin: "A",
      time,
      levels: [Array.from({ length: bids }, (_, at) => ({ px: `${9 - at}`, sz: "1", n: 1 })), []],
    },
  });
  expect((await play("hyperliquid", [book(5, 1), book(7, 2), book(6, 3)])).A).toMatchObject({
    bids: 2,
    dropped: 1,
  });
});
