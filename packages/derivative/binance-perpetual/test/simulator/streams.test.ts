import { describe, expect, it } from "vitest";
import { createRig, type Json } from "./support/rig.js";

const error = (code: number, id: unknown = null) => ({ error: { code, msg: expect.any(String) }, id });

describe("subscribing", () => {
  it("is acknowledged with the id as it was given", () => {
    const rig = createRig();
    const socket = rig.dial("/public/ws");
    const texts = (frame: string): string[] => {
      rig.take();
      rig.send(socket, frame);
      const sent = rig.take().flatMap((one) => (one.effect === "send" ? [one.text] : []));
      rig.advance(200);
      return sent;
    };
    expect(texts('{"method":"SUBSCRIBE","params":["btcusdt@depth"],"id":1}')).toEqual([
      '{"result":null,"id":1}',
    ]);
    expect(texts('{"id":0,"method":"SUBSCRIBE","params":["ethusdt@depth"]}')).toEqual([
      '{"result":null,"id":0}',
    ]);
    expect(texts('{"method":"SUBSCRIBE","params":["solusdt@depth"],"id":9007199254740993}')).toEqual([
      '{"result":null,"id":9007199254740993}',
    ]);
    expect(texts('{"method":"SUBSCRIBE","params":["btcusdt@depth"],"id":"a-\\"b"}')).toEqual([
      '{"result":null,"id":"a-\\"b"}',
    ]);
    expect(texts('{"method":"SUBSCRIBE","params":["btcusdt@depth"]}')).toEqual(['{"result":null,"id":null}']);
  });

  it("lists and ends subscriptions", () => {
    const rig = createRig();
    const socket = rig.dial("/market/ws");
    const list = (): Json => rig.send(socket, { method: "LIST_SUBSCRIPTIONS", id: 3 });
    expect(list()).toEqual([{ result: [], id: 3 }]);
    rig.subscribe(socket, "btcusdt@aggTrade", "btcusdt@markPrice@1s");
    rig.subscribe(socket, "btcusdt@aggTrade");
    expect(list()).toEqual([{ result: ["btcusdt@aggTrade", "btcusdt@markPrice@1s"], id: 3 }]);
    rig.advance(2000);
    expect(rig.frames(socket).length).toBeGreaterThan(0);
    expect(
      rig.send(socket, { method: "UNSUBSCRIBE", params: ["btcusdt@aggTrade", "ethusdt@aggTrade"], id: 312 }),
    ).toEqual([{ result: null, id: 312 }]);
    expect(list()).toEqual([{ result: ["btcusdt@markPrice@1s"], id: 3 }]);
    rig.take();
    rig.advance(5000);
    expect(new Set(rig.frames(socket).map((event) => event.e))).toEqual(new Set(["markPriceUpdate"]));
  });

  it("leaves nothing scheduled when the last subscriber is gone", () => {
    const rig = createRig({
      limits: { pingIntervalMs: 1e12, pongTimeoutMs: 1e12, connectionLifetimeMs: 1e12 },
    });
    const socket = rig.dial("/public/ws/btcusdt@depth");
    expect(rig.machine.nextWakeAt()).toBeLessThan(rig.now + 5000);
    rig.hangUp(socket);
    expect(rig.machine.nextWakeAt()).toBeUndefined();
  });

  it("wraps events by the property `combined`, which the entrance decides first", () => {
    const rig = createRig();
    const raw = rig.dial("/public/ws");
    const property = (id: number): Json =>
      rig.send(id, { method: "GET_PROPERTY", params: ["combined"], id: 2 });
    expect(property(raw)).toEqual([{ result: false, id: 2 }]);
    expect(property(rig.dial("/public/stream"))).toEqual([{ result: true, id: 2 }]);
    rig.subscribe(raw, "btcusdt@depth");
    rig.advance(600);
    expect(rig.frames(raw)[0].e).toBe("depthUpdate");
    expect(rig.send(raw, { method: "SET_PROPERTY", params: ["combined", true], id: 5 })).toEqual([
      { result: null, id: 5 },
    ]);
    rig.take();
    rig.advance(600);
    expect(rig.frames(raw)[0]).toMatchObject({ stream: "btcusdt@depth", data: { e: "depthUpdate" } });
  });

  it.each([
    ["{", error(3)],
    ["", error(3)],
    ["[]", error(2)],
    ["17", error(2)],
    [{ id: 1 }, error(2, 1)],
    [{ method: "DANCE", id: 1 }, error(2, 1)],
    [{ method: "subscribe", params: ["btcusdt@depth"], id: 1 }, error(2, 1)],
    [{ method: "SUBSCRIBE", id: 1 }, error(2, 1)],
    [{ method: "SUBSCRIBE", params: "btcusdt@depth", id: 1 }, error(2, 1)],
    [{ method: "SUBSCRIBE", params: [1], id: 1 }, error(2, 1)],
    [{ method: "SUBSCRIBE", params: ["not a stream"], id: 1 }, error(2, 1)],
    [{ method: "SUBSCRIBE", params: ["btcusdt@depth"], id: -1 }, error(2)],
    [{ method: "SUBSCRIBE", params: ["btcusdt@depth"], id: 1.5 }, error(2)],
    [{ method: "SUBSCRIBE", params: ["btcusdt@depth"], id: {} }, error(2)],
    [{ method: "SET_PROPERTY", params: ["combined", "yes"], id: 1 }, error(1, 1)],
    [{ method: "SET_PROPERTY", params: ["color", true], id: 1 }, error(0, 1)],
    [{ method: "SET_PROPERTY", params: ["combined", true, 1], id: 1 }, error(2, 1)],
    [{ method: "GET_PROPERTY", params: [5], id: 1 }, error(2, 1)],
    [{ method: "GET_PROPERTY", params: ["combined", "x"], id: 1 }, error(2, 1)],
    [new Uint8Array([0xff, 0xfe]), error(3)],
  ])("refuses %j", (frame, expected) => {
    const rig = createRig();
    const socket = rig.dial("/public/ws");
    expect(rig.send(socket, frame)).toEqual([expected]);
    rig.advance(5000);
    expect(rig.frames(socket).filter((one) => one.e !== undefined)).toEqual([]);
    expect(rig.send(socket, { method: "LIST_SUBSCRIPTIONS", id: 1 })).toEqual([{ result: [], id: 1 }]);
  });

  it("acknowledges what it will never serve, and stays quiet", () => {
    const rig = createRig();
    const socket = rig.dial("/public/stream");
    rig.subscribe(
      socket,
      "nopeusdt@depth",
      "BTCUSDT@depth",
      "btcusdt@depth@250ms",
      "btcusdt@depth@1s",
      "btcusdt@depth7",
      "btcusdt@nonsense",
      "btcusdt",
      "!bookTicker",
    );
    rig.subscribe(socket, "omgusdt@depth", "egldusdt@bookTicker");
    rig.advance(10_000);
    expect(rig.frames(socket)).toEqual([]);
  });

  it("ends a connection that asks for more than 1024 streams", () => {
    const rig = createRig();
    const socket = rig.dial("/public/ws");
    const names = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) => `s${from + i}usdt@depth`);
    rig.subscribe(socket, ...names(0, 1024));
    rig.subscribe(socket, ...names(1000, 1024));
    expect(rig.send(socket, { method: "SUBSCRIBE", params: names(1024, 1025), id: 7 })).toEqual([
      error(2, 7),
    ]);
    expect(rig.take().at(-1)).toMatchObject({ effect: "close", connectionId: socket, code: 1008 });
  });
});

