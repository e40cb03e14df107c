import { describe, expect, it } from "vitest";
import { DEFAULT_INSTRUMENTS } from "../../src/simulator/index.js";
import { createRig, type Json, START } from "./support/rig.js";

const BTC = "BTC_USDT";

describe("the envelope", () => {
  it("has id, method, code and result", () => {
    const rig = createRig();
    const { status, headers, json } = rig.get(`public/get-tickers?instrument_name=${BTC}`);
    expect([status, headers]).toEqual([200, { "content-type": "application/json" }]);
    expect(Object.keys(json)).toEqual(["id", "method", "code", "result"]);
    expect(json).toMatchObject({ id: -1, method: "public/get-tickers", code: 0 });
  });

  it.each([
    ["public/get-book?depth=10", 40004, "Missing instrument_name param"],
    ["public/get-book?instrument_name=NOPE&depth=10", 40004, "Invalid instrument_name"],
    [`public/get-book?instrument_name=${BTC}&depth=0`, 40004, "Invalid depth"],
    [`public/get-book?instrument_name=${BTC}&depth=151`, 40004, "Invalid depth"],
    [`public/get-book?instrument_name=${BTC}&depth=ten`, 40004, "Invalid depth"],
    ["public/get-tickers?instrument_name=NOPE", 40004, "Invalid instrument_name"],
    ["public/get-trades", 40004, "Missing instrument_name param"],
    [`public/get-trades?instrument_name=${BTC}&count=151`, 40004, "Invalid count"],
    [`public/get-trades?instrument_name=${BTC}&start_ts=yesterday`, 40005, "Invalid date"],
    [`public/get-trades?instrument_name=${BTC}&start_ts=1&end_ts=${START}`, 40005, "Invalid date"],
    ["public/get-valuations?valuation_type=mark_price", 40004, "Missing instrument_name param"],
    [
      "public/get-valuations?instrument_name=NOPE&valuation_type=mark_price",
      40004,
      "Invalid instrument_name",
    ],
    [`public/get-valuations?instrument_name=${BTC}`, 40004, "Missing valuation_type param"],
    [`public/get-valuations?instrument_name=${BTC}&valuation_type=nope`, 40004, "Invalid valuation_type"],
    [`public/get-candlestick?instrument_name=${BTC}&timeframe=3m`, 40004, "Invalid timeframe"],
  ])("has a code and a message for %s", (request, code, message) => {
    const answer = createRig().get(request);
    expect(answer).toMatchObject({ status: 400, json: { id: -1, code, message } });
    expect(answer.json).not.toHaveProperty("result");
  });

  it("is none for methods that are none", () => {
    const rig = createRig();
    for (const method of ["public/get-nope", "private/user-balance", "public/get-book/"]) {
      expect(rig.get(method)).toMatchObject({
        status: 404,
        json: { status: 404, error: "Not Found", path: `/v1/${method}` },
      });
    }
  });
});

describe("public/get-instruments", () => {
  it("lists all products, tradable or not, with the venue's fields", () => {
    const { json } = createRig().get("public/get-instruments");
    const { data } = json.result;
    expect(data.map((one: Json) => one.symbol)).toEqual(DEFAULT_INSTRUMENTS.map((one) => one.exchangeSymbol));
    expect(data[0]).toEqual({
      symbol: BTC,
      inst_type: "CCY_PAIR",
      display_name: "BTC/USDT",
      base_ccy: "BTC",
      quote_ccy: "USDT",
      quote_decimals: 2,
      quantity_decimals: 5,
      price_tick_size: "0.01",
      qty_tick_size: "0.00001",
      max_leverage: "50",
      tradable: true,
      expiry_timestamp_ms: 0,
      beta_product: false,
      product_type: "DIGITAL_CURRENCIES",
      margin_buy_enabled: true,
      margin_sell_enabled: true,
    });
    expect(data.find((one: Json) => one.symbol === "BTCUSD-PERP")).toMatchObject({
      inst_type: "PERPETUAL_SWAP",
      underlying_symbol: "BTCUSD-INDEX",
      contract_size: "1",
    });
    expect(data.filter((one: Json) => !one.tradable).map((one: Json) => one.symbol)).toEqual(["LUNA_USDT"]);
  });
});

