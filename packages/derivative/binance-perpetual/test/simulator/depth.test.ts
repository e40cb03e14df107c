import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createNaiveBook } from "./support/naive-book.js";
import { createRig, type Json } from "./support/rig.js";

const BTC = "BTCUSDT";

describe("diff depth streams", () => {
  it("have the venue's fields in the venue's order", () => {
    const rig = createRig();
    const socket = rig.dial("/public/ws");
    rig.subscribe(socket, "btcusdt@depth@100ms");
    rig.advance(1000);
    const events = rig.frames(socket);
    expect(events.length).toBeGreaterThan(5);
    for (const event of events) {
      expect(Object.keys(event)).toEqual(["e", "E", "T", "s", "ps", "U", "u", "pu", "b", "a", "st"]);
      expect(event).toMatchObject({ e: "depthUpdate", s: BTC, ps: BTC, st: 1 });
      expect(event.T).toBeLessThanOrEqual(event.E);
      expect(event.pu).toBeLessThan(event.U);
      expect(event.U).toBeLessThanOrEqual(event.u);
      expect(event.b.length + event.a.length).toBeGreaterThan(0);
      for (const side of [event.b, event.a]) {
        const prices = side.map(([price]: [string]) => Number(price));
        expect(prices).toEqual([...new Set<number>(prices)].sort((a, b) => a - b));
        for (const [price, amount] of side) {
          // Two decimals although the tick is 0.10.
          expect(price).toMatch(/^\d+\.\d0$/);
          expect(amount).toMatch(/^\d+\.\d{3}$/);
        }
      }
    }
  });

  it("write deletions with zeros at the symbol's scale, for symbols of every scale", () => {
    const rig = createRig();
    const socket = rig.dial("/public/stream");
    const shapes: Record<string, [RegExp, string]> = {
      "btcusdt@depth": [/^\d+\.\d0$/, "0.000"],
      "solusdt@depth": [/^\d+\.\d\d00$/, "0.00"],
      "dogeusdt@depth": [/^0\.\d{5}0$/, "0"],
      "1000pepeusdt@depth": [/^0\.\d{7}$/, "0"],
      "btcusdc@depth": [/^\d+\.\d$/, "0.000"],
      "币安人生usdt@depth": [/^0\.\d{4}000$/, "0"],
    };
    rig.subscribe(socket, ...Object.keys(shapes));
    rig.advance(10_000);
    const deletions = new Set<string>();
    for (const { stream, data } of rig.frames(socket)) {
      const [price, zero] = shapes[stream]!;
      for (const row of [...data.b, ...data.a]) {
        expect(row[0]).toMatch(price);
        if (Number(row[1]) === 0) {
          expect(row[1]).toBe(zero);
          deletions.add(stream);
        }
      }
    }
    expect(deletions).toEqual(new Set(Object.keys(shapes)));
  });

  it("chain by pu, at their own speed and boundaries, over one id space", () => {
    const rig = createRig({ seed: 4 });
    const socket = rig.dial("/public/stream");
    const speeds = { "btcusdt@depth@100ms": 100, "btcusdt@depth": 250, "btcusdt@depth@500ms": 500 };
    rig.subscribe(socket, ...Object.keys(speeds));
    rig.advance(30_000);
    const frames = rig.frames(socket);
    const phases = new Set<number>();
    for (const [stream, interval] of Object.entries(speeds)) {
      const events = frames.filter((frame) => frame.stream === stream).map((frame) => frame.data);
      expect(events.length).toBeGreaterThan((30_000 / interval) * 0.7);
      expect(events.length).toBeLessThanOrEqual(30_000 / interval + 1);
      phases.add(events[0].E % 100);
      for (const [index, event] of events.entries()) {
        expect((event.E - events[0].E) % interval).toBe(0);
        if (index > 0) expect(event.pu).toBe(events[index - 1].u);
        // Never consecutive: an event's first id is not the one after the last event's.
        if (index > 0) expect(event.U).toBeGreaterThan(event.pu);
      }
      expect(events.some((event, index) => index > 0 && event.U > event.pu + 1)).toBe(true);
    }
    expect(phases.size).toBeGreaterThan(1);
    const ids = (stream: string): number[] =>
      frames.filter((frame) => frame.stream === stream).map((frame) => frame.data.u);
    const fast = new Set(ids("btcusdt@depth@100ms"));
    // What one speed ends an event with, the other ends one with too, unless its interval goes on.
    expect(ids("btcusdt@depth@500ms").filter((id) => fast.has(id)).length).toBeGreaterThan(0);
  });

  it("cover what changed before the subscription within the running interval", () => {
    const rig = createRig({ eventsPerSecond: 100 });
    const first = rig.dial("/public/ws/btcusdt@depth@500ms");
    rig.advance(10_250);
    const second = rig.dial("/public/ws/btcusdt@depth@500ms");
    rig.take();
    rig.advance(500);
    const effects = rig.take().flatMap((one) => (one.effect === "send" ? [one] : []));
    const mine = effects.filter((one) => one.connectionId === second);
    const others = effects.filter((one) => one.connectionId === first);
    expect(mine.map((one) => one.text)).toEqual(others.map((one) => one.text));
    // A late one alone gets the same as one that was there all along.
    const alone = createRig({ eventsPerSecond: 100 });
    alone.advance(10_250);
    const late = alone.dial("/public/ws/btcusdt@depth@500ms");
    alone.advance(500);
    expect(alone.frames(late)).toEqual(mine.map((one) => JSON.parse(one.text)));
  });

  it("send nothing when nothing changes, and go on where they were", () => {
    const rig = createRig();
    const socket = rig.dial("/public/ws/btcusdt@depth@100ms");
    rig.advance(2000);
    rig.machine.freeze(BTC);
    rig.advance(100);
    const before = rig.frames(socket);
    rig.advance(60_000);
    expect(rig.frames(socket)).toEqual([]);
    rig.machine.unfreeze(BTC);
    rig.advance(2000);
    const after = rig.frames(socket);
    expect(after[0].pu).toBe(before.at(-1).u);
    expect(after[0].T).toBeGreaterThan(rig.now - 2001);
  });

  it("are one text for all subscribers, wrapped on /stream only", () => {
    const rig = createRig();
    const raw = rig.dial("/public/ws/btcusdt@depth");
    const combined = rig.dial("/public/stream?streams=btcusdt@depth");
    rig.advance(1000);
    const effects = rig.take().flatMap((one) => (one.effect === "send" ? [one] : []));
    const texts = (id: number) => effects.filter((one) => one.connectionId === id).map((one) => one.text);
    expect(texts(combined)).toEqual(texts(raw).map((text) => `{"stream":"btcusdt@depth","data":${text}}`));
    expect(effects[0]?.facts).toEqual({ kind: "depth", symbol: BTC, stream: "btcusdt@depth" });
  });
});

