import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createNaiveBook } from "./support/naive-book.js";
import { createRig, deltas, type Json, type Rig } from "./support/rig.js";

const BTC = "BTC_USDT";

/** The venue's best levels right after an id. */
function truthAt(rig: Rig, symbol: string, updateId: string, depth: number) {
  const book = rig.machine.bookAt(symbol, BigInt(updateId));
  if (book === undefined) throw new Error(`no book at ${updateId}`);
  return { bids: book.bids.slice(0, depth), asks: book.asks.slice(0, depth) };
}

const pairs = (rows: readonly [string, string, string][]) => rows.map(([price, amount]) => [price, amount]);

describe("a subscription to snapshots", () => {
  it("is acknowledged, and sends the whole book down to the depth every half second, changed or not", () => {
    const rig = createRig();
    const socket = rig.dial();
    expect(rig.subscribe(socket, `book.${BTC}.10`)).toEqual([
      { id: expect.any(Number), method: "subscribe", code: 0, channel: `book.${BTC}.10` },
    ]);
    rig.advance(999);
    expect(rig.frames(socket)).toEqual([]);
    rig.advance(1);
    const [first] = rig.frames(socket);
    expect(Object.keys(first)).toEqual(["id", "method", "code", "result"]);
    expect(first).toMatchObject({ id: -1, method: "subscribe", code: 0 });
    expect(Object.keys(first.result)).toEqual([
      "instrument_name",
      "subscription",
      "channel",
      "depth",
      "data",
    ]);
    expect(first.result).toMatchObject({
      instrument_name: BTC,
      subscription: `book.${BTC}.10`,
      channel: "book",
      depth: 10,
      data: { length: 1 },
    });
    rig.advance(3000);
    rig.machine.freeze(BTC);
    rig.advance(3000);
    const frames = rig.frames(socket);
    expect(frames).toHaveLength(12);
    for (const [index, { result }] of frames.entries()) {
      const [element] = result.data;
      expect(Object.keys(element)).toEqual(["asks", "bids", "t", "tt", "u", "cs"]);
      expect(element.t).toBe(first.result.data[0].t + (index + 1) * 500);
      expect(element.tt).toBeLessThanOrEqual(element.t);
      expect({ bids: pairs(element.bids), asks: pairs(element.asks) }).toEqual(
        truthAt(rig, BTC, element.u, 10),
      );
    }
    expect(new Set(frames.slice(-5).map((one) => one.result.data[0].u)).size).toBe(1);
  });

  it("are what one gets without the venue's spelling of the parameters, and at any speed", () => {
    const rig = createRig();
    for (const params of [
      {},
      { bookSubscriptionType: "SNAPSHOT_AND_UPDATE", bookUpdateFrequency: 10 },
      { book_subscription_type: "SNAPSHOT", book_update_frequency: 10 },
      { book_subscription_type: "SNAPSHOT", book_update_frequency: "100" },
      { book_subscription_type: "SNAPSHOT", book_update_frequency: 500 },
    ]) {
      const socket = rig.dial();
      rig.subscribe(socket, `book.${BTC}.50`, params);
      rig.take();
      rig.advance(5000);
      const frames = rig.frames(socket);
      expect(frames.map((one) => one.result.channel)).toEqual(Array(9).fill("book"));
      rig.hangUp(socket);
    }
  });

  it("is served at depth 150, which nobody documents", () => {
    const rig = createRig();
    const socket = rig.dial();
    rig.subscribe(socket, `book.${BTC}.150`);
    rig.advance(1000);
    expect(rig.frames(socket)[0].result).toMatchObject({
      depth: 150,
      data: [{ bids: { length: 150 }, asks: { length: 150 } }],
    });
  });
});

