import { describe, expect, it } from "vitest";
import { createRig, type Json } from "./support/rig.js";

const HOUR_MS = 3_600_000;

describe("@ticker", () => {
  it("comes every two seconds on the market route, and says what REST says", () => {
    const rig = createRig();
    const socket = rig.dial("/market/ws");
    rig.subscribe(socket, "btcusdt@ticker");
    rig.advance(20_000);
    const events = rig.frames(socket);
    expect(events).toHaveLength(10);
    expect(Object.keys(events[0])).toEqual([
      "e",
      "E",
      "s",
      "ps",
      "p",
      "P",
      "w",
      "c",
      "Q",
      "o",
      "h",
      "l",
      "v",
      "q",
      "O",
      "C",
      "F",
      "L",
      "n",
      "st",
    ]);
    expect(events.slice(1).map((one, index) => one.E - events[index].E)).toEqual(Array(9).fill(2_000));
    rig.machine.freeze("BTCUSDT");
    rig.advance(2_000);
    const last: Json = rig.frames(socket).at(-1);
    const rest = rig.get("/fapi/v1/ticker/24hr?symbol=BTCUSDT").json;
    expect([last.c, last.o, last.h, last.l, last.v, last.q, last.C, last.n]).toEqual([
      rest.lastPrice,
      rest.openPrice,
      rest.highPrice,
      rest.lowPrice,
      rest.volume,
      rest.quoteVolume,
      rest.closeTime,
      rest.count,
    ]);
    expect(rig.machine.dayTickerOf("BTCUSDT")).toMatchObject({ lastPrice: last.c, volume: last.v });
    rig.advance(60_000);
    expect(rig.frames(socket)).toEqual([]);
  });

  it("is shown once to who subscribes while the market stands still, and never on the public route", () => {
    const rig = createRig();
    rig.machine.freeze("BTCUSDT");
    const socket = rig.dial("/market/ws/btcusdt@ticker");
    const other = rig.dial("/public/ws/btcusdt@ticker");
    rig.advance(30_000);
    const events = rig.take().flatMap((one) => (one.effect === "send" ? [one.connectionId] : []));
    expect(events).toEqual([socket]);
    expect(other).not.toBe(socket);
  });

  it("outlives a day without trades", () => {
    const rig = createRig();
    rig.machine.freeze("BTCUSDT");
    rig.advance(25 * HOUR_MS);
    const { lastPrice, volume, count } = rig.get("/fapi/v1/ticker/24hr?symbol=BTCUSDT").json;
    expect([volume, count]).toEqual(["0.000", 0]);
    expect(lastPrice).toBe(rig.machine.lastPriceOf("BTCUSDT"));
  });
});

describe("openInterest", () => {
  it("moves with trades, and only with them", () => {
    const rig = createRig();
    const ask = (): Json => rig.get("/fapi/v1/openInterest?symbol=BTCUSDT").json;
    const first = ask();
    expect(first).toEqual({
      openInterest: expect.stringMatching(/^\d+\.\d{3}$/),
      symbol: "BTCUSDT",
      time: expect.any(Number),
    });
    rig.advance(60_000);
    const later = ask();
    expect(later.openInterest).not.toBe(first.openInterest);
    expect(later.time).toBeGreaterThan(first.time);
    expect(rig.machine.openInterestOf("BTCUSDT")).toBe(later.openInterest);
    // Every trade opens, closes or hands on as much as it moves.
    const moved = rig.machine
      .tradesOf("BTCUSDT")
      .filter(({ at }) => at > first.time)
      .reduce((sum, { amount }) => sum + Number(amount), 0);
    expect(Math.abs(Number(later.openInterest) - Number(first.openInterest))).toBeLessThanOrEqual(moved);
    rig.machine.freeze("BTCUSDT");
    rig.advance(1);
    const frozen = ask();
    rig.advance(60_000);
    expect(ask()).toEqual(frozen);
  });

  it("needs a contract that has a market", () => {
    const rig = createRig();
    expect(rig.get("/fapi/v1/openInterest")).toMatchObject({ status: 400, json: { code: -1102 } });
    expect(rig.get("/fapi/v1/openInterest?symbol=NOPE")).toMatchObject({
      status: 400,
      json: { code: -1121 },
    });
    expect(rig.get("/fapi/v1/openInterest?symbol=OMGUSDT").json).toMatchObject({ code: -1122 });
  });
});

describe("the truth about funding", () => {
  it("is what REST and the stream say, and rolls over when it is paid", () => {
    const rig = createRig({ eventsPerSecond: 1, limits: { pongTimeoutMs: 24 * HOUR_MS } });
    const socket = rig.dial("/market/ws/xauusdt@markPrice@1s");
    const { nextFundingTime, fundingIntervalMs } = rig.machine.fundingOf("XAUUSDT");
    expect(fundingIntervalMs).toBe(4 * HOUR_MS);
    rig.advance(nextFundingTime - rig.now - 1_000);
    expect(rig.frames(socket).at(-1)).toMatchObject({ T: nextFundingTime });
    rig.advance(1_000);
    const truth = rig.machine.fundingOf("XAUUSDT");
    expect(truth.nextFundingTime).toBe(nextFundingTime + fundingIntervalMs);
    expect(rig.frames(socket).at(-1)).toMatchObject({
      E: nextFundingTime,
      p: truth.markPrice,
      i: truth.indexPrice,
      r: truth.fundingRate,
      T: truth.nextFundingTime,
    });
    expect(rig.get("/fapi/v1/premiumIndex?symbol=XAUUSDT").json).toMatchObject({
      markPrice: truth.markPrice,
      indexPrice: truth.indexPrice,
      lastFundingRate: truth.fundingRate,
      nextFundingTime: truth.nextFundingTime,
    });
    expect(rig.machine.fundingOf("BTCUSDT").fundingIntervalMs).toBe(8 * HOUR_MS);
  });
});

describe("a mark price published by hand", () => {
  it("says only what it is told to, to those who follow that mark price", () => {
    const rig = createRig();
    const combined = rig.dial("/market/stream?streams=btcusdt@markPrice@1s/btcusdt@ticker");
    const slow = rig.dial("/market/ws/btcusdt@markPrice");
    const other = rig.dial("/market/ws/ethusdt@markPrice@1s");
    rig.advance(10);
    rig.take();
    const truth = rig.machine.fundingOf("BTCUSDT");
    rig.machine.publishMarkPrice("BTCUSDT", { markPrice: "5.5", fundingRate: null });
    rig.advance(0);
    const event = { e: "markPriceUpdate", E: rig.now, s: "BTCUSDT", p: "5.5", ap: "5.5", r: null, st: 1 };
    const sent = rig.take().flatMap((one) => (one.effect === "send" ? [one] : []));
    expect(sent.map(({ connectionId, text }) => [connectionId, JSON.parse(text)])).toEqual([
      [combined, { stream: "btcusdt@markPrice@1s", data: event }],
      [slow, event],
    ]);
    expect(sent.map(({ facts }) => facts.kind)).toEqual(["markPrice", "markPrice"]);
    expect(rig.machine.fundingOf("BTCUSDT")).toEqual(truth);
    rig.machine.publishMarkPrice("BTCUSDT", { indexPrice: "", nextFundingTime: 7 }, 3);
    rig.advance(0);
    expect(rig.frames(slow)).toEqual([
      { e: "markPriceUpdate", E: 3, s: "BTCUSDT", P: "", i: "", T: 7, st: 1 },
    ]);
    expect(rig.frames(other)).toEqual([]);
    expect(() => rig.machine.publishMarkPrice("NOPE", {})).toThrow(TypeError);
  });
});