describe("routes", () => {
  const everything = [
    "btcusdt@depth",
    "btcusdt@bookTicker",
    "btcusdt@trade",
    "btcusdt@aggTrade",
    "btcusdt@markPrice",
  ];
  const served = (path: string): string[] => {
    const rig = createRig();
    const socket = rig.dial(path);
    rig.subscribe(socket, ...everything);
    rig.advance(20_000);
    return [...new Set(rig.frames(socket).map((event) => (event.data ?? event).e as string))].sort();
  };

  it("serve their own streams only", () => {
    expect(served("/public/ws")).toEqual(["bookTicker", "depthUpdate", "trade"]);
    expect(served("/public/stream")).toEqual(["bookTicker", "depthUpdate", "trade"]);
    expect(served("/market/ws")).toEqual(["aggTrade", "markPriceUpdate"]);
    expect(served("/market/stream")).toEqual(["aggTrade", "markPriceUpdate"]);
  });

  it("without a prefix serve nothing any more, and private ones no market data", () => {
    for (const path of ["/ws", "/stream", "/ws/btcusdt@depth", "/private/ws"])
      expect(served(path)).toEqual([]);
  });

  it("take streams from the URL", () => {
    const rig = createRig();
    const one = rig.dial("/public/ws/btcusdt@depth@100ms");
    const two = rig.dial("/public/ws/btcusdt@depth/ethusdt@depth");
    const combined = rig.dial("/market/stream?streams=btcusdt@aggTrade/btcusdt@markPrice@1s");
    const encoded = rig.dial(`/public/stream?streams=${encodeURIComponent("币安人生usdt@depth")}`);
    rig.advance(10_000);
    const sent = rig
      .take()
      .flatMap((effect) =>
        effect.effect === "send" ? [`${effect.connectionId} ${effect.facts.stream}`] : [],
      );
    expect(new Set(sent)).toEqual(
      new Set([
        `${one} btcusdt@depth@100ms`,
        `${two} btcusdt@depth`,
        `${two} ethusdt@depth`,
        `${combined} btcusdt@aggTrade`,
        `${combined} btcusdt@markPrice@1s`,
        `${encoded} 币安人生usdt@depth`,
      ]),
    );
  });

  it("refuse paths that are no entrance", () => {
    for (const path of [
      "/",
      "/public",
      "/publicws",
      "/elsewhere/ws",
      "/fapi/v1/depth",
      "/public/websocket",
    ]) {
      expect(createRig().tryDial(path)).toMatchObject({ status: 404 });
    }
  });
});

