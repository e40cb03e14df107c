import { describe, expect, it } from "vitest";
import { DEFAULT_CONTRACTS } from "../../src/simulator/index.js";
import { createRig, type Json } from "./support/rig.js";

const btc = DEFAULT_CONTRACTS[0]!;
const statusOf = (rig: ReturnType<typeof createRig>, symbol: string): Json =>
  rig.get("/fapi/v1/exchangeInfo").json.symbols.find((one: Json) => one.symbol === symbol)?.status;

describe("changes while the venue runs", () => {
  it("a contract is listed: its streams begin, even for those that asked before", () => {
    const rig = createRig();
    const socket = rig.dial("/public/ws/newusdt@depth");
    rig.advance(5000);
    expect(rig.frames(socket)).toEqual([]);
    rig.machine.addContract({ ...btc, exchangeSymbol: "NEWUSDT", pair: "NEWUSDT", baseAsset: "NEW" });
    rig.advance(5000);
    expect(rig.frames(socket)[0]).toMatchObject({ s: "NEWUSDT" });
    expect(statusOf(rig, "NEWUSDT")).toBe("TRADING");
    expect(rig.get("/fapi/v1/depth?symbol=NEWUSDT").status).toBe(200);
    expect(() => rig.machine.addContract({ ...btc, exchangeSymbol: "NEWUSDT" })).toThrow(TypeError);
  });

  it("a contract is halted and resumed", () => {
    const rig = createRig();
    const socket = rig.dial("/public/ws/btcusdt@depth@100ms");
    rig.advance(3000);
    rig.machine.setStatus("BTCUSDT", "TRADING_HALT");
    rig.advance(200);
    rig.take();
    rig.advance(60_000);
    expect(rig.frames(socket)).toEqual([]);
    expect(statusOf(rig, "BTCUSDT")).toBe("TRADING_HALT");
    expect(rig.get("/fapi/v1/depth?symbol=BTCUSDT").status).toBe(200);
    rig.machine.setStatus("BTCUSDT", "TRADING");
    rig.advance(3000);
    expect(rig.frames(socket).filter((one) => one.e === "depthUpdate").length).toBeGreaterThan(5);
    expect(statusOf(rig, "BTCUSDT")).toBe("TRADING");
  });

  it("a contract is delisted in two steps", () => {
    const rig = createRig();
    const socket = rig.dial("/market/ws/ethusdt@markPrice@1s");
    const other = rig.dial("/market/ws/btcusdt@markPrice@1s");
    rig.machine.setStatus("ETHUSDT", "SETTLING");
    rig.advance(5000);
    expect(rig.get("/fapi/v1/depth?symbol=ETHUSDT")).toMatchObject({ status: 400, json: { code: -1122 } });
    expect(rig.get("/fapi/v1/ticker/price").json.map((one: Json) => one.symbol)).not.toContain("ETHUSDT");
    rig.machine.removeContract("ETHUSDT");
    rig.advance(5000);
    expect(statusOf(rig, "ETHUSDT")).toBeUndefined();
    expect(rig.get("/fapi/v1/depth?symbol=ETHUSDT")).toMatchObject({ status: 400, json: { code: -1121 } });
    const receivers = new Set(rig.take().flatMap((one) => (one.effect === "send" ? [one.connectionId] : [])));
    expect(receivers).toEqual(new Set([other]));
    expect(socket).not.toBe(other);
  });

  it("a contract is renamed: its market goes on under the new symbol, and the old one is gone", () => {
    const rig = createRig();
    const old = rig.dial("/public/ws/ethusdt@depth@100ms");
    const early = rig.dial("/public/ws/ether-usdt@depth@100ms");
    rig.advance(3000);
    const { lastUpdateId } = rig.machine.bookOf("ETHUSDT");
    expect(() => rig.machine.renameContract("ETHUSDT", "BTCUSDT")).toThrow(TypeError);
    rig.machine.renameContract("ETHUSDT", "ETHER-USDT");
    rig.advance(200);
    expect(rig.frames(old).every((one) => one.s === "ETHUSDT")).toBe(true);
    rig.advance(3000);
    expect(rig.frames(old)).toEqual([]);
    rig.advance(1000);
    const begun = rig.frames(early);
    expect(begun.length).toBeGreaterThan(0);
    expect(begun.every((one) => one.s === "ETHER-USDT" && one.u > lastUpdateId)).toBe(true);
    expect(statusOf(rig, "ETHUSDT")).toBeUndefined();
    expect(statusOf(rig, "ETHER-USDT")).toBe("TRADING");
    expect(rig.get("/fapi/v1/depth?symbol=ETHUSDT").status).toBe(400);
    expect(rig.machine.bookOf("ETHER-USDT").lastUpdateId).toBeGreaterThan(lastUpdateId);
  });

  it("rules change", () => {
    const rig = createRig();
    rig.machine.changeRules("BTCUSDT", { tickSize: "0.001", pricePrecision: 3, minNotional: "100" });
    const { filters, pricePrecision } = rig.get("/fapi/v1/exchangeInfo").json.symbols[0];
    expect(filters).toContainEqual(
      expect.objectContaining({ filterType: "PRICE_FILTER", tickSize: "0.001" }),
    );
    expect(pricePrecision).toBe(3);
    expect(filters).toContainEqual({ filterType: "MIN_NOTIONAL", notional: "100" });
    rig.advance(5000);
    const day = rig.get("/fapi/v1/ticker/24hr?symbol=BTCUSDT").json;
    expect(day.lastPrice).toBe(rig.machine.tradesOf("BTCUSDT").at(-1)!.price);
    expect(Number(day.weightedAvgPrice)).toBeGreaterThanOrEqual(Number(day.lowPrice));
    expect(Number(day.weightedAvgPrice)).toBeLessThanOrEqual(Number(day.highPrice));
  });

  it("malformed entries are listed as they are", () => {
    const rig = createRig();
    rig.machine.addMalformedSymbol('{"symbol":"BADUSDT","filters":"none"}');
    rig.machine.addMalformedSymbol("null");
    const { symbols } = rig.get("/fapi/v1/exchangeInfo").json;
    expect(symbols.slice(-2)).toEqual([{ symbol: "BADUSDT", filters: "none" }, null]);
  });

  it("tell the one who runs the machine that something is due", () => {
    const rig = createRig();
    rig.dial("/public/ws/btcusdt@depth");
    let calls = 0;
    rig.machine.watch(() => calls++);
    rig.machine.freeze("BTCUSDT");
    rig.machine.unfreeze("BTCUSDT");
    expect(calls).toBe(2);
    expect(rig.machine.nextWakeAt()).toBeLessThanOrEqual(rig.now);
  });

  it("of contracts that are not listed are misuse", () => {
    const { machine } = createRig();
    expect(() => machine.bookOf("NOPE")).toThrow(TypeError);
    expect(() => machine.setStatus("NOPE", "TRADING")).toThrow(TypeError);
    expect(() => machine.freeze("NOPE")).toThrow(TypeError);
  });
});

describe("what a frame or request is about, for faults", () => {
  it("is told by its text", () => {
    const { machine } = createRig();
    const subscribe = { method: "SUBSCRIBE", params: ["btcusdt@depth", "币安人生usdt@trade", "x@y"], id: 4 };
    expect(machine.describeFrame(JSON.stringify(subscribe))).toEqual({
      kind: "subscribe",
      streams: subscribe.params,
      symbols: ["BTCUSDT", "币安人生USDT"],
    });
    expect(machine.describeFrame("garbage").kind).toBe("unknown");
    expect(machine.refuseFrame(JSON.stringify(subscribe), { code: 2, message: "no" })).toBe(
      '{"error":{"code":2,"msg":"no"},"id":4}',
    );
    const request = { method: "GET", headers: {}, body: new Uint8Array(), remoteAddress: "10.0.0.1" };
    expect(machine.describeRequest({ ...request, path: "/fapi/v1/depth?symbol=BTCUSDT&limit=5" })).toEqual({
      route: "rest",
      kind: "/fapi/v1/depth",
      symbol: "BTCUSDT",
    });
    expect(machine.routeOf({ ...request, path: "/market/stream?streams=a" })).toBe("market");
  });
});
