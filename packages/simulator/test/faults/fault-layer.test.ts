import type { ServerRequest } from "@conn/core";
import { describe, expect, it } from "vitest";
import { createFaultLayer, type Wire } from "../../src/index.js";
import { createEchoMachine } from "../support/echo-machine.js";

/** A faulty echo venue without any port: its time is set by hand, what reaches the clients is a list of lines. */
function createRig() {
  const machine = createEchoMachine();
  const lines: string[] = [];
  const text = (data: string | Uint8Array): string =>
    typeof data === "string" ? data : `bytes ${Array.from(data).join(",")}`;
  const wire: Wire = {
    respond: (id, response) =>
      lines.push(
        `respond ${id} ${response === "reset" ? "reset" : `${response.status} ${text(response.body ?? "")}`.trim()}`,
      ),
    send: (id, data) => lines.push(`send ${id} ${text(data)}`),
    ping: (id, payload) => lines.push(`ping ${id} ${payload}`),
    pong: (id) => lines.push(`pong ${id}`),
    close: (id, code) => lines.push(`close ${id} ${code}`),
    terminate: (id) => lines.push(`terminate ${id}`),
  };
  const rig = {
    at: 1000,
    schedules: 0,
    machine,
    lines,
    request(id: number, path: string) {
      layer.request(id, requestOf(path), rig.at);
    },
    dial(id: number, route: string) {
      const answer = layer.upgrade(id, requestOf(`/${route}`), rig.at);
      if (answer === "accept") layer.opened(id, rig.at);
      return answer;
    },
    say(id: number, frame: string) {
      layer.frame(id, frame, rig.at);
    },
    take: () => lines.splice(0),
    passTo(at: number) {
      for (let next = layer.nextWakeAt(); next !== undefined && next <= at; next = layer.nextWakeAt()) {
        rig.at = Math.max(rig.at, next);
        layer.wake(rig.at);
      }
      rig.at = at;
    },
  };
  const layer = createFaultLayer({
    machine,
    wire,
    now: () => rig.at,
    onSchedule: () => {
      rig.schedules++;
    },
  });
  return { ...rig, rig, layer, faults: layer.faults };
}

const requestOf = (path: string): ServerRequest => ({
  method: "GET",
  path,
  headers: {},
  body: new Uint8Array(),
  remoteAddress: "127.0.0.1",
});

describe("without faults", () => {
  it("everything passes", () => {
    const { dial, say, request, layer, take, rig } = createRig();
    expect(dial(1, "public")).toBe("accept");
    expect(dial(2, "nowhere")).toEqual({ status: 404 });
    say(1, "depth BTC");
    request(7, "/book");
    layer.ping(1, new Uint8Array(), rig.at);
    expect(take()).toEqual(["send 1 depth BTC", "respond 7 200 /book", "pong 1"]);
    expect(layer.nextWakeAt()).toBeUndefined();
  });

  it("frames of unknown sockets reach nobody", () => {
    const { say, take, machine } = createRig();
    say(9, "depth BTC");
    expect(take()).toEqual([]);
    expect(machine.inputs).toEqual([]);
  });
});

describe("drop", () => {
  it("cuts what matches, with or without a close frame, and tells the machine", () => {
    const { dial, faults, take, machine, say } = createRig();
    dial(1, "public");
    dial(2, "public");
    dial(3, "market");
    expect(faults.drop({ route: "market" })).toBe(1);
    expect(faults.drop({ connectionId: 2 }, { code: 1001, reason: "moving" })).toBe(1);
    expect(take()).toEqual(["terminate 3", "close 2 1001"]);
    expect(machine.inputs.slice(-2)).toEqual(["closed 3", "closed 2"]);
    say(2, "depth BTC");
    expect(take()).toEqual([]);
    expect(faults.drop()).toBe(1);
    expect(faults.drop()).toBe(0);
  });
});

