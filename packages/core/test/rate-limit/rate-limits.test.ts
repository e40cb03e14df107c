import { describe, expect, it } from "vitest";
import { LifecycleError, RateLimitError } from "../../src/errors/index.js";
import { type RateLimitPermit, RateLimits } from "../../src/rate-limit/index.js";
import { settle } from "../support/virtual-time.js";
import { ANSWERED, setUp, windowPool } from "./support.js";

const WEIGHT = windowPool("weight", 100, 1_000);
const DIALS = windowPool("dials", 2, 10_000);

describe("the rate limiter", () => {
  it("lets through what fits and keeps the rest in order", async () => {
    const { time, passed, go } = setUp(WEIGHT);
    void go("a", { weight: 60 });
    void go("b", { weight: 60 });
    void go("c", { weight: 1 });
    await time.advance(0);
    expect(passed).toEqual(["a"]);
    await time.advance(999);
    expect(passed).toEqual(["a"]);
    await time.advance(1);
    expect(passed).toEqual(["a", "b", "c"]);
    expect(time.pending).toBe(0);
  });

  it("waits for every pool that a call costs, and holds up nobody who costs another", async () => {
    const { time, passed, go } = setUp(WEIGHT, DIALS);
    void go("a", { dials: 2 });
    void go("b", { weight: 1, dials: 1 });
    void go("c", { weight: 99 });
    await time.advance(9_999);
    expect(passed).toEqual(["a", "c"]);
    await time.advance(1);
    expect(passed).toEqual(["a", "c", "b"]);
  });

  it("keeps the room that the first one needs, and lets a later one have the rest", async () => {
    const { time, passed, go } = setUp(WEIGHT, DIALS);
    void go("a", { dials: 2 });
    void go("big", { weight: 80, dials: 1 });
    void go("too much", { weight: 21 });
    void go("little", { weight: 20 }, { lane: "marketData" });
    await time.advance(9_999);
    // "too much" would take room from "big", and waits for it: so "little", which is behind both, waits as well.
    expect(passed).toEqual(["a"]);
    await time.advance(1);
    expect(passed).toEqual(["a", "big"]);
    await time.advance(1_000);
    expect(passed).toEqual(["a", "big", "too much", "little"]);
  });

  it("counts what is under way until it is answered, and a whole interval from then", async () => {
    const { time, passed, go, send } = setUp(WEIGHT);
    const permit = await send({ weight: 100 });
    void go("b", { weight: 1 });
    await time.advance(5_000);
    expect(passed).toEqual([]);
    permit.settle(ANSWERED);
    permit.settle(ANSWERED);
    await time.advance(999);
    expect(passed).toEqual([]);
    await time.advance(1);
    expect(passed).toEqual(["b"]);
  });

  it("takes back what never left, and counts what was given up for as long as it may still arrive", async () => {
    const { time, passed, go, send } = setUp(WEIGHT);
    const first = await send({ weight: 100 });
    void go("b", { weight: 100 });
    await settle();
    first.release();
    await settle();
    expect(passed).toEqual(["b"]);
    await time.advance(1_000);
    const lost = await send({ weight: 100 });
    lost.settle({ answered: false, arrivesWithinMs: 300 });
    void go("c", { weight: 1 });
    await time.advance(1_299);
    expect(passed).toEqual(["b"]);
    await time.advance(1);
    expect(passed).toEqual(["b", "c"]);
  });

  it("is left by an aborted call, whoever stands behind it", async () => {
    const { time, passed, go } = setUp(WEIGHT);
    const abort = new AbortController();
    void go("a", { weight: 50 });
    const big = expect(go("big", { weight: 100 }, { signal: abort.signal })).rejects.toBeInstanceOf(
      LifecycleError,
    );
    const middle = expect(go("middle", { weight: 9 }, { signal: abort.signal })).rejects.toBeInstanceOf(
      LifecycleError,
    );
    void go("small", { weight: 50 });
    await settle();
    expect(passed).toEqual(["a"]);
    abort.abort();
    await Promise.all([big, middle]);
    expect(passed).toEqual(["a", "small"]);
    await expect(go("late", { weight: 1 }, { signal: abort.signal })).rejects.toMatchObject({
      code: "ABORTED",
    });
    await time.advance(10_000);
    expect(passed).toEqual(["a", "small"]);
    expect(time.pending).toBe(0);
  });

  it("serves, aborts and refuses among 100,000 who wait", async () => {
    const { time, passed, go, limiter } = setUp(windowPool("weight", 1_000, 1_000));
    const abort = new AbortController();
    const refused: unknown[] = [];
    for (let index = 0; index < 100_000; index += 1) {
      const kind = index % 4;
      const options = kind === 1 ? { signal: abort.signal } : kind === 2 ? { maxQueueMs: 10_500 } : {};
      go(String(index), { weight: 1 }, options).catch((error: unknown) => refused.push(error));
    }
    expect(limiter.headroom()[0]?.waiting).toBe(99_000);
    await time.advance(2_000);
    expect(passed).toHaveLength(3_000);
    abort.abort();
    await settle();
    expect(refused).toHaveLength(25_000 - 750);
    await time.advance(100_000);
    expect(passed.length + refused.length).toBe(100_000);
    expect(passed.map(Number)).toEqual(passed.map(Number).sort((a, b) => a - b));
    expect(time.pending).toBe(0);
  }, 20_000);

  it("refuses misuse", () => {
    const { limiter } = setUp(WEIGHT, windowPool("orders", 10, 1_000, { scope: "pair" }), {
      id: "reserved",
      limit: 100,
      intervalMs: 1_000,
    });
    expect(() => limiter.acquire({ wieght: 1 })).toThrow(TypeError);
    expect(() => limiter.acquire({ weight: 101 })).toThrow(TypeError);
    expect(() => limiter.acquire({ weight: -1 })).toThrow(TypeError);
    expect(() => limiter.acquire({ weight: Number.NaN })).toThrow(TypeError);
    expect(() => limiter.acquire({ orders: 1 })).toThrow(TypeError);
    expect(() => limiter.acquire({ reserved: 96 })).toThrow(TypeError);
    const ports = { clock: setUp().time, timers: setUp().time };
    expect(() => new RateLimits(ports, [WEIGHT, WEIGHT])).toThrow(TypeError);
    expect(() => new RateLimits(ports, [windowPool("a", 0, 1)])).toThrow(TypeError);
    expect(() => new RateLimits(ports, [windowPool("a", 1, 0)])).toThrow(TypeError);
    expect(() => new RateLimits(ports, [windowPool("a", 1, 1, { reserve: 1 })])).toThrow(TypeError);
    expect(() => new RateLimits(ports, [{ kind: "decaying", id: "a", limit: 1, decayPerSecond: 0 }])).toThrow(
      TypeError,
    );
  });
});

