import { describe, expect, it } from "vitest";
import { createRig, deltas, type Json } from "./support/rig.js";

const BTC = "BTC_USDT";
const BOOK = `book.${BTC}.50`;

/** A frame that subscribes. */
const subscribe = (id: unknown, channels: unknown, params: Json = {}): Json => ({
  id,
  method: "subscribe",
  params: { channels, ...params },
  nonce: 1_790_000_000_000,
});

describe("answers to subscriptions", () => {
  it("acknowledge each book for itself; trades and tickers answer with their first data", () => {
    const rig = createRig();
    const socket = rig.dial();
    const answers = rig.send(
      socket,
      subscribe(7, [BOOK, `trade.${BTC}`, "book.ETH_USDT.10", "ticker.CRO_USD"], deltas()),
    );
    expect(answers).toEqual([
      { id: 7, method: "subscribe", code: 0, channel: BOOK },
      { id: 7, method: "subscribe", code: 0, result: expect.objectContaining({ channel: "trade" }) },
      { id: 7, method: "subscribe", code: 0, channel: "book.ETH_USDT.10" },
      { id: 7, method: "subscribe", code: 0, result: expect.objectContaining({ channel: "ticker" }) },
    ]);
    rig.take();
    rig.advance(5000);
    expect(rig.frames(socket).every((one) => one.id === -1)).toBe(true);
  });

  it("are given without a nonce, and with an id that was sent as a text", () => {
    const rig = createRig();
    const socket = rig.dial();
    expect(rig.send(socket, { id: "12", method: "subscribe", params: { channels: [BOOK] } })).toMatchObject([
      { id: 12, code: 0 },
    ]);
  });

  it("keep all digits of an id", () => {
    const rig = createRig();
    const socket = rig.dial();
    rig.take();
    rig.send(socket, `{"id":9223372036854775807,"method":"subscribe","params":{"channels":["${BOOK}"]}}`);
    const [ack] = rig.take();
    expect(ack).toMatchObject({
      text: `{"id":9223372036854775807,"method":"subscribe","code":0,"channel":"${BOOK}"}`,
    });
  });

  it.each([
    ["book.NOPE_USDT.50", {}, "Unknown symbol"],
    ["ticker.NOPE_USDT", {}, "Unknown symbol"],
    [`book.${BTC}.20`, {}, "Invalid depth"],
    [`book.${BTC}`, {}, "Invalid depth"],
    [`book.${BTC}.150`, deltas(), "Unsupported depth/interval combination"],
    [BOOK, { ...deltas(), book_update_frequency: 50 }, "Unsupported depth/interval combination"],
    [BOOK, { ...deltas(), book_update_frequency: 500 }, "Unsupported depth/interval combination"],
    [BOOK, { book_subscription_type: "NOPE" }, "Invalid book_subscription_type"],
    [`nope.${BTC}`, {}, "Unrecognized channel"],
    [`trade.${BTC}.10`, {}, "Unrecognized channel"],
    ["trade", {}, "Unrecognized channel"],
  ])("refuse %s with %o for that channel alone", (channel, params, message) => {
    const rig = createRig();
    const socket = rig.dial();
    const answers = rig.send(socket, subscribe(3, [channel, "ticker.CRO_USD"], params));
    expect(answers).toEqual([
      { id: 3, method: "subscribe", code: 40003, channel, message },
      expect.objectContaining({ id: 3, code: 0 }),
    ]);
    rig.take();
    rig.advance(10_000);
    expect(new Set(rig.frames(socket).map((one) => one.result.subscription))).toEqual(
      new Set(["ticker.CRO_USD"]),
    );
  });

  it("refuse channels beyond the four hundredth, in eight equal frames that name none", () => {
    const rig = createRig({ limits: { channelsPerConnection: 2 } });
    const socket = rig.dial();
    const answers = rig.send(
      socket,
      subscribe(5, [BOOK, "ticker.CRO_USD", `trade.${BTC}`, `book.${BTC}.10`]),
    );
    expect(answers.slice(0, 2).map((one) => one.code)).toEqual([0, 0]);
    expect(answers.slice(2)).toEqual(
      Array(8).fill({ id: 5, method: "subscribe", code: 40107, message: "Maximum subscriptions exceeded" }),
    );
    // What is subscribed already needs no room, and what ends makes some.
    expect(rig.send(socket, subscribe(6, [BOOK]))).toMatchObject([{ code: 0 }]);
    rig.send(socket, { id: 7, method: "unsubscribe", params: { channels: [BOOK] } });
    expect(rig.send(socket, subscribe(8, [`trade.${BTC}`]))).toMatchObject([{ code: 0 }]);
    expect(createRig().dial()).toBeGreaterThan(0);
  });
});