describe("silence", () => {
  it("stops everything in both directions for its time", () => {
    const { dial, faults, say, request, take, machine, layer, passTo, rig } = createRig();
    dial(1, "public");
    const fault = faults.silence({}, 500);
    say(1, "depth BTC");
    layer.ping(1, new Uint8Array(), rig.at);
    request(5, "/book");
    machine.wakeAt(1200);
    passTo(1400);
    expect(take()).toEqual([]);
    expect(machine.inputs).toEqual(["opened 1"]);
    expect(dial(2, "public")).toBe("accept");
    say(2, "depth BTC");
    expect(take()).toEqual([]);
    expect(fault.done).toBe(false);
    passTo(1500);
    expect(fault.done).toBe(true);
    expect(take()).toEqual(["respond 5 200 /book"]);
    say(1, "depth BTC");
    expect(take()).toEqual(["send 1 depth BTC"]);
  });

  it("lasts until canceled, on its route only", () => {
    const { dial, faults, say, request, take, passTo } = createRig();
    dial(1, "public");
    dial(2, "market");
    const fault = faults.silence({ route: "public" });
    passTo(9_999_999);
    say(1, "depth BTC");
    say(2, "trade BTC");
    request(3, "/book");
    expect(take()).toEqual(["send 2 trade BTC", "respond 3 200 /book"]);
    fault.cancel();
    say(1, "depth BTC");
    expect(take()).toEqual(["send 1 depth BTC"]);
  });

  it("still lets the venue disconnect", () => {
    const { dial, faults, take, layer, rig, say } = createRig();
    dial(1, "public");
    const fault = faults.silence({ connectionId: 2 });
    say(1, "close me");
    expect(take()).toEqual(["close 1 1008"]);
    layer.closed(1, rig.at);
    expect(fault.done).toBe(false);
  });
});

describe("frames", () => {
  it("lose: the next matching ones vanish", () => {
    const { dial, faults, say, take } = createRig();
    dial(1, "public");
    const fault = faults.lose({ kind: "depth", symbol: "BTC" }, 2);
    for (const frame of ["depth ETH", "depth BTC", "trade BTC", "depth BTC", "depth BTC"]) say(1, frame);
    expect(take()).toEqual(["send 1 depth ETH", "send 1 trade BTC", "send 1 depth BTC"]);
    expect(fault).toMatchObject({ verb: "lose", hits: 2, remaining: 0, done: true });
  });

  it("duplicate", () => {
    const { dial, faults, say, take } = createRig();
    dial(1, "public");
    faults.duplicate({ stream: "BTC@depth" });
    for (const frame of ["depth ETH", "depth BTC", "depth BTC"]) say(1, frame);
    expect(take()).toEqual(["send 1 depth ETH", "send 1 depth BTC", "send 1 depth BTC", "send 1 depth BTC"]);
  });

  it("reorder: two matching frames of one socket change places", () => {
    const { dial, faults, say, take } = createRig();
    dial(1, "public");
    dial(2, "public");
    const fault = faults.reorder({ kind: "depth" });
    say(1, "depth A");
    expect(take()).toEqual([]);
    say(1, "trade A");
    say(2, "depth C");
    expect(fault.done).toBe(false);
    say(1, "depth B");
    say(1, "depth D");
    expect(take()).toEqual([
      "send 1 trade A",
      "send 2 depth C",
      "send 1 depth B",
      "send 1 depth A",
      "send 1 depth D",
    ]);
    expect(fault.done).toBe(true);
  });

  it("reorder: a held frame is let go when canceled, and dies with its socket", () => {
    const { dial, faults, say, take, layer, rig } = createRig();
    dial(1, "public");
    const fault = faults.reorder();
    say(1, "depth A");
    fault.cancel();
    expect(take()).toEqual(["send 1 depth A"]);
    faults.reorder();
    say(1, "depth A");
    layer.closed(1, rig.at);
    dial(2, "public");
    say(2, "depth B");
    say(2, "depth C");
    expect(take()).toEqual(["send 2 depth C", "send 2 depth B"]);
  });

  it("delay: others overtake, order among the delayed stays", () => {
    const { dial, faults, say, take, passTo, layer, rig } = createRig();
    dial(1, "public");
    dial(2, "public");
    faults.delay({ kind: "depth" }, 300, Number.POSITIVE_INFINITY);
    say(1, "depth A");
    rig.at = 1100;
    say(1, "depth B");
    say(2, "depth C");
    say(1, "trade A");
    layer.closed(2, rig.at);
    expect(take()).toEqual(["send 1 trade A"]);
    expect(layer.nextWakeAt()).toBe(1300);
    passTo(1350);
    expect(take()).toEqual(["send 1 depth A"]);
    passTo(1400);
    expect(take()).toEqual(["send 1 depth B"]);
    expect(layer.nextWakeAt()).toBeUndefined();
  });

  it("alter: another text made of the frame's own; one that stays as it was is no hit", () => {
    const { dial, faults, say, take } = createRig();
    dial(1, "public");
    const fault = faults.alter({ kind: "depth" }, (text) => text.replace("BTC", "XBT"));
    for (const frame of ["depth ETH", "trade BTC", "depth BTC", "depth BTC"]) say(1, frame);
    expect(take()).toEqual(["send 1 depth ETH", "send 1 trade BTC", "send 1 depth XBT", "send 1 depth BTC"]);
    expect(fault).toMatchObject({ verb: "alter", hits: 1, done: true });
  });

  it("corrupt: other bytes in place of the frame", () => {
    const { dial, faults, say, take } = createRig();
    dial(1, "public");
    faults.corrupt({ kind: "depth" }, '{"e":"depthUp');
    faults.corrupt({ kind: "depth" }, new Uint8Array([0, 255]));
    for (const frame of ["depth A", "depth B", "depth C"]) say(1, frame);
    expect(take()).toEqual(['send 1 {"e":"depthUp', "send 1 bytes 0,255", "send 1 depth C"]);
  });

  it("inject: an extra frame on matching sockets", () => {
    const { dial, faults, take } = createRig();
    dial(1, "public");
    dial(2, "market");
    expect(faults.inject({ route: "market" }, "hello")).toBe(1);
    expect(faults.inject({}, "all")).toBe(2);
    expect(take()).toEqual(["send 2 hello", "send 1 all", "send 2 all"]);
  });
});