describe("partial depth streams", () => {
  it("show the best levels, best first", () => {
    const rig = createRig();
    const socket = rig.dial("/public/stream");
    rig.subscribe(socket, "ethusdt@depth5@100ms", "ethusdt@depth10", "ethusdt@depth20@500ms");
    rig.advance(3000);
    const seen = new Set<string>();
    for (const { stream, data } of rig.frames(socket)) {
      seen.add(stream);
      const levels = Number(/depth(\d+)/.exec(stream)![1]);
      expect(Object.keys(data)).toEqual(["e", "E", "T", "s", "ps", "U", "u", "pu", "b", "a", "st"]);
      const truth = rig.machine.bookAt("ETHUSDT", data.u)!;
      expect(data.b).toEqual(truth.bids.slice(0, levels));
      expect(data.a).toEqual(truth.asks.slice(0, levels));
    }
    expect(seen.size).toBe(3);
  });
});

describe("book ticker", () => {
  it("follows every change of the best bid or ask", () => {
    const rig = createRig();
    const socket = rig.dial("/public/ws");
    rig.subscribe(socket, "btcusdt@bookTicker");
    rig.advance(20_000);
    const events = rig.frames(socket);
    expect(events.length).toBeGreaterThan(20);
    let previous = "";
    for (const event of events) {
      expect(Object.keys(event)).toEqual(["e", "u", "s", "ps", "b", "B", "a", "A", "T", "E", "st"]);
      const { bids, asks } = rig.machine.bookAt(BTC, event.u)!;
      expect([event.b, event.B, event.a, event.A]).toEqual([...bids[0]!, ...asks[0]!]);
      const best = `${event.b} ${event.B} ${event.a} ${event.A}`;
      expect(best).not.toBe(previous);
      previous = best;
    }
    const truth = rig.machine.bookOf(BTC);
    expect(previous).toBe([...truth.bids[0]!, ...truth.asks[0]!].join(" "));
  });
});

