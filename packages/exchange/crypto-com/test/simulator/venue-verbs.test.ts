import { canonicalNumber, type PublishedRow } from "@conn/simulator";
import { describe, expect, it } from "vitest";
import { DEFAULT_INSTRUMENTS } from "../../src/simulator/index.js";
import { createRig, deltas, type Json } from "./support/rig.js";

const BTC = "BTC_USDT";
const btc = DEFAULT_INSTRUMENTS[0]!;

const listed = (rig: ReturnType<typeof createRig>, symbol: string): Json =>
  rig.get("public/get-instruments").json.result.data.find((one: Json) => one?.symbol === symbol);

describe("changes while the venue runs", () => {
  it("an instrument is listed, and delisted, and listed again: its followers begin anew", () => {
    const rig = createRig();
    const socket = rig.dial();
    rig.machine.addInstrument({ ...btc, exchangeSymbol: "NEW_USDT", baseCurrency: "NEW" });
    rig.advance(10);
    expect(listed(rig, "NEW_USDT")).toMatchObject({ base_ccy: "NEW", tradable: true });
    expect(() => rig.machine.addInstrument({ ...btc, exchangeSymbol: "NEW_USDT" })).toThrow(TypeError);
    rig.subscribe(socket, ["book.NEW_USDT.10", `book.${BTC}.10`, "trade.NEW_USDT"], deltas());
    rig.advance(3000);
    rig.machine.removeInstrument("NEW_USDT");
    rig.advance(10);
    expect(listed(rig, "NEW_USDT")).toBeUndefined();
    expect(rig.get("public/get-book?instrument_name=NEW_USDT").status).toBe(400);
    rig.take();
    rig.advance(10_000);
    expect(new Set(rig.frames(socket).map((one) => one.result.instrument_name))).toEqual(new Set([BTC]));
    rig.machine.addInstrument({ ...btc, exchangeSymbol: "NEW_USDT", baseCurrency: "NEW" });
    rig.advance(5000);
    const again = rig.frames(socket).filter((one) => one.result.instrument_name === "NEW_USDT");
    expect(again.filter((one) => one.result.channel === "book")).toHaveLength(1);
    expect(again.filter((one) => one.result.channel !== "trade")[0].result.channel).toBe("book");
    expect(again.some((one) => one.result.channel === "trade")).toBe(true);
  });

  it("an instrument is renamed: its market goes on under the new symbol, and the old one is gone", () => {
    const rig = createRig();
    const socket = rig.dial();
    rig.subscribe(socket, [`book.${BTC}.10`, `trade.${BTC}`], deltas());
    rig.advance(3000);
    const { lastUpdateId } = rig.machine.bookOf(BTC);
    expect(() => rig.machine.renameInstrument(BTC, "ETH_USDT")).toThrow(TypeError);
    rig.machine.renameInstrument(BTC, "XBT_USDT");
    rig.advance(10);
    rig.take();
    rig.advance(10_000);
    expect(rig.frames(socket)).toEqual([]);
    expect(listed(rig, BTC)).toBeUndefined();
    expect(listed(rig, "XBT_USDT")).toMatchObject({ base_ccy: "BTC", quote_ccy: "USDT" });
    rig.subscribe(socket, "book.XBT_USDT.10", deltas());
    rig.advance(1000);
    const [first] = rig.frames(socket).filter((one) => one.result?.channel === "book");
    expect(first.result.instrument_name).toBe("XBT_USDT");
    expect(BigInt(first.result.data[0].u)).toBeGreaterThan(lastUpdateId);
  });

  it("an instrument stops and resumes; its streams stay", () => {
    const rig = createRig();
    const socket = rig.dial();
    rig.subscribe(socket, [`book.${BTC}.10`, `trade.${BTC}`], deltas());
    rig.advance(3000);
    rig.machine.setTradable(BTC, false);
    rig.advance(200);
    rig.take();
    rig.advance(30_000);
    const quiet = rig.frames(socket);
    expect(quiet).toHaveLength(6);
    expect(quiet.every(({ result }) => result.data[0].u === result.data[0].pu)).toBe(true);
    expect(listed(rig, BTC).tradable).toBe(false);
    expect(rig.machine.listings()).toContainEqual({ symbol: BTC, trading: false });
    rig.machine.setTradable(BTC, true);
    rig.advance(3000);
    expect(rig.frames(socket).length).toBeGreaterThan(10);
    expect(rig.machine.listings()).toContainEqual({ symbol: BTC, trading: true });
  });

  it("what is not tradable from the start has a book that stands still, and no trades", () => {
    const rig = createRig();
    const socket = rig.dial();
    rig.subscribe(socket, ["book.LUNA_USDT.10", "trade.LUNA_USDT"], deltas());
    rig.advance(10_000);
    const frames = rig.frames(socket);
    expect(frames.filter((one) => one.result.channel === "trade").map((one) => one.result.data)).toEqual([
      [],
    ]);
    expect(frames.filter((one) => one.result.channel === "book")).toHaveLength(1);
    expect(rig.machine.tradesOf("LUNA_USDT")).toEqual([]);
    expect(rig.machine.lastPriceOf("LUNA_USDT")).toBeUndefined();
  });

  it("rules change, entries become unreadable, and unreadable ones are added", () => {
    const rig = createRig();
    rig.machine.changeRules(BTC, { priceTickSize: "0.005", quoteDecimals: 3 });
    expect(listed(rig, BTC)).toMatchObject({ price_tick_size: "0.005", quote_decimals: 3 });
    expect(rig.machine.instrumentOf(BTC).priceTickSize).toBe("0.005");
    expect(rig.machine.rulesOf(BTC)).toEqual({
      priceIncrement: "0.005",
      amountIncrement: "0.00001",
      minAmount: "0.00001",
    });
    rig.machine.malformSymbol("ETH_USDT");
    expect(listed(rig, "ETH_USDT")).toMatchObject({ price_tick_size: "a tenth", qty_tick_size: "" });
    rig.machine.addMalformedSymbol('{"symbol":"SHIB_BTC@OEX_HK","inst_type":"CCY_PAIR"}');
    rig.machine.addMalformedSymbol("null");
    expect(rig.get("public/get-instruments").json.result.data.slice(-2)).toEqual([
      { symbol: "SHIB_BTC@OEX_HK", inst_type: "CCY_PAIR" },
      null,
    ]);
  });

  it("tell the one who runs the machine that something is due", () => {
    const rig = createRig();
    rig.dial();
    let calls = 0;
    rig.machine.watch(() => calls++);
    rig.machine.freeze(BTC);
    rig.machine.unfreeze(BTC);
    expect(calls).toBe(2);
    expect(rig.machine.nextWakeAt()).toBeLessThanOrEqual(rig.now);
  });

  it("of instruments that are not listed are misuse", () => {
    const { machine } = createRig();
    for (const use of [
      () => machine.bookOf("NOPE"),
      () => machine.bookAt("NOPE", 1n),
      () => machine.tradesOf("NOPE"),
      () => machine.setTradable("NOPE", true),
      () => machine.freeze("NOPE"),
      () => machine.removeInstrument("NOPE"),
      () => machine.malformSymbol("NOPE"),
      () => machine.publish("NOPE", []),
    ]) {
      expect(use).toThrow(TypeError);
    }
  });
});