describe("a decaying counter", () => {
  it("lets through what it has decayed by, and no more", async () => {
    const { time, passed, go } = setUp({
      kind: "decaying",
      id: "calls",
      limit: 15,
      decayPerSecond: 0.5,
      reserve: 0,
    });
    void go("a", { calls: 15 });
    void go("b", { calls: 1 });
    void go("c", { calls: 2 });
    await time.advance(1_999);
    expect(passed).toEqual(["a"]);
    await time.advance(1);
    expect(passed).toEqual(["a", "b"]);
    await time.advance(4_001);
    expect(passed).toEqual(["a", "b", "c"]);
    expect(time.pending).toBe(0);
  });

  it("does not decay what is under way, and rises to the venue's", async () => {
    const { time, passed, go, send } = setUp({
      kind: "decaying",
      id: "calls",
      limit: 10,
      decayPerSecond: 1,
      reserve: 0,
    });
    const permit = await send({ calls: 1 });
    void go("b", { calls: 10 });
    await time.advance(60_000);
    expect(passed).toEqual([]);
    permit.settle({ answered: true, used: { calls: 8 } });
    await time.advance(7_999);
    expect(passed).toEqual([]);
    await time.advance(1);
    expect(passed).toEqual(["b"]);
  });
});

describe("the venue's own count", () => {
  const FIXED = windowPool("weight", 100, 1_000, { window: "fixed" });
  const used = (weight: number) => ({ answered: true, used: { weight } });

  it("is believed where it is more", async () => {
    const { time, limiter, passed, go, send } = setUp(WEIGHT);
    (await send({ weight: 1 })).settle({ answered: true, used: { weight: 95, unknown: 7 } });
    expect(limiter.headroom()[0]).toMatchObject({ used: 95, free: 5 });
    void go("a", { weight: 6 });
    await time.advance(999);
    expect(passed).toEqual([]);
    await time.advance(1);
    expect(passed).toEqual(["a"]);
  });

  it("is not what is under way: an answer that overtakes others takes nothing from them", async () => {
    const { limiter, send } = setUp(FIXED);
    const permits = await Promise.all(Array.from({ length: 5 }, () => send({ weight: 10 })));
    const usedNow = (): number | undefined => limiter.headroom()[0]?.used;
    // Another program has spent 20. The venue handled them in their order; the fourth is heard of first.
    permits[3]?.settle(used(60));
    expect(usedNow()).toBe(100);
    permits[0]?.settle(used(30));
    permits[2]?.settle(used(50));
    permits[1]?.settle(used(40));
    expect(usedNow()).toBe(70);
    permits[4]?.settle(used(70));
    expect(usedNow()).toBe(70);
  });

  it("does not make two of calls that come back in another order", async () => {
    const { time, limiter, send } = setUp(FIXED);
    const permits = await Promise.all(Array.from({ length: 10 }, () => send({ weight: 10 })));
    for (const [index, permit] of permits.toReversed().entries()) permit.settle(used(100 - index * 10));
    expect(limiter.headroom()[0]?.used).toBe(100);
    await time.advance(1_000);
    expect(limiter.headroom()[0]?.used).toBe(0);
  });

  it("of a fixed window that has ended is followed down, but not below what need not be in it", async () => {
    const { time, limiter, send } = setUp(FIXED);
    (await send({ weight: 40 })).settle(used(40));
    (await send({ weight: 30 })).settle(used(70));
    await time.advance(300);
    const overlapping = await send({ weight: 9 });
    const next = await send({ weight: 5 });
    // The window ended between; of the 79 only the 5 are in the new one, and the 9 may come to it.
    next.settle(used(5));
    expect(limiter.headroom()[0]?.used).toBe(14);
    overlapping.settle(used(14));
    expect(limiter.headroom()[0]?.used).toBe(14);
    (await send({ weight: 1 })).settle(used(15));
    expect(limiter.headroom()[0]?.used).toBe(15);
  });

  it("of a fixed window is no more than our own calls, when those have left", async () => {
    const { time, limiter, send } = setUp(FIXED);
    (await send({ weight: 30 })).settle(ANSWERED);
    await time.advance(400);
    (await send({ weight: 10 })).settle(ANSWERED);
    await time.advance(100);
    // A window has begun between the two.
    (await send({ weight: 5 })).settle(used(15));
    expect(limiter.headroom()[0]?.used).toBe(15);
    await time.advance(899);
    expect(limiter.headroom()[0]?.used).toBe(15);
    await time.advance(1);
    expect(limiter.headroom()[0]?.used).toBe(5);
  });

  it("is believed alone, both ways, while it proves that others spend as well", async () => {
    const { time, limiter, send } = setUp(FIXED);
    (await send({ weight: 10 })).settle(used(60));
    expect(limiter.headroom()[0]?.used).toBe(60);
    await time.advance(300);
    // A new window, in which the other program goes on: ours could explain all of it, and need not.
    (await send({ weight: 5 })).settle(used(15));
    expect(limiter.headroom()[0]?.used).toBe(15);
    await time.advance(699);
    expect(limiter.headroom()[0]?.used).toBe(15);
    await time.advance(1);
    expect(limiter.headroom()[0]?.used).toBe(5);
  });

  it("is met by what was under way only as long as that may have left", async () => {
    const { limiter, send } = setUp(FIXED);
    const [first, second] = await Promise.all([send({ weight: 10 }), send({ weight: 10 })]);
    first?.settle(used(50));
    expect(limiter.headroom()[0]?.used).toBe(60);
    second?.release();
    expect(limiter.headroom()[0]?.used).toBe(50);
  });

  it("of a sliding window is never followed down", async () => {
    const { limiter, send } = setUp(WEIGHT);
    (await send({ weight: 40 })).settle(used(40));
    (await send({ weight: 30 })).settle(used(30));
    expect(limiter.headroom()[0]?.used).toBe(70);
  });

  it("is heard of by a call that costs nothing", async () => {
    const { limiter, send } = setUp(FIXED);
    (await send({ weight: 0 })).settle(used(60));
    expect(limiter.headroom()[0]?.used).toBe(60);
  });
});

