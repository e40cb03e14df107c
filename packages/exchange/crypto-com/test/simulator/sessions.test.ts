import { describe, expect, it } from "vitest";
import { createRig, deltas, START } from "./support/rig.js";

const subscribe = (id: number) => ({ id, method: "subscribe", params: { channels: ["book.BTC_USDT.10"] } });

describe("the routes", () => {
  it("are those of the market and of users, and no others", () => {
    const rig = createRig();
    expect(rig.tryDial("/exchange/v1/market?x=1")).toBe("accept");
    expect(rig.tryDial("/exchange/v1/user")).toBe("accept");
    for (const path of ["/", "/v2/market", "/exchange/v1/market/"]) {
      expect(rig.tryDial(path)).toMatchObject({ status: 404 });
    }
  });
});

describe("heartbeats", () => {
  it("come every thirty seconds with the venue's time as id, and are not replied to", () => {
    const rig = createRig();
    const socket = rig.open();
    rig.answersHeartbeats = false;
    const ids: number[] = [];
    for (let second = 0; second < 200; second++) {
      rig.advance(1000);
      for (const one of rig.take()) {
        if (one.effect === "close") throw new Error("closed although it answers");
        if (one.effect !== "send") continue;
        expect(one.facts).toEqual({ kind: "heartbeat" });
        const frame = JSON.parse(one.text);
        expect(one.text).toBe(`{"id":${frame.id},"method":"public/heartbeat","code":0}`);
        ids.push(frame.id);
        expect(rig.send(socket, { id: frame.id, method: "public/respond-heartbeat" })).toEqual([]);
      }
    }
    expect(ids.length).toBeGreaterThanOrEqual(6);
    expect(ids[0]! - START).toBeGreaterThanOrEqual(5000);
    expect(ids[0]! - START).toBeLessThanOrEqual(30_000);
    expect(ids.slice(1).every((id, index) => id - ids[index]! === 30_000)).toBe(true);
  });

  it.each([
    ["not answered", undefined],
    ["answered with another id", 17],
  ])("that are %s within five seconds end the connection with 1000", (_, id) => {
    const rig = createRig();
    const socket = rig.dial();
    rig.answersHeartbeats = false;
    rig.subscribe(socket, "book.BTC_USDT.10", deltas());
    rig.take();
    let sentAt = 0;
    for (let second = 0; second < 60; second++) {
      rig.advance(1000);
      for (const one of rig.take()) {
        if (one.effect === "send" && one.facts.kind === "heartbeat") {
          sentAt = JSON.parse(one.text).id;
          if (id !== undefined) rig.send(socket, { id, method: "public/respond-heartbeat" });
        }
        if (one.effect !== "close") continue;
        expect(one).toEqual({ effect: "close", connectionId: socket, code: 1000, reason: "" });
        expect(rig.now - sentAt).toBeGreaterThanOrEqual(5000);
        expect(rig.now - sentAt).toBeLessThan(6000);
        rig.advance(60_000);
        expect(rig.take()).toEqual([]);
        expect(rig.send(socket, subscribe(1))).toEqual([]);
        expect(rig.machine.nextWakeAt()).toBeUndefined();
        return;
      }
    }
    throw new Error("not closed");
  });

  it("come at other times to each connection", () => {
    const rig = createRig();
    for (let i = 0; i < 6; i++) rig.open();
    rig.advance(30_000);
    const times = rig.take().flatMap((one) => (one.effect === "send" ? [JSON.parse(one.text).id] : []));
    expect(times).toHaveLength(6);
    expect(new Set(times).size).toBeGreaterThan(4);
  });
});

describe("pings", () => {
  it("come from the venue every five seconds, and need no answer", () => {
    const rig = createRig();
    const socket = rig.open();
    rig.advance(100_000);
    const pings = rig.take().filter((one) => one.effect === "ping");
    expect(pings).toEqual(Array(20).fill({ effect: "ping", connectionId: socket, payload: "" }));
  });

  it("of a client are answered with their payload", () => {
    const rig = createRig();
    const socket = rig.open();
    rig.ping(socket, "hello");
    expect(rig.take()).toEqual([
      { effect: "pong", connectionId: socket, payload: new TextEncoder().encode("hello") },
    ]);
  });
});

describe("the limit of requests", () => {
  const refusal = { id: 1, method: "subscribe", code: 42901, message: "TOO_MANY_REQUESTS" };

  it("is a hundred in a second of the clock", () => {
    const rig = createRig();
    const socket = rig.dial();
    for (let i = 0; i < 100; i++) expect(rig.send(socket, subscribe(1))).toMatchObject([{ code: 0 }]);
    rig.advance(999);
    expect(rig.send(socket, subscribe(1))).toEqual([refusal]);
    rig.take();
    rig.advance(1);
    expect(rig.send(socket, subscribe(1))).toMatchObject([{ code: 0 }]);
  });

  it.each([
    [0, 100],
    [250, 75],
    [995, 0],
  ])("is for a socket opened %i ms into a second what is left of it: %i", (offset, count) => {
    const rig = createRig({ startAt: START + offset });
    const socket = rig.open();
    for (let i = 0; i < count; i++) expect(rig.send(socket, subscribe(1))).toMatchObject([{ code: 0 }]);
    expect(rig.send(socket, subscribe(1))).toEqual([refusal]);
    rig.advance(1000 - offset);
    for (let i = 0; i < 100; i++) expect(rig.send(socket, subscribe(1))).toMatchObject([{ code: 0 }]);
    expect(rig.send(socket, subscribe(1))).toEqual([refusal]);
  });

  it("is each connection's own", () => {
    const rig = createRig();
    const [one, other] = [rig.dial(), rig.dial()];
    for (let i = 0; i < 101; i++) rig.send(one, subscribe(1));
    expect(rig.send(other, subscribe(1))).toMatchObject([{ code: 0 }]);
  });
});