describe("public/get-book", () => {
  it("is the book's best levels, without an id", () => {
    const rig = createRig();
    rig.advance(5000);
    for (const depth of [1, 10, 50, 150, undefined]) {
      const query = depth === undefined ? "" : `&depth=${depth}`;
      const { result } = rig.get(`public/get-book?instrument_name=${BTC}${query}`).json;
      expect(Object.keys(result)).toEqual(["depth", "data", "instrument_name"]);
      expect(result).toMatchObject({ depth: depth ?? 150, instrument_name: BTC });
      const [book] = result.data;
      expect(Object.keys(book)).toEqual(["bids", "asks", "t"]);
      const truth = rig.machine.bookOf(BTC);
      for (const side of ["bids", "asks"] as const) {
        expect(book[side].map(([price, amount]: string[]) => [price, amount])).toEqual(
          truth[side].slice(0, depth ?? 150),
        );
        expect(book[side].every((row: string[]) => /^[1-9]$/.test(row[2]!))).toBe(true);
      }
    }
  });

  it("tells when the book changed last", () => {
    const rig = createRig();
    const t = (): number => rig.get(`public/get-book?instrument_name=${BTC}`).json.result.data[0].t;
    rig.advance(5000);
    rig.machine.freeze(BTC);
    const before = t();
    rig.advance(20_000);
    expect(t()).toBe(before);
    expect(before).toBeGreaterThan(START + 3000);
  });
});

describe("public/get-tickers", () => {
  it("has one or all, and the fields that sockets have but for the sizes", () => {
    const rig = createRig();
    rig.advance(5000);
    const all = rig.get("public/get-tickers").json.result.data;
    expect(all.map((one: Json) => one.i)).toEqual(rig.machine.symbols());
    expect(Object.keys(all[0])).toEqual(["i", "h", "l", "a", "v", "vv", "c", "b", "k", "oi", "t"]);
    expect(rig.get(`public/get-tickers?instrument_name=${BTC}`).json.result.data).toEqual([all[0]]);
    expect(all[0].a).toBe(rig.machine.lastPriceOf(BTC));
    expect(all.find((one: Json) => one.i === "LUNA_USDT")).toMatchObject({ a: null, h: null });
  });

  it("adds up volume and its value exactly", () => {
    const rig = createRig();
    rig.advance(5000);
    const [ticker] = rig.get(`public/get-tickers?instrument_name=${BTC}`).json.result.data;
    const trades = rig.machine.tradesOf(BTC);
    const units = (text: string): bigint => BigInt(text.replace(".", ""));
    const lots = trades.reduce((sum, one) => sum + units(one.amount), 0n);
    expect(units(ticker.v)).toBe((lots + 5n) / 10n);
    const value = trades.reduce((sum, one) => sum + units(one.amount) * units(one.price), 0n);
    expect(units(ticker.vv)).toBe((value + 50_000n) / 100_000n);
  });
});