describe("REST snapshot", () => {
  it("is exactly the book at its id", () => {
    const rig = createRig();
    rig.advance(5000);
    const { json } = rig.get(`/fapi/v1/depth?symbol=${BTC}&limit=1000`);
    expect(Object.keys(json)).toEqual(["lastUpdateId", "E", "T", "bids", "asks"]);
    const { lastUpdateId, bids, asks } = json;
    expect({ lastUpdateId, bids, asks }).toEqual(rig.machine.bookOf(BTC));
    expect(rig.machine.bookAt(BTC, lastUpdateId)).toEqual(rig.machine.bookOf(BTC));
    for (const limit of [5, 10, 20, 50, 100, 500]) {
      const short = rig.get(`/fapi/v1/depth?symbol=${BTC}&limit=${limit}`).json;
      expect(short.bids).toEqual(bids.slice(0, limit));
      expect(short.asks).toEqual(asks.slice(0, limit));
    }
    expect(rig.get(`/fapi/v1/depth?symbol=${BTC}`).json.bids).toEqual(bids.slice(0, 500));
  });

  it("shows part of a book that is deeper than a thousand levels", () => {
    const rig = createRig({ levels: 1500 });
    const { json } = rig.get(`/fapi/v1/depth?symbol=${BTC}&limit=1000`);
    expect(json.bids).toHaveLength(1000);
    expect(rig.machine.bookOf(BTC).bids.length).toBeGreaterThan(1000);
  });
});

describe("ground truth of the past", () => {
  it("bookAt is the book as it was, as far back as it is remembered", () => {
    const rig = createRig({ historySize: 2048 });
    const seen: Json[] = [];
    for (let i = 0; i < 40; i++) {
      rig.advance(250);
      rig.get(`/fapi/v1/depth?symbol=${BTC}&limit=5`);
      seen.push(rig.machine.bookOf(BTC));
    }
    for (const book of seen) expect(rig.machine.bookAt(BTC, book.lastUpdateId)).toEqual(book);
    expect(rig.machine.bookAt(BTC, seen.at(-1).lastUpdateId + 1)).toBeUndefined();
    rig.advance(600_000);
    rig.get(`/fapi/v1/depth?symbol=${BTC}&limit=5`);
    expect(rig.machine.bookAt(BTC, seen[0].lastUpdateId)).toBeUndefined();
  });
});

describe("a client that follows the venue's page", () => {
  it("stays equal to the venue's book, however late and often it asks", () => {
    const action = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 900 }) }),
      },
      { weight: 2, arbitrary: fc.record({ do: fc.constant("ask" as const) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant("receive" as const) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant("lose" as const) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant("reconnect" as const) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("freeze" as const, "unfreeze" as const) }) },
    );
    fc.assert(
      fc.property(
        fc.integer(),
        fc.constantFrom(BTC, "DOGEUSDT", "币安人生USDT"),
        fc.constantFrom("", "@100ms", "@500ms"),
        fc.array(action, { minLength: 5, maxLength: 60 }),
        (seed, symbol, speed, actions) => {
          const rig = createRig({ seed, levels: 60, eventsPerSecond: 40 });
          const stream = `${symbol.toLowerCase()}@depth${speed}`;
          let socket = rig.dial(`/public/ws/${encodeURIComponent(stream)}`);
          let client = createNaiveBook();
          let lost = 0;
          /** A snapshot on its way to the client. */
          let answer: Json;
          const deliver = (): void => {
            for (const event of rig.frames(socket)) client.onEvent(event);
          };
          const check = (): void => {
            if (!client.live) return;
            const truth = rig.machine.bookAt(symbol, client.lastUpdateId!)!;
            expect(client.book()).toEqual({ bids: truth.bids, asks: truth.asks });
          };
          for (const one of actions) {
            switch (one.do) {
              case "wait":
                rig.advance(one.ms);
                deliver();
                break;
              case "ask":
                answer = rig.get(`/fapi/v1/depth?symbol=${encodeURIComponent(symbol)}&limit=1000`).json;
                deliver();
                break;
              case "receive":
                if (answer !== undefined) client.onSnapshot(answer);
                answer = undefined;
                break;
              case "lose":
                rig.advance(600);
                lost += rig.frames(socket).length;
                break;
              case "reconnect":
                rig.hangUp(socket);
                socket = rig.dial(`/public/ws/${encodeURIComponent(stream)}`);
                client = createNaiveBook();
                break;
              default:
                rig.machine[one.do](symbol);
            }
            check();
          }
          // In the end it always gets there: it notices what it lost, and asks again.
          rig.machine.unfreeze(symbol);
          rig.advance(2000);
          deliver();
          for (let tries = 0; tries < 40 && !client.live; tries++) {
            rig.advance(600);
            deliver();
            client.onSnapshot(rig.get(`/fapi/v1/depth?symbol=${encodeURIComponent(symbol)}&limit=1000`).json);
            rig.advance(600);
            deliver();
          }
          rig.advance(2000);
          deliver();
          expect(client.live).toBe(true);
          check();
          if (lost === 0) expect(client.gaps).toBe(0);
        },
      ),
      { numRuns: 40 },
    );
  });
});