describe("a subscription to deltas", () => {
  it("begins with a snapshot and goes on from its u, link by link", () => {
    const rig = createRig({ eventsPerSecond: 60 });
    const socket = rig.dial();
    rig.subscribe(socket, [`book.${BTC}.10`, `book.${BTC}.50`], deltas(10));
    rig.advance(20_000);
    const frames = rig.frames(socket);
    const ids: Record<string, bigint[]> = {};
    for (const depth of [10, 50]) {
      const mine = frames.filter((one) => one.result.depth === depth).map(({ result }) => result);
      expect(mine[0].channel).toBe("book");
      expect(mine.length).toBeGreaterThan(300);
      for (const [index, result] of mine.slice(1).entries()) {
        expect(result.channel).toBe("book.update");
        const [element] = result.data;
        expect(Object.keys(element)).toEqual(["update", "t", "tt", "u", "pu", "cs"]);
        expect(Object.keys(element.update)).toEqual(["asks", "bids"]);
        expect(element.pu).toBe(mine[index].data[0].u);
        expect(BigInt(element.u)).toBeGreaterThanOrEqual(BigInt(element.pu));
        expect(element.tt).toBeLessThanOrEqual(element.t);
        expect(Number.isInteger(element.cs) && Math.abs(element.cs) < 2 ** 31).toBe(true);
      }
      ids[depth] = mine.map((result) => BigInt(result.data[0].u));
    }
    // One instrument, one count: what the shallow stream tells of, the deep one tells of under the same id.
    const deep = new Set(ids[50]);
    expect(ids[10]!.slice(1).every((id) => deep.has(id))).toBe(true);
    // Beyond what a double can tell apart, and close together at times.
    const all = ids[50]!;
    expect(all[0]).toBeGreaterThan(2n ** 53n);
    expect(
      all.some((id, index) => index > 0 && id !== all[index - 1] && Number(id) === Number(all[index - 1])),
    ).toBe(true);
  });

  it("writes rows best first, deletions with zero amount and zero orders, numbers at the instrument's scale", () => {
    const rig = createRig();
    const socket = rig.dial();
    const shapes: Record<string, [RegExp, RegExp]> = {
      [BTC]: [/^\d+\.\d{2}$/, /^\d+\.\d{5}$/],
      ETH_USDT: [/^\d+\.\d{2}$/, /^\d+\.\d{4}$/],
      CRO_USD: [/^0\.\d{5}$/, /^\d+$/],
      SHIB_USDT: [/^0\.\d{9}$/, /^\d+0$/],
      "BTCUSD-PERP": [/^\d+\.\d$/, /^\d+\.\d{4}$/],
    };
    rig.subscribe(
      socket,
      Object.keys(shapes).map((symbol) => `book.${symbol}.50`),
      deltas(),
    );
    rig.advance(15_000);
    const deleted = new Set<string>();
    for (const { result } of rig.frames(socket)) {
      const [price, amount] = shapes[result.instrument_name]!;
      const [element] = result.data;
      const { bids, asks } = element.update ?? element;
      for (const [rows, sign] of [
        [bids, -1],
        [asks, 1],
      ]) {
        const prices = rows.map(([text]: [string]) => Number(text) * sign);
        expect(prices).toEqual([...new Set<number>(prices)].sort((a, b) => a - b));
        for (const row of rows) {
          expect(row).toHaveLength(3);
          expect(row[0]).toMatch(price);
          if (row[1] === "0") {
            expect(row[2]).toBe("0");
            deleted.add(result.instrument_name);
          } else {
            expect(row[1]).toMatch(amount);
            expect(row[2]).toMatch(/^[1-9]$/);
          }
        }
      }
    }
    expect(deleted).toEqual(new Set(Object.keys(shapes)));
  });

  it("keeps a client that never trims at exactly the depth, as levels leave and enter it", () => {
    const rig = createRig({ eventsPerSecond: 100, levels: 30 });
    const socket = rig.dial();
    rig.subscribe(socket, `book.${BTC}.10`, deltas(10));
    rig.advance(8000);
    const client = createNaiveBook();
    let pushedOut = 0;
    for (const frame of rig.frames(socket)) {
      const before = client.book();
      client.onFrame(frame);
      const after = client.book();
      const whole = rig.machine.bookAt(BTC, BigInt(client.lastUpdateId!))!;
      expect(after).toEqual({ bids: whole.bids.slice(0, 10), asks: whole.asks.slice(0, 10) });
      const now = new Set(after.bids.map(([price]) => price));
      const still = new Set(whole.bids.map(([price]) => price));
      if (before.bids.some(([price]) => !now.has(price) && still.has(price))) pushedOut++;
    }
    expect(client.gaps).toBe(0);
    expect(pushedOut).toBeGreaterThan(20);
  });

  it("says nothing of changes beyond the depth until something else is due, and then jumps over them", () => {
    const rig = createRig();
    const socket = rig.dial();
    rig.subscribe(socket, `book.${BTC}.10`, deltas(10));
    rig.advance(2000);
    rig.machine.freeze(BTC);
    rig.advance(50);
    rig.take();
    const { bids } = rig.machine.bookOf(BTC);
    rig.advance(5000);
    const quiet = rig.frames(socket);
    expect(quiet).toHaveLength(1);
    expect(quiet[0].result.data[0].update).toEqual({ asks: [], bids: [] });
    rig.machine.publish(BTC, [{ side: "bid", price: bids[20]![0], amount: "0" }]);
    rig.advance(20);
    rig.take();
    // Taken back in one update; the row beyond the depth is told, and taken out of the client's book again.
    rig.machine.unfreeze(BTC);
    rig.machine.freeze(BTC);
    rig.advance(20);
    const [back] = rig.frames(socket);
    expect(back.result.data[0].update.bids).toEqual([
      [...bids[20]!, expect.any(String)],
      [bids[20]![0], "0", "0"],
    ]);
  });

  it("sends an empty delta after five quiet seconds, whose u has moved if the book has beyond the depth", () => {
    const rig = createRig({ eventsPerSecond: 0.7, seed: 5 });
    const socket = rig.dial();
    rig.subscribe(socket, `book.${BTC}.10`, deltas(10));
    rig.advance(400_000);
    const frames = rig.frames(socket);
    const empty = frames.filter(({ result }) => {
      const { update } = result.data[0];
      return update !== undefined && update.bids.length + update.asks.length === 0;
    });
    const moved = empty.filter(({ result }) => result.data[0].u !== result.data[0].pu);
    expect(empty.length).toBeGreaterThan(moved.length);
    expect(moved.length).toBeGreaterThan(0);
    for (const [index, frame] of frames.entries()) {
      if (index === 0) continue;
      const pause = frame.result.data[0].t - frames[index - 1].result.data[0].t;
      expect(pause).toBeLessThanOrEqual(5000);
      if (empty.includes(frame)) expect(pause).toBe(5000);
    }
    for (const { result } of moved) {
      expect(truthAt(rig, BTC, result.data[0].u, 10)).toEqual(truthAt(rig, BTC, result.data[0].pu, 10));
    }
  });

  it("comes at its frequency, ten milliseconds unless told otherwise", () => {
    const rig = createRig({ eventsPerSecond: 300 });
    const sockets = [{}, { book_update_frequency: 10 }, { book_update_frequency: "100" }].map((params) => {
      const socket = rig.dial();
      rig.subscribe(socket, `book.${BTC}.50`, { book_subscription_type: "SNAPSHOT_AND_UPDATE", ...params });
      return socket;
    });
    rig.advance(10_000);
    const effects = rig
      .take()
      .flatMap((one) => (one.effect === "send" && one.facts.kind === "book.update" ? [one] : []));
    for (const [index, interval] of [10, 10, 100].entries()) {
      const times = effects
        .filter((one) => one.connectionId === sockets[index])
        .map((one) => Number(/"t":(\d+)/.exec(one.text)![1]));
      const pauses = times.slice(1).map((time, at) => time - times[at]!);
      expect(pauses.every((pause) => pause % interval === 0)).toBe(true);
      expect(pauses.filter((pause) => pause === interval).length).toBeGreaterThan(interval === 10 ? 200 : 70);
    }
    expect(effects[0]!.facts).toEqual({ kind: "book.update", symbol: BTC, stream: `book.${BTC}.50` });
  });

  it("begins anew with another subscription, without one in between to end it", () => {
    const rig = createRig({ eventsPerSecond: 100 });
    const socket = rig.dial();
    rig.subscribe(socket, `book.${BTC}.50`, deltas());
    rig.advance(3000);
    rig.take();
    expect(rig.subscribe(socket, `book.${BTC}.50`, deltas())).toMatchObject([{ code: 0 }]);
    rig.advance(2000);
    const frames = rig.frames(socket);
    const at = frames.findIndex((one) => one.result.channel === "book");
    expect(at).toBeGreaterThan(3);
    expect(frames.filter((one) => one.result.channel === "book")).toHaveLength(1);
    for (const [index, { result }] of frames.entries()) {
      if (index > 0 && index !== at) expect(result.data[0].pu).toBe(frames[index - 1].result.data[0].u);
    }
  });

  it("asked for twice before its snapshot is one stream with one snapshot", () => {
    const rig = createRig();
    const socket = rig.dial();
    rig.subscribe(socket, `book.${BTC}.50`, deltas());
    rig.advance(300);
    rig.subscribe(socket, `book.${BTC}.50`, deltas());
    rig.advance(10_000);
    const frames = rig.frames(socket);
    expect(frames.filter((one) => one.result.channel === "book")).toHaveLength(1);
    expect(new Set(frames.map((one) => one.result.data[0].u)).size).toBe(frames.length);
  });

  it("takes the place of snapshots of the same channel, and they of it", () => {
    const rig = createRig();
    const socket = rig.dial();
    rig.subscribe(socket, `book.${BTC}.50`);
    rig.advance(2000);
    rig.take();
    rig.subscribe(socket, `book.${BTC}.50`, deltas());
    rig.advance(3000);
    const channels = rig.frames(socket).map((one) => one.result.channel);
    expect([channels[0], new Set(channels.slice(1))]).toEqual(["book", new Set(["book.update"])]);
    rig.subscribe(socket, `book.${BTC}.50`, { book_subscription_type: "SNAPSHOT" });
    rig.advance(3000);
    const back = rig.frames(socket).map((one) => one.result.channel);
    expect(back).toEqual(Array(5).fill("book"));
  });

  it("ends with its subscription or its connection", () => {
    const rig = createRig();
    const socket = rig.dial();
    const other = rig.dial();
    rig.subscribe(socket, [`book.${BTC}.10`, `book.${BTC}.50`], deltas());
    rig.subscribe(other, `book.${BTC}.10`, deltas());
    rig.advance(3000);
    rig.take();
    rig.send(socket, { id: 7, method: "unsubscribe", params: { channels: [`book.${BTC}.10`] } });
    rig.hangUp(other);
    rig.advance(3000);
    const effects = rig.take().flatMap((one) => (one.effect === "send" ? [one] : []));
    expect(
      new Set(effects.map((one) => `${one.connectionId} ${one.facts.stream ?? one.facts.kind}`)),
    ).toEqual(new Set([`${socket} ack`, `${socket} book.${BTC}.50`]));
  });
});