describe("lanes", () => {
  it("go by urgency, and first come first served inside", async () => {
    const { time, passed, go } = setUp(windowPool("weight", 1, 1_000));
    void go("first", { weight: 1 });
    await settle();
    void go("data 1", { weight: 1 }, { lane: "marketData" });
    void go("query 1", { weight: 1 });
    void go("query 2", { weight: 1 }, { lane: "query" });
    void go("place", { weight: 1 }, { lane: "place" });
    void go("cancel 1", { weight: 1 }, { lane: "cancel" });
    void go("cancel 2", { weight: 1 }, { lane: "cancel" });
    await time.advance(10_000);
    expect(passed).toEqual(["first", "cancel 1", "cancel 2", "place", "query 1", "query 2", "data 1"]);
  });

  it("that are passed over eight times take a turn, never two in a row", async () => {
    const { time, passed, go } = setUp(windowPool("weight", 1, 1_000));
    for (let index = 0; index < 40; index += 1) void go("c", { weight: 1 }, { lane: "cancel" });
    for (const lane of ["place", "query", "marketData"] as const) {
      for (let index = 0; index < 40; index += 1) void go(lane.charAt(0), { weight: 1 }, { lane });
    }
    await time.advance(40_000);
    // Eight cancels between two turns of a lane, one of them after each turn of another.
    expect(passed.slice(0, 36).join("")).toBe(`ccccccccc${"pcqcmcccccc".repeat(2)}pcqcm`);
  });

  it("of a pool are not held up by one that waits for another", async () => {
    const { time, passed, go } = setUp(WEIGHT, DIALS);
    void go("a", { dials: 2 });
    for (let index = 0; index < 20; index += 1) void go("stuck", { weight: 1, dials: 1 }, { lane: "cancel" });
    void go("data", { weight: 50 }, { lane: "marketData" });
    await time.advance(0);
    expect(passed).toEqual(["a", "data"]);
  });
});