describe("requests", () => {
  it("rejectRequest: the next matching ones never reach the venue", () => {
    const { faults, request, take, machine } = createRig();
    faults.rejectRequest({ kind: "/book", symbol: "BTC" }, { status: 503, body: "<html>" }, 2);
    faults.rejectRequest({ kind: "/time" }, "reset");
    ["/book?BTC", "/book?ETH", "/time", "/book?BTC", "/book?BTC", "/time"].forEach((path, i) => {
      request(i, path);
    });
    expect(take()).toEqual([
      "respond 0 503 <html>",
      "respond 1 200 /book?ETH",
      "respond 2 reset",
      "respond 3 503 <html>",
      "respond 4 200 /book?BTC",
      "respond 5 200 /time",
    ]);
    expect(machine.inputs).toEqual(["request /book?ETH", "request /book?BTC", "request /time"]);
  });

  it("hang: waits until let go, then the venue answers", () => {
    const { faults, request, take, machine } = createRig();
    const fault = faults.hang({ kind: "/book" }, 2);
    request(1, "/book");
    request(2, "/book");
    request(3, "/book");
    expect(take()).toEqual(["respond 3 200 /book"]);
    expect(fault).toMatchObject({ hits: 2, remaining: 0, done: false });
    expect(machine.inputs).toEqual(["request /book"]);
    fault.cancel();
    expect(take()).toEqual(["respond 1 200 /book", "respond 2 200 /book"]);
  });

  it("loseAnswer: the venue handles the request and the client hears nothing", () => {
    const { faults, request, take, machine } = createRig();
    faults.loseAnswer({ kind: "/book" });
    request(1, "/book");
    request(2, "/book");
    expect(take()).toEqual(["respond 2 200 /book"]);
    expect(machine.inputs).toHaveLength(2);
  });

  it("loseRequest: neither the venue nor the client hears of it again", () => {
    const { faults, request, take, machine } = createRig();
    const fault = faults.loseRequest({ kind: "/book" });
    request(1, "/book");
    fault.cancel();
    request(2, "/book");
    expect(take()).toEqual(["respond 2 200 /book"]);
    expect(machine.inputs).toEqual(["request /book"]);
  });

  it("replaceAnswer: the venue handles the request and the client hears something else", () => {
    const { faults, request, take, machine } = createRig();
    faults.replaceAnswer({ kind: "/book" }, { status: 502, body: "<html>" });
    faults.replaceAnswer({ kind: "/book" }, "reset");
    for (const id of [1, 2, 3]) request(id, "/book");
    expect(take()).toEqual(["respond 1 502 <html>", "respond 2 reset", "respond 3 200 /book"]);
    expect(machine.inputs).toHaveLength(3);
  });

  it("are picked by method too", () => {
    const { faults, request, take } = createRig();
    const fault = faults.rejectRequest({ method: "POST", kind: "/book" }, "reset");
    request(1, "/book");
    expect(take()).toEqual(["respond 1 200 /book"]);
    expect(fault.hits).toBe(0);
    faults.rejectRequest({ method: "GET", kind: "/book" }, "reset");
    request(2, "/book");
    expect(take()).toEqual(["respond 2 reset"]);
  });

  it("delayAnswer and corruptAnswer", () => {
    const { faults, request, take, passTo } = createRig();
    faults.delayAnswer({ kind: "/book" }, 250);
    faults.corruptAnswer({ kind: "/time" }, "{");
    request(1, "/book");
    request(2, "/time");
    expect(take()).toEqual(["respond 2 200 {"]);
    passTo(1249);
    expect(take()).toEqual([]);
    passTo(1250);
    expect(take()).toEqual(["respond 1 200 /book"]);
  });

  it("rateLimit: the venue's own answer, until the time is over", () => {
    const { faults, request, take, passTo, layer } = createRig();
    faults.rateLimit({ retryAfterMs: 5000 }, { kind: "/book" });
    const ban = faults.rateLimit({ retryAfterMs: 9000, banned: true }, { kind: "/time" });
    request(1, "/book");
    request(2, "/time");
    request(3, "/other");
    expect(take()).toEqual(["respond 1 429", "respond 2 418", "respond 3 200 /other"]);
    expect(layer.nextWakeAt()).toBe(6000);
    passTo(6000);
    request(4, "/book");
    request(5, "/time");
    expect(take()).toEqual(["respond 4 200 /book", "respond 5 418"]);
    passTo(10_000);
    expect(ban.done).toBe(true);
    request(6, "/time");
    expect(take()).toEqual(["respond 6 200 /time"]);
  });
});