describe("ground truth of the past", () => {
  it("bookAt is the book as it was, as far back as it is remembered", () => {
    const rig = createRig({ historySize: 2048 });
    const seen: Json[] = [];
    for (let i = 0; i < 30; i++) {
      rig.advance(250);
      rig.get(`public/get-book?instrument_name=${BTC}&depth=1`);
      seen.push(rig.machine.bookOf(BTC));
    }
    for (const book of seen) expect(rig.machine.bookAt(BTC, book.lastUpdateId)).toEqual(book);
    expect(rig.machine.bookAt(BTC, seen.at(-1).lastUpdateId + 1n)).toBeUndefined();
    expect(rig.machine.bookAt(BTC, 5n)).toBeUndefined();
    rig.advance(600_000);
    rig.get(`public/get-book?instrument_name=${BTC}&depth=1`);
    expect(rig.machine.bookAt(BTC, seen[0].lastUpdateId)).toBeUndefined();
  });
});

describe("a client that follows the venue's page", () => {
  it("stays equal to the venue's best levels, whatever is lost and however often it begins anew", () => {
    const action = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 1200 }) }),
      },
      {
        weight: 2,
        arbitrary: fc.record({ do: fc.constant("lose" as const), ms: fc.integer({ min: 1, max: 300 }) }),
      },
      { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("again" as const, "reconnect" as const) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("freeze" as const, "unfreeze" as const) }) },
      {
        weight: 1,
        arbitrary: fc.record({
          do: fc.constant("publish" as const),
          rank: fc.integer({ min: 0, max: 70 }),
          amount: fc.constantFrom("0", "1", "2.5"),
        }),
      },
    );
    fc.assert(
      fc.property(
        fc.integer(),
        fc.constantFrom(BTC, "SHIB_USDT", "CRO_USD"),
        fc.constantFrom(10, 50),
        fc.constantFrom(10 as const, 100 as const),
        fc.array(action, { minLength: 5, maxLength: 40 }),
        (seed, symbol, depth, frequency, actions) => {
          const rig = createRig({ seed, levels: 60, eventsPerSecond: 40 });
          const channel = `book.${symbol}.${depth}`;
          const subscribe = (): void => {
            rig.subscribe(socket, channel, deltas(frequency));
          };
          let socket = rig.dial();
          let client = createNaiveBook(subscribe);
          let lost = 0;
          subscribe();
          const deliver = (): void => {
            const frames = rig.frames(socket);
            for (const [index, frame] of frames.entries()) {
              client.onFrame(frame);
              // The truth of every frame would take most of the time.
              if (!client.live || (index % 4 > 0 && index < frames.length - 1)) continue;
              expect(client.book()).toEqual(truthAt(rig, symbol, client.lastUpdateId!, depth));
            }
          };
          for (const one of actions) {
            switch (one.do) {
              case "wait":
                rig.advance(one.ms);
                deliver();
                break;
              case "lose":
                rig.advance(one.ms);
                lost += rig.frames(socket).length;
                break;
              case "again":
                subscribe();
                break;
              case "reconnect":
                rig.hangUp(socket);
                rig.take();
                socket = rig.dial();
                client = createNaiveBook(subscribe);
                subscribe();
                break;
              case "publish": {
                const { bids } = rig.machine.bookOf(symbol);
                const price = bids[Math.min(one.rank, bids.length - 1)]![0];
                rig.machine.publish(symbol, [{ side: "bid", price, amount: one.amount }]);
                break;
              }
              default:
                rig.machine[one.do](symbol);
            }
          }
          rig.machine.unfreeze(symbol);
          // What was lost shows with the next frame; a second later the client has begun anew.
          for (const ms of [5100, 1500, 3000]) {
            rig.advance(ms);
            deliver();
          }
          expect(client.live).toBe(true);
          if (lost === 0) expect(client.gaps).toBe(0);
        },
      ),
      { numRuns: 20 },
    );
  });
});