describe("the reserve", () => {
  it("lets cancels pass while the data lane is saturated (R05)", async () => {
    const { time, limiter, passed, go } = setUp({
      id: "weight",
      limit: 100,
      intervalMs: 1_000,
      reserve: 0.1,
    });
    for (let index = 0; index < 200; index += 1) void go("data", { weight: 1 }, { lane: "marketData" });
    await settle();
    expect(passed).toHaveLength(90);
    expect(limiter.headroom()[0]).toMatchObject({ free: 0, freeForCancels: 10 });
    for (let index = 0; index < 12; index += 1) void go("cancel", { weight: 1 }, { lane: "cancel" });
    void go("place", { weight: 1 }, { lane: "place" });
    await settle();
    expect(passed.slice(90)).toEqual(Array.from({ length: 10 }, () => "cancel"));
    await time.advance(1_000);
    expect(passed.slice(100, 104)).toEqual(["cancel", "cancel", "place", "data"]);
  });

  it("is not all that cancels may have, and cancels do not starve the others by it", async () => {
    const { time, passed, go } = setUp({ id: "weight", limit: 20, intervalMs: 1_000, reserve: 0.1 });
    for (let index = 0; index < 200; index += 1) void go("cancel", { weight: 1 }, { lane: "cancel" });
    for (let index = 0; index < 20; index += 1) void go("data", { weight: 3 }, { lane: "marketData" });
    await settle();
    expect(passed.filter((name) => name === "cancel").length).toBeGreaterThan(10);
    expect(passed).not.toContain("data");
    await time.advance(3_000);
    expect(passed.filter((name) => name === "data").length).toBeGreaterThanOrEqual(4);
  });

  it("stays whole when the venue counts more than we do, as long as there is room", async () => {
    const { limiter, send } = setUp({ id: "weight", limit: 100, intervalMs: 1_000, reserve: 0.1 });
    (await send({ weight: 1 })).settle({ answered: true, used: { weight: 94 } });
    expect(limiter.headroom()[0]).toMatchObject({ used: 94, free: 0, freeForCancels: 6 });
    expect(limiter.canAfford({ weight: 6 }, { lane: "cancel" })).toBe(true);
    expect(limiter.canAfford({ weight: 7 }, { lane: "cancel" })).toBe(false);
    expect(limiter.canAfford({ weight: 1 })).toBe(false);
  });
});

