import { describe, expect, it } from "vitest";
import { createRig } from "./support/rig.js";

const WEIGHT = "x-mbx-used-weight-1m";
/** A whole minute of the clock. */
const MINUTE = 1_790_000_040_000;

describe("request weight", () => {
  it.each([
    ["/fapi/v1/ping", 1],
    ["/fapi/v1/time", 1],
    ["/fapi/v1/exchangeInfo", 1],
    ["/fapi/v1/depth?symbol=BTCUSDT&limit=5", 2],
    ["/fapi/v1/depth?symbol=BTCUSDT&limit=50", 2],
    ["/fapi/v1/depth?symbol=BTCUSDT&limit=100", 5],
    ["/fapi/v1/depth?symbol=BTCUSDT&limit=500", 10],
    ["/fapi/v1/depth?symbol=BTCUSDT&limit=1000", 20],
    ["/fapi/v1/ticker/bookTicker?symbol=BTCUSDT", 2],
    ["/fapi/v1/ticker/bookTicker", 5],
    ["/fapi/v2/ticker/price?symbol=BTCUSDT", 1],
    ["/fapi/v2/ticker/price", 2],
    ["/fapi/v1/ticker/24hr?symbol=BTCUSDT", 1],
    ["/fapi/v1/ticker/24hr", 40],
    ["/fapi/v1/premiumIndex?symbol=BTCUSDT", 1],
    ["/fapi/v1/premiumIndex", 10],
    ["/fapi/v1/trades?symbol=BTCUSDT", 5],
    ["/fapi/v1/aggTrades?symbol=BTCUSDT", 20],
    ["/fapi/v1/aggTrades?symbol=NOPE", 20],
    ["/fapi/v1/nothing", 1],
  ])("%s costs %i", (path, weight) => {
    expect(createRig().get(path).headers[WEIGHT]).toBe(String(weight));
  });

  it("adds up per address and minute of the clock", () => {
    const rig = createRig({ startAt: MINUTE });
    rig.get("/fapi/v1/depth?symbol=BTCUSDT&limit=1000");
    rig.advance(59_999);
    expect(rig.get("/fapi/v1/ping").headers[WEIGHT]).toBe("21");
    expect(rig.get("/fapi/v1/ping", "10.0.0.2").headers[WEIGHT]).toBe("1");
    expect(rig.machine.weightUsed("10.0.0.1", rig.now)).toBe(21);
    rig.advance(1);
    expect(rig.machine.weightUsed("10.0.0.1", rig.now)).toBe(0);
    expect(rig.get("/fapi/v1/ping").headers[WEIGHT]).toBe("1");
  });

  it("is refused above the limit, until the next minute", () => {
    const rig = createRig({ startAt: MINUTE + 12_500 });
    for (let i = 0; i < 120; i++) {
      expect(rig.get("/fapi/v1/depth?symbol=BTCUSDT&limit=1000").status).toBe(200);
    }
    const refused = rig.get("/fapi/v1/ping");
    expect(refused).toMatchObject({
      status: 429,
      headers: { "retry-after": "48", [WEIGHT]: "2401" },
      json: { code: -1003 },
    });
    expect(rig.get("/fapi/v1/ping", "10.0.0.2").status).toBe(200);
    rig.advance(47_500);
    expect(rig.get("/fapi/v1/ping").status).toBe(200);
  });

  it("bans an address that goes on, for twice as long each time", () => {
    const rig = createRig({ startAt: MINUTE, limits: { weightPerMinute: 10, refusalsBeforeBan: 3 } });
    const drive = (): number[] => Array.from({ length: 15 }, () => rig.get("/fapi/v1/ping").status);
    const first = drive();
    expect(first).toEqual([...Array(10).fill(200), 429, 429, 429, 418, 418]);
    expect(rig.get("/fapi/v1/ping")).toMatchObject({
      headers: { "retry-after": "120" },
      json: { code: -1003 },
    });
    rig.advance(119_999);
    expect(rig.get("/fapi/v1/ping").status).toBe(418);
    rig.advance(1);
    expect(drive().filter((status) => status === 200)).toHaveLength(10);
    expect(rig.get("/fapi/v1/ping").headers["retry-after"]).toBe("240");
  });

  it("is told nothing of by the funding endpoints, which share a limit of their own", () => {
    const rig = createRig({ limits: { fundingRequestsPerFiveMinutes: 3 } });
    expect(rig.get("/fapi/v1/fundingInfo").headers).not.toHaveProperty(WEIGHT);
    rig.get("/fapi/v1/fundingRate");
    expect(rig.get("/fapi/v1/fundingInfo").status).toBe(200);
    expect(rig.get("/fapi/v1/fundingRate").status).toBe(429);
    expect(rig.get("/fapi/v1/ping").headers[WEIGHT]).toBe("1");
  });
});