describe("trade streams", () => {
  it("@trade is every fill at once", () => {
    const rig = createRig();
    const socket = rig.dial("/public/ws");
    rig.subscribe(socket, "btcusdt@trade");
    const before = rig.machine.tradesOf("BTCUSDT").length;
    rig.advance(20_000);
    const events = rig.frames(socket);
    expect(Object.keys(events[0])).toEqual(["e", "E", "T", "s", "t", "p", "q", "X", "m", "st"]);
    expect(events.map((one) => [one.t, one.p, one.q, one.T, one.m])).toEqual(
      rig.machine
        .tradesOf("BTCUSDT")
        .slice(before)
        .map((one) => [one.tradeId, one.price, one.amount, one.at, one.takerSide === "sell"]),
    );
  });

  it("@aggTrade is what REST shows, every 100 ms", () => {
    const rig = createRig({ eventsPerSecond: 60 });
    const socket = rig.dial("/market/ws");
    rig.subscribe(socket, "btcusdt@aggTrade");
    rig.advance(20_000);
    const events = rig.frames(socket);
    expect(Object.keys(events[0])).toEqual(["e", "E", "a", "s", "p", "q", "nq", "f", "l", "T", "m", "st"]);
    for (const one of events) {
      expect(one.E % 100).toBe(0);
      expect(one.T).toBeLessThan(one.E);
    }
    const rows = rig.get(`/fapi/v1/aggTrades?symbol=BTCUSDT&fromId=${events[0].a}&limit=1000`).json;
    expect(events.map(({ a, p, q, nq, f, l, T, m }) => ({ a, p, q, nq, f, l, T, m }))).toEqual(rows);
  });

  it("a gap in aggregates is filled by REST from the last id", () => {
    const rig = createRig({ eventsPerSecond: 60 });
    let socket = rig.dial("/market/ws/btcusdt@aggTrade");
    rig.advance(5000);
    const before = rig.frames(socket);
    rig.hangUp(socket);
    rig.advance(5000);
    socket = rig.dial("/market/ws/btcusdt@aggTrade");
    rig.advance(5000);
    const after = rig.frames(socket);
    const missed = rig.get(`/fapi/v1/aggTrades?symbol=BTCUSDT&fromId=${before.at(-1).a + 1}&limit=1000`).json;
    const ids = new Set<number>([...before, ...missed, ...after].map((one) => one.a));
    expect(Math.max(...ids) - Math.min(...ids) + 1).toBe(ids.size);
    expect(missed.length).toBeGreaterThan(after.length);
  });
});

describe("mark price", () => {
  it("comes every second or every three, on the full second", () => {
    const rig = createRig();
    const socket = rig.dial("/market/stream");
    rig.subscribe(socket, "btcusdt@markPrice@1s", "ethusdt@markPrice", "btcusdt_261225@markPrice@1s");
    rig.advance(12_500);
    const frames = rig.frames(socket);
    const of = (stream: string): Json[] =>
      frames.filter((one) => one.stream === stream).map((one) => one.data);
    const fast = of("btcusdt@markPrice@1s");
    expect(fast).toHaveLength(12);
    expect(of("ethusdt@markPrice")).toHaveLength(4);
    expect(Object.keys(fast[0])).toEqual(["e", "E", "s", "p", "ap", "P", "i", "r", "T", "st"]);
    for (const one of fast) {
      expect(one.E % 1000).toBe(0);
      for (const price of [one.p, one.ap, one.P, one.i]) expect(price).toMatch(/^\d+\.\d{8}$/);
      expect(one.T).toBeGreaterThan(one.E);
    }
    expect(of("btcusdt_261225@markPrice@1s")[0]).toMatchObject({ r: "", T: 0 });
    const rest = rig.get("/fapi/v1/premiumIndex?symbol=BTCUSDT").json;
    expect(rest).toMatchObject({ nextFundingTime: fast[0].T });
  });
});