describe("order counts (R02)", () => {
  const POOLS = [
    windowPool("requestWeight", 2_400, 60_000, { window: "fixed" }),
    windowPool("orders10s", 300, 10_000, { window: "fixed", scope: "account" }),
    windowPool("orders1m", 1_200, 60_000, { window: "fixed", scope: "account" }),
  ];

  it("hold orders of one account back by both windows, and neither those of another nor queries", async () => {
    const { time, limits, passed, go } = setUp(...POOLS);
    const one = limits.open({ account: "one" });
    const sameOne = limits.open({ account: "one" });
    const two = limits.open({ account: "two" });
    const order = { orders10s: 1, orders1m: 1, requestWeight: 0 };
    for (let index = 0; index < 1_000; index += 1) {
      void go("one", order, { lane: "place" }, one);
      void go("one", order, { lane: "place" }, sameOne);
    }
    void go("two", order, { lane: "place" }, two);
    void go("query", { requestWeight: 40 });
    const countOne = (): number => passed.filter((name) => name === "one").length;
    await settle();
    expect(countOne()).toBe(300);
    expect(passed).toContain("two");
    expect(passed).toContain("query");
    await time.advance(10_000);
    expect(countOne()).toBe(600);
    await time.advance(49_999);
    expect(countOne()).toBe(1_200);
    await time.advance(1);
    expect(countOne()).toBe(1_500);
  });

  it("are corrected by the venue, as orders of other programs count as well", async () => {
    const { time, limits } = setUp(...POOLS);
    const limiter = limits.open({ account: "one" });
    const order = { orders10s: 1, orders1m: 1 };
    (await limiter.acquire(order, { lane: "place" })).settle({
      answered: true,
      used: { orders10s: 300, orders1m: 301 },
    });
    expect(limiter.canAfford(order, { lane: "place" })).toBe(false);
    await time.advance(10_000);
    expect(limiter.canAfford(order, { lane: "place" })).toBe(true);
  });
});

