import { describe, expect, it } from "vitest";
import { RateLimitError } from "../../src/errors/index.js";
import type { LimitRevision } from "../../src/rate-limit/index.js";
import { settle } from "../support/virtual-time.js";
import { ANSWERED, setUp, windowPool } from "./support.js";

const SECOND = 1_000;

describe("what the venue says is left", () => {
  it("is believed where others have spent of it", async () => {
    const { send, limiter } = setUp(windowPool("a", 10, SECOND));
    (await send({ a: 1 })).settle({ answered: true, remaining: { a: 3 } });
    expect(limiter.headroom()[0]).toMatchObject({ used: 7, free: 3 });
    expect(limiter.canAfford({ a: 4 })).toBe(false);
    expect(limiter.canAfford({ a: 3 })).toBe(true);
  });

  it("is what may go, also where more is allowed than was declared, or less", async () => {
    const { send, limiter } = setUp(windowPool("a", 10, SECOND, { window: "fixed" }));
    (await send({ a: 5 })).settle({ answered: true, remaining: { a: 25 } });
    expect(limiter.headroom()[0]).toMatchObject({ used: 0, free: 10 });
    (await send({ a: 1 })).settle({ answered: true, remaining: { a: 0 } });
    expect(limiter.canAfford({ a: 1 })).toBe(false);
  });

  it("raises a decaying counter", async () => {
    const { send, limiter, time } = setUp({
      id: "c",
      kind: "decaying",
      limit: 10,
      decayPerSecond: 1,
      reserve: 0,
    });
    (await send({ c: 1 })).settle({ answered: true, remaining: { c: 2 } });
    expect(limiter.headroom()[0]).toMatchObject({ used: 8, free: 2 });
    await time.advance(3 * SECOND);
    expect(limiter.headroom()[0]).toMatchObject({ used: 5, free: 5 });
  });
});