describe("rows published by hand", () => {
  const asMap = (rows: readonly (readonly string[])[]): Record<string, string> =>
    Object.fromEntries(rows.map(([price, amount]) => [canonicalNumber(price!), canonicalNumber(amount!)]));

  const frozenRig = (levels: number) => {
    const rig = createRig({ levels });
    const socket = rig.dial();
    rig.subscribe(socket, `book.${BTC}.50`, deltas());
    rig.advance(2000);
    rig.machine.freeze(BTC);
    rig.advance(1000);
    rig.take();
    return { rig, socket };
  };

  it("come verbatim and in order in the next delta, and are the venue's book", () => {
    // Books of this depth are told as a whole.
    const { rig, socket } = frozenRig(30);
    const before = rig.machine.bookOf(BTC);
    const best = before.bids[0]![0];
    const rows: PublishedRow[] = [
      { side: "bid", price: "12345.678901234567890123", amount: "1e-7" },
      { side: "ask", price: "90000.1", amount: "0.00000000000000000000000001" },
      { side: "bid", price: best, amount: "0" },
      { side: "bid", price: "1.5", amount: "0.000" },
      { side: "ask", price: "0", amount: "5" },
      { side: "ask", price: "80000", amount: "3" },
      { side: "bid", price: "2e3", amount: "7" },
    ];
    rig.machine.publish(BTC, rows);
    rig.advance(3000);
    const frames = rig.frames(socket);
    expect(frames).toHaveLength(1);
    const { update, u, pu } = frames[0].result.data[0];
    const count = expect.stringMatching(/^[1-9]$/);
    expect(update.bids).toEqual([
      ["12345.678901234567890123", "1e-7", count],
      [best, "0", "0"],
      ["1.5", "0.000", "0"],
      ["2e3", "7", count],
    ]);
    expect(update.asks).toEqual([
      ["90000.1", "0.00000000000000000000000001", count],
      ["0", "5", count],
      ["80000", "3", count],
    ]);
    const after = rig.machine.bookOf(BTC);
    expect(String(after.lastUpdateId)).toBe(u);
    const bids = asMap(before.bids);
    delete bids[canonicalNumber(best)];
    expect(asMap(after.bids)).toEqual({ ...bids, "12345.678901234567890123": "0.0000001", "2000": "7" });
    // Crossed, and in order all the same.
    expect(after.asks[0]).toEqual(["80000", "3"]);
    expect(rig.machine.bookAt(BTC, BigInt(u))).toEqual(after);
    expect(rig.machine.bookAt(BTC, BigInt(pu))).toEqual(before);
    const [rest] = rig.get(`public/get-book?instrument_name=${BTC}&depth=50`).json.result.data;
    expect(rest.bids.map((row: string[]) => row.slice(0, 2))).toEqual(after.bids);
    expect(rig.get(`public/get-tickers?instrument_name=${BTC}`).json.result.data[0].k).toBe("80000");
  });

  it("are followed by the rows that keep the best levels right", () => {
    const { rig, socket } = frozenRig(400);
    const { bids, asks } = rig.machine.bookOf(BTC);
    rig.machine.publish(BTC, [
      { side: "bid", price: bids[3]![0], amount: "0" },
      { side: "ask", price: "85000.005", amount: "1" },
      { side: "ask", price: "999999", amount: "4" },
    ]);
    rig.advance(200);
    const { update } = rig.frames(socket)[0].result.data[0];
    const count = expect.stringMatching(/^[1-9]$/);
    expect(update.bids).toEqual([
      [bids[3]![0], "0", "0"],
      [...bids[50]!, count],
    ]);
    expect(update.asks).toEqual([
      ["85000.005", "1", count],
      ["999999", "4", count],
      [asks[49]![0], "0", "0"],
      ["999999", "0", "0"],
    ]);
  });

  it("may empty a side, and are taken back when the market resumes", () => {
    const { rig, socket } = frozenRig(30);
    const before = rig.machine.bookOf(BTC);
    rig.machine.publish(
      BTC,
      before.bids.map(([price]) => ({ side: "bid", price, amount: "0" })),
    );
    rig.advance(200);
    rig.take();
    expect(rig.machine.bookOf(BTC).bids).toEqual([]);
    expect(rig.get(`public/get-book?instrument_name=${BTC}`).json.result.data[0].bids).toEqual([]);
    rig.subscribe(socket, `book.${BTC}.50`, deltas());
    rig.advance(1000);
    expect(rig.frames(socket).find((one) => one.result.channel === "book").result.data[0].bids).toEqual([]);
    rig.machine.unfreeze(BTC);
    rig.machine.freeze(BTC);
    rig.advance(200);
    const [back] = rig.frames(socket);
    expect(asMap(back.result.data[0].update.bids)).toEqual(asMap(before.bids));
    const { bids, asks } = rig.machine.bookOf(BTC);
    expect({ bids, asks }).toEqual({ bids: before.bids, asks: before.asks });
  });

  it("must be numbers", () => {
    const { machine } = createRig();
    for (const text of ["", "-1", "abc", "1,5", "NaN", ".5"]) {
      expect(() => machine.publish(BTC, [{ side: "bid", price: text, amount: "1" }])).toThrow(TypeError);
    }
  });
});