describe("scopes", () => {
  it("of key, account, pair and connection have a pool each, and share the address's", async () => {
    const { limits, limiter } = setUp(
      windowPool("ip", 100, 1_000),
      windowPool("key", 1, 1_000, { scope: "key" }),
      windowPool("account", 1, 1_000, { scope: "account" }),
      windowPool("pair", 1, 1_000, { scope: "pair" }),
      windowPool("connection", 1, 1_000, { scope: "connection" }),
    );
    const a1 = limits.open({ key: "k1", account: "a" });
    const a2 = limits.open({ key: "k2", account: "a" });
    const b = limits.open({ key: "k3", account: "b" });
    const btc = { tradingPair: "BTC-USDT" };
    const first = { connectionId: "1" };
    (await a1.acquire({ ip: 60 })).settle(ANSWERED);
    (await a1.acquire({ key: 1 })).settle(ANSWERED);
    (await a1.acquire({ account: 1 })).settle(ANSWERED);
    (await a1.acquire({ pair: 1 }, btc)).settle(ANSWERED);
    (await a1.acquire({ connection: 1 }, first)).settle(ANSWERED);

    expect(a2.headroom().map(({ pool, of, used }) => [pool, of, used])).toEqual([
      ["ip", undefined, 60],
      ["account", undefined, 1],
      ["pair", "BTC-USDT", 1],
    ]);
    expect([a1, a2, b, limiter].map((view) => view.canAfford({ ip: 41 }))).toEqual([
      false,
      false,
      false,
      false,
    ]);
    expect([a1, a2, b, limiter].map((view) => view.canAfford({ key: 1 }))).toEqual([false, true, true, true]);
    expect([a1, a2, b].map((view) => view.canAfford({ account: 1 }))).toEqual([false, false, true]);
    expect([a1, a2, b].map((view) => view.canAfford({ pair: 1 }, btc))).toEqual([false, false, true]);
    expect(a1.canAfford({ pair: 1 }, { tradingPair: "ETH-USDT" })).toBe(true);
    expect([a1, a2].map((view) => view.canAfford({ connection: 1 }, first))).toEqual([false, true]);
    expect(a1.canAfford({ connection: 1 }, { connectionId: "2" })).toBe(true);
  });

  it("forget pairs that are no more", async () => {
    const { time, limiter, go } = setUp(windowPool("pair", 1, 1_000, { scope: "pair" }));
    const last = async (from: number, count: number): Promise<void> => {
      for (let index = from; index < from + count; index += 1) {
        await go("", { pair: 1 }, { tradingPair: `PAIR${index}` });
      }
    };
    await last(0, 1_000);
    await time.advance(1_000);
    await last(1_000, 1_000);
    expect(limiter.headroom().length).toBeLessThan(1_500);
    expect(limiter.canAfford({ pair: 1 }, { tradingPair: "PAIR1999" })).toBe(false);
  });
});

describe("maxQueueMs", () => {
  it("refuses at its end, and lets those behind pass", async () => {
    const { time, passed, go, send } = setUp(windowPool("weight", 100, 1_000, { window: "fixed" }));
    (await send({ weight: 50 })).settle(ANSWERED);
    const refused = expect(go("big", { weight: 100 }, { maxQueueMs: 300 })).rejects.toMatchObject({
      code: "RATE_QUEUE_TIMEOUT",
    });
    void go("small", { weight: 50 });
    await time.advance(299);
    expect(passed).toEqual([]);
    await time.advance(1);
    await refused;
    expect(passed).toEqual(["small"]);
  });

  it("refuses at once what must wait longer: for the window, for the counter, for a stop", async () => {
    const { time, send } = setUp(WEIGHT, {
      kind: "decaying",
      id: "calls",
      limit: 10,
      decayPerSecond: 1,
      reserve: 0,
    });
    const refused = async (cost: Record<string, number>, maxQueueMs: number): Promise<boolean> => {
      let error: unknown;
      send(cost, { maxQueueMs }).catch((reason: unknown) => {
        error = reason;
      });
      await settle();
      return error instanceof RateLimitError;
    };
    (await send({ weight: 100, calls: 10 })).settle(ANSWERED);
    await time.advance(400);
    expect(await refused({ weight: 1 }, 599)).toBe(true);
    expect(await refused({ weight: 1 }, 600)).toBe(false);
    expect(await refused({ calls: 2 }, 1_599)).toBe(true);
    expect(await refused({ calls: 2 }, 1_600)).toBe(false);
    await time.advance(60_000);
    (await send({ weight: 1 })).settle({
      answered: true,
      refusal: { reason: "stop", forMs: 5_000, stops: "pools" },
    });
    expect(await refused({ weight: 1 }, 4_999)).toBe(true);
    expect(await refused({ weight: 1 }, 5_000)).toBe(false);
  });

  it("is not outslept: what the wall clock says counts as well", async () => {
    const { time, passed, go } = setUp(WEIGHT);
    void go("a", { weight: 100 });
    const refused = expect(go("b", { weight: 1 }, { maxQueueMs: 2_000 })).rejects.toBeInstanceOf(
      RateLimitError,
    );
    void go("c", { weight: 1 });
    await time.advance(500);
    // The machine sleeps for an hour; monotonic time does not pass meanwhile.
    time.wallJump += 3_600_000;
    await time.advance(500);
    await refused;
    expect(passed).toEqual(["a", "c"]);
  });
});