describe("answers to other frames", () => {
  it("end subscriptions with one answer for all, known or not", () => {
    const rig = createRig();
    const socket = rig.dial();
    rig.subscribe(socket, [`trade.${BTC}`, BOOK]);
    const channels = [`trade.${BTC}`, BOOK, "book.LTC_USDT.50"];
    expect(rig.send(socket, { id: 22, method: "unsubscribe", params: { channels } })).toEqual([
      { id: 22, method: "unsubscribe", code: 0 },
    ]);
    rig.take();
    rig.advance(10_000);
    expect(rig.frames(socket)).toEqual([]);
  });

  it("refuse unknown methods, in eight equal frames", () => {
    const rig = createRig();
    const socket = rig.dial();
    expect(rig.send(socket, { id: 4, method: "public/nope", params: {} })).toEqual(
      Array(8).fill({ id: 4, method: "public/nope", code: 40003, message: "No such method" }),
    );
  });

  it("refuse frames without id and method, with -1, ERROR and the frame's text", () => {
    const rig = createRig();
    const socket = rig.dial();
    const text = '{"params":{"channels":["book.\\"x\\".10"]}}';
    expect(rig.send(socket, text)).toEqual([
      { id: -1, method: "ERROR", code: 40003, message: "Invalid request", original: text },
    ]);
    expect(rig.send(socket, { id: 1.5, method: "subscribe", params: { channels: [] } })).toEqual([
      { id: -1, method: "subscribe", code: 40003, message: "Invalid request" },
    ]);
    for (const params of [undefined, null, {}, { channels: BOOK }]) {
      expect(rig.send(socket, { id: 1, method: "subscribe", params })).toMatchObject([{ code: 40003 }]);
    }
  });

  it("are none to what is no JSON object, and the socket stays", () => {
    const rig = createRig();
    const socket = rig.dial();
    for (const garbage of ["this is not json", "", "[]", "null", "7", new Uint8Array([255, 0])]) {
      expect(rig.send(socket, garbage)).toEqual([]);
    }
    expect(rig.send(socket, subscribe(1, [BOOK]))).toHaveLength(1);
    expect(rig.send(socket, new TextEncoder().encode(JSON.stringify(subscribe(2, [BOOK]))))).toHaveLength(1);
  });
});