describe("dials and subscriptions", () => {
  it("rejectUpgrade: a status, a reset, or an accepted socket that drops at once", () => {
    const { faults, dial, take, machine } = createRig();
    faults.rejectUpgrade({ route: "public" }, { status: 503 });
    faults.rejectUpgrade({ route: "public" }, "reset");
    faults.rejectUpgrade({}, "acceptThenDrop", 2);
    expect(dial(1, "public")).toEqual({ status: 503 });
    expect(dial(2, "public")).toBe("reset");
    expect(dial(3, "public")).toBe("accept");
    expect(dial(4, "market")).toBe("accept");
    expect(take()).toEqual(["terminate 3", "terminate 4"]);
    expect(machine.inputs).toEqual([]);
    expect(dial(5, "public")).toBe("accept");
    expect(take()).toEqual([]);
  });

  it("rejectSubscription: the venue's error, and nothing is subscribed", () => {
    const { faults, dial, say, take, machine } = createRig();
    dial(1, "public");
    faults.rejectSubscription({ symbol: "BTC" }, { code: 2, message: "no" });
    say(1, "subscribe ETH");
    say(1, "subscribe BTC");
    say(1, "subscribe BTC");
    expect(take()).toEqual([
      "send 1 subscribe ETH",
      "send 1 refused subscribe BTC: 2 no",
      "send 1 subscribe BTC",
    ]);
    expect(machine.inputs.filter((input) => input.startsWith("frame"))).toHaveLength(2);
  });
});

describe("orders", () => {
  it("are pending until they are over, and clear ends them all", () => {
    const { faults, dial, say, request, take } = createRig();
    dial(1, "public");
    expect(faults.pending()).toEqual([]);
    const lose = faults.lose({ kind: "depth" }, 3);
    const hang = faults.hang();
    expect(faults.pending()).toEqual([lose, hang]);
    say(1, "depth A");
    request(4, "/book");
    expect(lose).toMatchObject({ remaining: 2, hits: 1 });
    faults.clear();
    expect(take()).toEqual(["respond 4 200 /book"]);
    expect(faults.pending()).toEqual([]);
    expect([lose.done, hang.done]).toEqual([true, true]);
    say(1, "depth B");
    expect(take()).toEqual(["send 1 depth B"]);
  });

  it("are taken by the oldest that matches", () => {
    const { faults, dial, say, take } = createRig();
    dial(1, "public");
    faults.lose({ kind: "depth" });
    faults.duplicate({ symbol: "A" });
    say(1, "depth A");
    say(1, "depth A");
    expect(take()).toEqual(["send 1 depth A", "send 1 depth A"]);
  });

  it("tell when the schedule may have changed", () => {
    const { rig, faults } = createRig();
    faults.silence({}, 100);
    expect(rig.schedules).toBe(1);
    faults.clear();
    expect(rig.schedules).toBe(2);
  });

  it("refuse a count below one", () => {
    const { faults } = createRig();
    expect(() => faults.lose({}, 0)).toThrow(TypeError);
    expect(() => faults.lose({}, Number.NaN)).toThrow(TypeError);
  });
});