describe("what a frame or request is about, for faults", () => {
  it("is told by its text", () => {
    const { machine } = createRig();
    const channels = [`book.${BTC}.50`, "trade.ETH_USDT", "ticker.NOPE", "x"];
    const frame = JSON.stringify({ id: 4, method: "subscribe", params: { channels } });
    expect(machine.describeFrame(frame)).toEqual({
      kind: "subscribe",
      streams: channels,
      symbols: [BTC, "ETH_USDT"],
    });
    expect(machine.describeFrame("garbage").kind).toBe("unknown");
    expect(machine.describeFrame('{"id":1,"method":"public/respond-heartbeat"}')).toEqual({
      kind: "public/respond-heartbeat",
      streams: [],
      symbols: [],
    });
    const error = { code: 40003, message: "no" };
    expect(machine.refuseFrame(frame, error)).toBe(
      '{"id":4,"method":"subscribe","code":40003,"message":"no"}',
    );
    const single = JSON.stringify({ id: 5, method: "subscribe", params: { channels: channels.slice(0, 1) } });
    expect(machine.refuseFrame(single, error)).toBe(
      `{"id":5,"method":"subscribe","code":40003,"channel":"book.${BTC}.50","message":"no"}`,
    );
    const request = { method: "GET", headers: {}, body: new Uint8Array(), remoteAddress: "10.0.0.1" };
    const path = "/exchange/v1/public/get-book";
    expect(machine.describeRequest({ ...request, path: `${path}?instrument_name=${BTC}` })).toEqual({
      route: "rest",
      kind: path,
      symbol: BTC,
    });
    expect(machine.routeOf({ ...request, path: "/exchange/v1/market" })).toBe("market");
    expect(machine.rateLimitAnswer({ banned: true, retryAfterMs: 9 }, { ...request, path }, 0)).toMatchObject(
      {
        status: 429,
        headers: { "content-type": "application/json" },
      },
    );
  });
});