describe("public/get-trades", () => {
  it("has the latest, newest first, with lower-case sides and nanoseconds as a number", () => {
    const rig = createRig({ eventsPerSecond: 60 });
    rig.advance(30_000);
    const { json, text } = rig.get(`public/get-trades?instrument_name=${BTC}&count=150`);
    expect(json.result.data).toHaveLength(150);
    expect(json.result.data.map((one: Json) => ({ ...one }))).toEqual(
      rig.machine
        .tradesOf(BTC)
        .slice(-150)
        .toReversed()
        .map(({ tradeId, matchId, at, price, amount, takerSide }) => ({
          d: tradeId,
          t: at,
          tn: tradeId,
          q: amount,
          p: price,
          s: takerSide,
          i: BTC,
          m: matchId,
        })),
    );
    expect(text).toMatch(/"tn":\d{19},/);
    expect(rig.get(`public/get-trades?instrument_name=${BTC}`).json.result.data).toHaveLength(25);
  });

  it("has a window whose start is inside and whose end is not, in milliseconds, microseconds or nanoseconds", () => {
    const rig = createRig({ eventsPerSecond: 60 });
    rig.advance(30_000);
    const all = rig.get(`public/get-trades?instrument_name=${BTC}&count=150`).json.result.data;
    const [newest, oldest] = [all[20], all[40]];
    const ids = (query: string): string[] =>
      rig
        .get(`public/get-trades?instrument_name=${BTC}&count=150&${query}`)
        .json.result.data.map((one: Json) => one.d);
    expect(ids(`start_ts=${oldest.tn}&end_ts=${newest.tn}`)).toEqual(
      all.slice(21, 41).map((one: Json) => one.d),
    );
    expect(ids(`start_ts=${oldest.t}`)).toEqual(
      all.filter((one: Json) => one.t >= oldest.t).map((one: Json) => one.d),
    );
    expect(ids(`end_ts=${newest.t}`).slice(0, 50)).toEqual(
      all
        .filter((one: Json) => one.t < newest.t)
        .map((one: Json) => one.d)
        .slice(0, 50),
    );
    expect(ids(`start_ts=${oldest.t}000&end_ts=${newest.tn}`)).toEqual(
      ids(`start_ts=${oldest.t}&end_ts=${newest.tn}`),
    );
    expect(ids(`start_ts=${START + 86_400_000}&end_ts=${START + 86_400_001}`)).toEqual([]);
  });
});

describe("public/get-candlestick", () => {
  it("is made of the trades", () => {
    const rig = createRig();
    rig.advance(200_000);
    const { result } = rig.get(`public/get-candlestick?instrument_name=${BTC}&timeframe=M1`).json;
    expect(result).toMatchObject({ interval: "M1", instrument_name: BTC });
    const trades = rig.machine.tradesOf(BTC);
    for (const candle of result.data) {
      const mine = trades.filter(({ at }) => Math.floor(at / 60_000) * 60_000 === candle.t);
      const prices = mine.map(({ price }) => Number(price));
      expect([candle.o, candle.c]).toEqual([mine[0]!.price, mine.at(-1)!.price]);
      expect([Number(candle.l), Number(candle.h)]).toEqual([Math.min(...prices), Math.max(...prices)]);
    }
    expect(result.data.length).toBeGreaterThanOrEqual(4);
    const weeks = rig.get(`public/get-candlestick?instrument_name=${BTC}&timeframe=7D&count=1`).json.result
      .data;
    // A Monday at midnight, UTC.
    expect((weeks[0].t / 86_400_000 + 3) % 7).toBe(0);
  });
});

describe("public/get-valuations", () => {
  it("is empty", () => {
    const rig = createRig();
    for (const symbol of [BTC, "BTCUSD-PERP", "BTCUSD-INDEX"]) {
      const { json } = rig.get(`public/get-valuations?instrument_name=${symbol}&valuation_type=index_price`);
      expect(json.result).toEqual({ data: [], instrument_name: symbol });
    }
  });
});

describe("the limit of requests", () => {
  it("is a hundred in a second for each method and address, without any header that tells of it", () => {
    const rig = createRig();
    for (let i = 0; i < 100; i++) expect(rig.get("public/get-instruments").status).toBe(200);
    expect(rig.get("public/get-instruments")).toMatchObject({
      status: 429,
      headers: { "content-type": "application/json" },
      json: { id: -1, method: "public/get-instruments", code: 42901 },
    });
    expect(rig.get("public/get-tickers").status).toBe(200);
    expect(rig.get("public/get-instruments", "10.0.0.2").status).toBe(200);
    expect(rig.machine.weightUsed("10.0.0.1", rig.now)).toBe(102);
    rig.advance(999);
    expect(rig.get("public/get-instruments").status).toBe(429);
    rig.advance(1);
    expect(rig.get("public/get-instruments").status).toBe(200);
    expect(rig.machine.weightUsed("10.0.0.1", rig.now)).toBe(1);
  });
});