describe("trades", () => {
  it("begin with the latest fifty, newest first, and go on without hole or repetition", () => {
    const rig = createRig({ eventsPerSecond: 80 });
    const socket = rig.dial();
    rig.advance(20_000);
    const [first] = rig.subscribe(socket, `trade.${BTC}`);
    expect(Object.keys(first.result)).toEqual(["instrument_name", "subscription", "channel", "data"]);
    expect(first.result.data).toHaveLength(50);
    rig.take();
    rig.advance(20_000);
    const frames = rig.frames(socket);
    expect(frames.length).toBeGreaterThan(10);
    const told = [first, ...frames].flatMap((one) => one.result.data.toReversed());
    const truth = rig.machine.tradesOf(BTC).slice(-told.length);
    expect(told.map((one) => ({ ...one }))).toEqual(
      truth.map(({ tradeId, matchId, at, price, amount, takerSide }) => ({
        d: tradeId,
        t: at,
        p: price,
        q: amount,
        s: takerSide.toUpperCase(),
        i: BTC,
        m: matchId,
      })),
    );
    expect(Object.keys(told[0])).toEqual(["d", "t", "p", "q", "s", "i", "m"]);
    const ids = told.map((one) => BigInt(one.d));
    expect(ids.every((id, index) => index === 0 || id > ids[index - 1]!)).toBe(true);
    expect(told.every((one) => one.d.startsWith(String(one.t)) && BigInt(one.m) > 2n ** 62n)).toBe(true);
    // Fills of one taker share their match, their side and their frame.
    const byMatch = Map.groupBy(told, (one) => one.m);
    expect([...byMatch.values()].some((fills) => fills.length > 1)).toBe(true);
    for (const fills of byMatch.values()) {
      expect(new Set(fills.map((one) => `${one.t} ${one.s}`)).size).toBe(1);
    }
    expect(frames.some((one) => one.result.data.length > 1)).toBe(true);
  });

  it("come again from the start to whoever subscribes again", () => {
    const rig = createRig();
    const socket = rig.dial();
    rig.subscribe(socket, `trade.${BTC}`);
    rig.advance(5000);
    rig.take();
    const [again] = rig.subscribe(socket, `trade.${BTC}`);
    expect(again.result.data[0].d).toBe(rig.machine.tradesOf(BTC).at(-1)!.tradeId);
    rig.take();
    rig.advance(5000);
    const ids = rig.frames(socket).flatMap((one) => one.result.data.map((trade: Json) => trade.d));
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe("tickers", () => {
  it("have the venue's fields, and are sent when they change", () => {
    const rig = createRig();
    const socket = rig.dial();
    const [first] = rig.subscribe(socket, `ticker.${BTC}`);
    rig.take();
    rig.advance(15_000);
    const frames = [first, ...rig.frames(socket)];
    expect(frames.length).toBeGreaterThan(20);
    expect(frames.length).toBeLessThanOrEqual(31);
    let previous: Json;
    for (const { result } of frames) {
      const { t, ...ticker } = result.data[0];
      expect(Object.keys(ticker)).toEqual(["h", "l", "a", "c", "b", "bs", "k", "ks", "i", "v", "vv", "oi"]);
      expect(t).toBeGreaterThan(1_789_000_000_000);
      expect(Number(ticker.b)).toBeLessThan(Number(ticker.k));
      expect(Number(ticker.l)).toBeLessThanOrEqual(Number(ticker.a));
      expect(Number(ticker.a)).toBeLessThanOrEqual(Number(ticker.h));
      expect(ticker.v).toMatch(/^\d+\.\d{4}$/);
      expect(ticker.vv).toMatch(/^\d+\.\d{2}$/);
      expect(ticker.c).toMatch(/^-?\d+\.\d{4}$/);
      expect(ticker).not.toEqual(previous);
      previous = ticker;
    }
    const { bids, asks } = rig.machine.bookOf(BTC);
    expect([previous.b, previous.bs]).toEqual(bids[0]);
    expect([previous.k, previous.ks]).toEqual(asks[0]);
    expect(previous.a).toBe(rig.machine.lastPriceOf(BTC));
  });

  it("have null for what is not there", () => {
    const rig = createRig();
    const socket = rig.dial();
    const [halted] = rig.subscribe(socket, "ticker.LUNA_USDT");
    expect(halted.result.data[0]).toMatchObject({ h: null, l: null, a: null, c: null, v: "0", vv: "0" });
    rig.subscribe(socket, `ticker.${BTC}`);
    rig.machine.freeze(BTC);
    rig.advance(500);
    rig.take();
    const rows = rig.machine
      .bookOf(BTC)
      .bids.map(([price]) => ({ side: "bid" as const, price, amount: "0" }));
    rig.machine.publish(BTC, rows);
    rig.advance(500);
    expect(rig.frames(socket)[0].result.data[0]).toMatchObject({ b: null, bs: null, i: BTC });
  });
});