describe("connections", () => {
  it("are limited per address in five minutes", () => {
    const rig = createRig({ limits: { connectionsPerFiveMinutes: 3 } });
    for (let i = 0; i < 3; i++) rig.hangUp(rig.dial("/public/ws"));
    expect(rig.tryDial("/public/ws")).toMatchObject({ status: 429 });
    expect(rig.tryDial("/public/ws", "10.0.0.2")).toBe("accept");
    rig.advance(300_000);
    expect(rig.tryDial("/public/ws")).toBe("accept");
  });

  it("are cut after more than ten messages in a second, pings and pongs included", () => {
    const rig = createRig();
    const socket = rig.dial("/public/ws");
    for (let i = 0; i < 8; i++) rig.send(socket, { method: "LIST_SUBSCRIPTIONS", id: i });
    rig.ping(socket, "a");
    rig.pong(socket);
    rig.advance(999);
    rig.take();
    expect(rig.send(socket, { method: "LIST_SUBSCRIPTIONS", id: 9 })).toEqual([]);
    expect(rig.take()).toEqual([
      { effect: "close", connectionId: socket, code: 1008, reason: "Too many requests" },
    ]);
    expect(rig.send(socket, { method: "LIST_SUBSCRIPTIONS", id: 10 })).toEqual([]);
  });

  it("may send ten messages in every second", () => {
    const rig = createRig();
    const socket = rig.dial("/public/ws");
    for (let second = 0; second < 5; second++) {
      for (let i = 0; i < 10; i++) {
        expect(rig.send(socket, { method: "LIST_SUBSCRIPTIONS", id: 1 })).toHaveLength(1);
      }
      rig.advance(1000);
    }
  });

  it("are pinged every three minutes and cut after ten without a pong", () => {
    const rig = createRig();
    const silent = rig.dial("/market/ws");
    const lively = rig.dial("/market/ws");
    const start = rig.now;
    const pings: string[] = [];
    const ends: string[] = [];
    for (let minute = 0; minute < 13; minute++) {
      rig.advance(60_000);
      for (const one of rig.take()) {
        if (one.effect === "ping") pings.push(`${one.connectionId} ${minute + 1} ${one.payload}`);
        if (one.effect === "close") ends.push(`${one.connectionId} ${rig.now - start} ${one.code}`);
        if (one.effect === "ping" && one.connectionId === lively) rig.pong(lively);
      }
    }
    expect(pings.filter((line) => line.startsWith(`${lively} `))).toEqual(
      [3, 6, 9, 12].map((minute) => `${lively} ${minute} ${start + minute * 60_000}`),
    );
    expect(ends).toEqual([`${silent} 600000 1008`]);
  });

  it("answer a client's ping with its payload", () => {
    const rig = createRig();
    const socket = rig.dial("/public/ws");
    rig.ping(socket, "hello");
    expect(rig.take()).toEqual([
      { effect: "pong", connectionId: socket, payload: new TextEncoder().encode("hello") },
    ]);
  });

  it("last a day", () => {
    const rig = createRig();
    const socket = rig.dial("/public/ws");
    for (let hour = 0; hour < 24; hour++) {
      expect(rig.take().some((one) => one.effect === "close")).toBe(false);
      for (let i = 0; i < 12; i++) {
        rig.advance(300_000 - (hour === 23 && i === 11 ? 1 : 0));
        rig.pong(socket);
      }
    }
    rig.take();
    rig.advance(1);
    expect(rig.take()).toEqual([{ effect: "close", connectionId: socket, code: 1001, reason: "" }]);
    expect(rig.machine.nextWakeAt()).toBeUndefined();
  });
});