describe("a stop", () => {
  const stop = { reason: "stop", forMs: 5_000, stops: "pools" } as const;

  it("stops the pools of the refused call, tells so, and lets one call go first when it is over", async () => {
    const { time, limiter, notices, passed, go, send } = setUp(WEIGHT, DIALS);
    const start = time.now();
    (await send({ weight: 1 })).settle({ answered: true, refusal: stop });
    const sent: RateLimitPermit[] = [];
    for (let index = 0; index < 5; index += 1) {
      void send({ weight: 1 }).then((permit) => void sent.push(permit));
    }
    void go("other", { dials: 1 });
    await time.advance(4_999);
    expect(passed).toEqual(["other"]);
    expect(sent).toHaveLength(0);
    expect(limiter.canAfford({ weight: 1 })).toBe(false);
    expect(limiter.headroom().map(({ isStopped }) => isStopped)).toEqual([true, false]);
    await time.advance(1);
    expect(sent).toHaveLength(1);
    await time.advance(1_000);
    expect(sent).toHaveLength(1);
    sent[0]?.settle(ANSWERED);
    await settle();
    expect(sent).toHaveLength(5);
    expect(notices).toEqual([
      { scope: "ip", pool: "weight", reason: "stop", untilTimestamp: start + 5_000 },
      { scope: "ip", pool: "weight", reason: "resumed", untilTimestamp: start + 5_000 },
    ]);
  });

  it("that was too short costs one call", async () => {
    const { time, notices, send } = setUp(WEIGHT);
    (await send({ weight: 1 })).settle({ answered: true, refusal: stop });
    let sent = 0;
    for (let index = 0; index < 20; index += 1) {
      void send({ weight: 1 }).then((permit) => {
        sent += 1;
        permit.settle({ answered: true, refusal: stop });
      });
    }
    await time.advance(15_000);
    expect(sent).toBe(3);
    expect(notices.map(({ reason }) => reason)).toEqual([
      "stop",
      "resumed",
      "stop",
      "resumed",
      "stop",
      "resumed",
      "stop",
    ]);
  });

  it("goes on behind a probe that is not answered or never leaves", async () => {
    const { time, send } = setUp(WEIGHT);
    (await send({ weight: 1 })).settle({ answered: true, refusal: stop });
    const sent: RateLimitPermit[] = [];
    for (let index = 0; index < 5; index += 1)
      void send({ weight: 1 }).then((permit) => void sent.push(permit));
    await time.advance(5_000);
    sent[0]?.release();
    await settle();
    expect(sent).toHaveLength(2);
    sent[1]?.settle({ answered: false, arrivesWithinMs: 100 });
    await settle();
    expect(sent).toHaveLength(3);
    sent[2]?.settle(ANSWERED);
    await settle();
    expect(sent).toHaveLength(5);
  });

  it("is not cut by a shorter one, and is told once for answers that say the same", async () => {
    const { time, notices, passed, go, send } = setUp(WEIGHT);
    const permits = await Promise.all([1, 2, 3, 4].map(() => send({ weight: 1 })));
    permits[0]?.settle({ answered: true, refusal: stop });
    await time.advance(10);
    permits[1]?.settle({ answered: true, refusal: stop });
    permits[2]?.settle({ answered: true, refusal: { ...stop, forMs: 1_000 } });
    expect(notices).toHaveLength(1);
    permits[3]?.settle({ answered: true, refusal: { ...stop, reason: "ban", forMs: 60_000 } });
    void go("a", { weight: 1 });
    await time.advance(59_999);
    expect(passed).toEqual([]);
    await time.advance(1);
    expect(passed).toEqual(["a"]);
    expect(notices.map(({ reason }) => reason)).toEqual(["stop", "ban", "resumed"]);
  });

  it("of the address stops all, of an account its calls only, and tells those whom it concerns", async () => {
    const { time, limits, notices, passed, go, send } = setUp(
      WEIGHT,
      windowPool("orders", 10, 1_000, { scope: "account" }),
    );
    const told: string[] = [];
    const one = limits.open({ account: "one", onNotice: ({ reason }) => told.push(`one ${reason}`) });
    const two = limits.open({ account: "two", onNotice: ({ reason }) => told.push(`two ${reason}`) });
    const order = { orders: 1, weight: 1 };
    (await one.acquire(order)).settle({ answered: true, refusal: { ...stop, stops: "account" } });
    void go("one's order", order, {}, one);
    void go("one's query", { weight: 1 }, {}, one);
    void go("two's order", order, {}, two);
    await time.advance(4_999);
    expect(passed).toEqual(["one's query", "two's order"]);
    await time.advance(1);
    expect(passed).toContain("one's order");
    expect(told).toEqual(["one stop", "one resumed"]);
    expect(notices).toEqual([]);

    (await send({ weight: 1 })).settle({ answered: true, refusal: { ...stop, reason: "ban", stops: "ip" } });
    expect(told.slice(2)).toEqual(["one ban", "two ban"]);
    expect(notices).toMatchObject([{ scope: "ip", pool: undefined, reason: "ban" }]);
    passed.length = 0;
    void go("anything", {}, {}, two);
    await time.advance(4_999);
    expect(passed).toEqual([]);
    await time.advance(1);
    expect(passed).toEqual(["anything"]);
  });

  it("of a scope that the call does not cost stops its pools", async () => {
    const { limiter, send } = setUp(WEIGHT, DIALS);
    (await send({ weight: 1 })).settle({ answered: true, refusal: { ...stop, stops: "key" } });
    expect(limiter.canAfford({ weight: 1 })).toBe(false);
    expect(limiter.canAfford({ dials: 1 })).toBe(true);
  });

  it("leaves no timer when nobody is there to be told, and goes on for who comes back", async () => {
    const { time, limits, limiter, passed, go, send } = setUp(WEIGHT);
    (await send({ weight: 1 })).settle({ answered: true, refusal: stop });
    expect(time.pending).toBe(1);
    limiter.close();
    expect(time.pending).toBe(0);
    await time.advance(1_000);
    const reasons: string[] = [];
    const again = limits.open({ onNotice: ({ reason }) => reasons.push(reason) });
    void go("a", { weight: 1 }, {}, again);
    await time.advance(3_999);
    expect(passed).toEqual([]);
    await time.advance(1);
    expect(passed).toEqual(["a"]);
    expect(reasons).toEqual(["resumed"]);
  });

  it("may be answered with a call at once", async () => {
    const { time, limits, send } = setUp(WEIGHT);
    let done = 0;
    const caller = limits.open({
      onNotice: () =>
        void caller.acquire({ weight: 1 }).then((permit) => {
          done += 1;
          permit.settle(ANSWERED);
        }),
    });
    (await send({ weight: 1 })).settle({ answered: true, refusal: stop });
    await time.advance(5_000);
    expect(done).toBe(2);
    caller.close();
  });
});

describe("canAfford", () => {
  it("says what acquire would do at this moment, behind those who wait", async () => {
    const { limiter, go } = setUp(WEIGHT);
    expect(limiter.canAfford({ weight: 100 })).toBe(true);
    void go("a", { weight: 60 });
    await settle();
    expect(limiter.canAfford({ weight: 41 })).toBe(false);
    expect(limiter.canAfford({ weight: 40 })).toBe(true);
    void go("b", { weight: 50 });
    await settle();
    expect(limiter.canAfford({ weight: 1 })).toBe(false);
    expect(limiter.canAfford({ weight: 1 }, { lane: "marketData" })).toBe(false);
    expect(limiter.canAfford({ weight: 40 }, { lane: "place" })).toBe(true);
    expect(limiter.canAfford({ weight: 0 })).toBe(true);
  });
});