describe("a limit that the venue tells while the program runs", () => {
  it("holds at once where it is lower, for all who share the pool and for calls that wait", async () => {
    const { go, limiter, limits, passed, time } = setUp(windowPool("a", 10, SECOND));
    const other = limits.open();
    for (let call = 0; call < 8; call += 1) await go(`${call}`, { a: 1 });
    passed.length = 0;
    void go("waits", { a: 4 });
    limiter.revise({ a: 6 });
    expect(other.headroom()[0]).toMatchObject({ limit: 6, used: 8, free: 0 });
    expect(other.canAfford({ a: 1 })).toBe(false);
    await time.advance(SECOND - 1);
    expect(passed).toEqual([]);
    await time.advance(1);
    expect(passed).toEqual(["waits"]);
    expect(other.canAfford({ a: 2 })).toBe(true);
    expect(other.canAfford({ a: 3 })).toBe(false);
  });

  it("lets those who wait go at once where it is higher", async () => {
    const { go, limiter, passed } = setUp(windowPool("a", 2, SECOND));
    await go("first", { a: 2 });
    void go("second", { a: 2 });
    void go("third", { a: 2 });
    limiter.revise({ a: 4 });
    await settle();
    expect(passed).toEqual(["first", "second"]);
  });

  it("keeps the reserve's share, and what a counter falls by in all", async () => {
    const { limiter, go, time } = setUp({
      id: "c",
      kind: "decaying",
      limit: 100,
      decayPerSecond: 10,
      reserve: 0.2,
    });
    await go("all", { c: 80 });
    await go("cancels", { c: 20 }, { lane: "cancel" });
    limiter.revise({ c: 50 });
    expect(limiter.headroom()[0]).toMatchObject({ limit: 50, used: 100, free: 0, freeForCancels: 0 });
    await time.advance(5 * SECOND);
    expect(limiter.headroom()[0]).toMatchObject({ used: 50 });
    await time.advance(5 * SECOND);
    expect(limiter.headroom()[0]).toMatchObject({ used: 0, free: 40 });
    expect(limiter.canAfford({ c: 40 })).toBe(true);
    expect(limiter.canAfford({ c: 41 }, { lane: "cancel" })).toBe(false);
  });

  it("below the weight of a call refuses it, those that wait as well, and holds up nobody behind", async () => {
    const { limiter, go, passed } = setUp(windowPool("a", 10, SECOND), windowPool("b", 2, SECOND));
    await go("spent", { a: 1, b: 2 });
    const waits = limiter.acquire({ a: 8, b: 1 });
    limiter.revise({ a: 5 });
    await expect(waits).rejects.toMatchObject({ code: "RATE_LIMITED" });
    await expect(limiter.acquire({ a: 8 })).rejects.toBeInstanceOf(RateLimitError);
    expect(limiter.canAfford({ a: 8 })).toBe(false);
    await go("light", { a: 4 });
    expect(passed).toEqual(["spent", "light"]);
    // More than was ever declared is misuse as before.
    expect(() => limiter.acquire({ a: 11 })).toThrow(TypeError);
    limiter.revise({ a: 20 });
    await go("heavy", { a: 11 });
    expect(passed).toEqual(["spent", "light", "heavy"]);
  });

  it("is told once, and to those whom it concerns", async () => {
    const { limits } = setUp(windowPool("a", 10, SECOND), windowPool("o", 10, SECOND, { scope: "account" }));
    const told: [string, LimitRevision][] = [];
    const [one, two] = ["one", "two"].map((account) =>
      limits.open({ key: account, account, onRevision: (revision) => told.push([account, revision]) }),
    );
    one?.revise({ a: 10 });
    expect(told).toEqual([]);
    one?.revise({ a: 8 });
    two?.revise({ a: 8 });
    const revision = { pool: "a", scope: "ip", previous: 10, limit: 8 };
    expect(told).toEqual([
      ["one", revision],
      ["two", revision],
    ]);
    told.length = 0;
    // In an answer: of the account whose call it was.
    for (let call = 0; call < 2; call += 1) {
      const permit = await two?.acquire({ o: 1 });
      permit?.settle({ answered: true, limits: { o: 4, a: 1 }, remaining: { o: 1 } });
    }
    expect(told).toEqual([["two", { pool: "o", scope: "account", previous: 10, limit: 4 }]]);
    expect(two?.headroom().find(({ pool }) => pool === "o")).toMatchObject({ limit: 4, used: 3 });
    (await one?.acquire({ o: 1 }))?.settle(ANSWERED);
    expect(one?.headroom().find(({ pool }) => pool === "o")).toMatchObject({ limit: 10 });
  });

  it("is nonsense if it is none", async () => {
    const { limiter, send } = setUp(windowPool("a", 10, SECOND));
    for (const limit of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => limiter.revise({ a: limit })).toThrow(TypeError);
    expect(() => limiter.revise({ b: 1 })).toThrow(TypeError);
    // What an answer tells is not the caller's doing.
    (await send({ a: 1 })).settle({ answered: true, limits: { a: 0 } });
    expect(limiter.headroom()[0]).toMatchObject({ limit: 10 });
  });
});

describe("linked pools", () => {
  it("let a cancel wait for one turn, and not for one in each of them", async () => {
    const { go, passed, time } = setUp(windowPool("a", 1, 100), windowPool("b", 1, 100));
    await go("spent", { a: 1, b: 1 });
    void go("data a", { a: 1 }, { lane: "marketData" });
    void go("data b", { b: 1 }, { lane: "marketData" });
    for (let call = 0; call < 8; call += 1) void go("place", { a: 1, b: 1 }, { lane: "place" });
    await time.advance(800);
    passed.length = 0;
    void go("cancel", { a: 1, b: 1 }, { lane: "cancel" });
    await time.advance(1_000);
    expect(passed).toEqual(["data a", "cancel", "data b"]);
  });
});
