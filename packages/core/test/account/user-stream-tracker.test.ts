import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { AuthError, NetworkError, RateLimitError, VenueError } from "../../src/errors/index.js";
import type { FakeSocket } from "../support/fake-web-socket.js";
import {
  ANSWER_TIMEOUT_MS,
  balance,
  createUserStream,
  KEEP_ALIVE_MS,
  POLICY,
  type UserStreamWorld,
  type UserStreamWorldOptions,
  VALID_MS,
} from "./support-user-stream.js";

/** A tracker that is up. */
async function up(options: UserStreamWorldOptions = {}) {
  const world = createUserStream(options);
  world.tracker.start();
  const socket = await world.open();
  expect(world.take()).toEqual(["up"]);
  return { ...world, socket };
}

/** How long it waits for its next dial after each of `count` failures that `fail` causes on an open connection. */
async function delays(world: UserStreamWorld, count: number, fail: (socket: FakeSocket) => unknown) {
  const waited: number[] = [];
  for (let failure = 0; failure < count; failure += 1) {
    await world.time.advance(0);
    world.webSocket.last.open();
    await world.time.advance(0);
    await fail(world.webSocket.last);
    waited.push(await world.untilDial());
  }
  return waited;
}

const GROWING = [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000];
const unknownKey = () =>
  new VenueError("VENUE_REFUSED", "no such key", { kind: "listenKey", outcome: "rejected" });
const refuse = (venueCode: string, requestId?: number) => ({
  type: "refused",
  venueCode,
  message: "no",
  requestId,
});

describe("a login", () => {
  it("is sent after the opening, the subscription after its acknowledgement; then it is up", async () => {
    const { time, webSocket, tracker, take, say } = createUserStream();
    tracker.start();
    tracker.start();
    await time.advance(0);
    expect(webSocket.sockets).toHaveLength(1);
    const socket = webSocket.last;
    expect(socket.options.url).toBe("ws://venue/private");
    expect(socket.sent).toEqual([]);
    socket.open();
    await time.advance(0);
    expect(socket.sent.splice(0)).toEqual(['{"login":1}']);
    // What the venue says by then is told, though it is not all.
    say(socket, balance("early"));
    // The venue's id of a login may be one of its own.
    say(socket, { type: "acknowledged", requestId: 77 });
    expect(socket.sent.splice(0)).toEqual([`{"sub":2,"timestamp":${time.now()}}`]);
    say(socket, { type: "acknowledged", requestId: 77 });
    expect(take()).toEqual(["balances early"]);
    expect(tracker.isUp).toBe(false);
    say(socket, { type: "acknowledged", requestId: 2 });
    expect(take()).toEqual(["up"]);
    expect(tracker.isUp).toBe(true);
    await time.advance(10 * ANSWER_TIMEOUT_MS);
    expect(take()).toEqual([]);
  });

  it("is enough where the venue needs no subscription", async () => {
    const { tracker, socket } = await up({ access: "loginAlone" });
    expect(tracker.isUp).toBe(true);
    expect(socket.sent).toEqual([]);
  });

  it.each([
    ["login", 0],
    ["subscription", 1],
  ])("costs the connection if its %s is not answered in time", async (step, answers) => {
    const { time, webSocket, tracker, take, say, problems } = createUserStream();
    tracker.start();
    await time.advance(0);
    webSocket.last.open();
    await time.advance(0);
    if (answers > 0) say(webSocket.last, { type: "acknowledged", requestId: 1 });
    await time.advance(ANSWER_TIMEOUT_MS - 1);
    expect(take()).toEqual([]);
    await time.advance(1);
    expect(take()).toEqual(["problem SUBSCRIPTION_UNANSWERED"]);
    expect(problems[0]?.details).toEqual({ step, timeoutMs: ANSWER_TIMEOUT_MS });
    expect(webSocket.last.terminated).toBe(true);
    await time.advance(500);
    expect(webSocket.sockets).toHaveLength(2);
  });

  it("costs the connection if it is not signed in time, and what is signed late is not sent", async () => {
    const { time, webSocket, tracker, take, loginWith } = createUserStream();
    const late: ((frame: string) => void)[] = [];
    loginWith(() => new Promise((resolve) => late.push(resolve)));
    tracker.start();
    await time.advance(0);
    webSocket.last.open();
    await time.advance(ANSWER_TIMEOUT_MS);
    expect(take()).toEqual(["problem SUBSCRIPTION_UNANSWERED"]);
    loginWith(() => Promise.resolve('{"login":"new"}'));
    await time.advance(500);
    webSocket.last.open();
    late[0]?.("late");
    await time.advance(0);
    expect(webSocket.last.sent).toEqual(['{"login":"new"}']);
  });

  it("that cannot be signed is tried again with growing delays", async () => {
    const world = createUserStream();
    world.loginWith(() => Promise.reject(new AuthError("SIGNING_FAILED", "no")));
    world.tracker.start();
    expect(await delays(world, 8, () => undefined)).toEqual(GROWING);
    expect(world.take()).toEqual(Array(8).fill("problem SIGNING_FAILED"));
  });

  it.each(["key", "undocumented"])(
    "refused (%s) is an error of who asks, tried again with growing delays",
    async (code) => {
      // Whatever counts as a stable connection: none of these was of use.
      for (const stableAfterMs of [0, POLICY.stableAfterMs]) {
        const world = createUserStream({ stableAfterMs });
        world.tracker.start();
        expect(await delays(world, 8, (socket) => world.say(socket, refuse(code)))).toEqual(GROWING);
        expect(world.take()).toEqual(Array(8).fill("problem KEY_REFUSED"));
        expect(world.problems[0]).toBeInstanceOf(AuthError);
        expect(world.problems[0]).toMatchObject({ venueCode: code });
        expect(world.webSocket.sockets.map(({ sent }) => sent.length)).toEqual([...Array(8).fill(1), 0]);
        await world.open();
        expect(world.take()).toEqual(["up"]);
        await world.tracker.stop();
      }
    },
  );

  it("waits as long as the venue demands", async () => {
    const world = createUserStream();
    world.tracker.start();
    expect(await delays(world, 1, (socket) => world.say(socket, refuse("slow")))).toEqual([20_000]);
    expect(world.problems[0]).toBeInstanceOf(RateLimitError);
  });

  it("refused for its time is tried once more at once, after the clock was measured", async () => {
    const { time, webSocket, tracker, take, say, resyncs, resyncWith, confirm } = createUserStream();
    let measured = (): void => undefined;
    resyncWith(
      () =>
        new Promise((resolve) => {
          measured = resolve;
        }),
    );
    tracker.start();
    await time.advance(0);
    const socket = webSocket.last;
    socket.open();
    await time.advance(0);
    expect(socket.sent.splice(0)).toEqual(['{"login":1}']);
    say(socket, refuse("time", 1));
    await time.advance(0);
    expect(resyncs()).toBe(1);
    expect(socket.sent).toEqual([]);
    measured();
    await time.advance(0);
    expect(socket.sent).toHaveLength(1);
    await confirm(socket);
    expect(take()).toEqual(["up"]);
  });

  it("refused for its time again, or with a clock that cannot be measured, waits with growing delays", async () => {
    for (const fails of [true, false]) {
      const world = createUserStream();
      if (fails) world.resyncWith(() => Promise.reject(new Error("no")));
      world.tracker.start();
      const waited = await delays(world, 8, async (socket) => {
        world.say(socket, refuse("time"));
        await world.time.advance(0);
        world.say(socket, refuse("time"));
        await world.time.advance(0);
      });
      expect(waited).toEqual(GROWING);
      expect(world.take()).toEqual(Array(8).fill("problem TIMESTAMP_REFUSED"));
      expect(world.resyncs()).toBe(8);
      await world.tracker.stop();
    }
  });

  it("accepted, with the subscription refused, is tried again with growing delays", async () => {
    const world = createUserStream();
    world.tracker.start();
    const waited = await delays(world, 8, (socket) => {
      world.say(socket, { type: "acknowledged", requestId: 0 });
      world.say(socket, refuse("x", Number(JSON.parse(socket.sent[1] as string).sub)));
    });
    expect(waited).toEqual(GROWING);
    expect(world.take()).toEqual(Array(8).fill("problem SUBSCRIPTION_REFUSED"));
  });

  it("that is accepted leaves later refusals without effect, but told", async () => {
    const { say, socket, take, tracker } = await up();
    say(socket, refuse("key"));
    expect(take()).toEqual(["problem KEY_REFUSED"]);
    expect(tracker.isUp).toBe(true);
  });
});

describe("a listen key", () => {
  it("is asked for before the dial, which is up when it opens", async () => {
    const { time, webSocket, tracker, calls, take, answerWith, dials, declared } = createUserStream({
      access: "listenKey",
    });
    let give = (_: string): void => undefined;
    answerWith(
      () =>
        new Promise((resolve) => {
          give = resolve;
        }),
    );
    tracker.start();
    await time.advance(1_000);
    expect(calls).toEqual([{ kind: "open" }]);
    expect([webSocket.sockets.length, dials()]).toEqual([0, 0]);
    give("a secret");
    await time.advance(0);
    expect(webSocket.last.options.url).toBe("ws://venue/ws/a secret");
    expect(declared).toEqual(["a secret"]);
    expect(tracker.isUp).toBe(false);
    webSocket.last.open();
    expect(take()).toEqual(["up"]);
  });

  it("that cannot be had is a problem, and is asked for with growing delays", async () => {
    const { time, tracker, calls, take, answerWith, problems, webSocket } = createUserStream({
      access: "listenKey",
    });
    answerWith(() => {
      throw new AuthError("KEY_REFUSED", "no");
    });
    tracker.start();
    await time.advance(0);
    for (const delay of GROWING) {
      expect(calls.splice(0)).toHaveLength(1);
      await time.advance(delay - 1);
      expect(calls).toHaveLength(0);
      await time.advance(1);
    }
    expect(take()).toEqual(Array(9).fill("problem KEY_REFUSED"));
    expect(problems[0]).toBeInstanceOf(AuthError);
    expect(webSocket.sockets).toHaveLength(0);
  });

  it("is kept alive, and asked for anew for each dial", async () => {
    const { time, calls, socket, untilDial, open, take, webSocket } = await up({ access: "listenKey" });
    await time.advance(KEEP_ALIVE_MS - 1);
    expect(calls).toEqual([{ kind: "open" }]);
    await time.advance(1 + KEEP_ALIVE_MS);
    expect(calls.splice(1)).toEqual(Array(2).fill({ kind: "keepAlive", key: "secret-key-1" }));
    socket.end();
    await untilDial();
    await open();
    expect(webSocket.last.options.url).toBe("ws://venue/ws/secret-key-2");
    expect(take()).toEqual(["down", "up"]);
    calls.splice(0);
    await time.advance(2 * KEEP_ALIVE_MS);
    expect(calls).toEqual(Array(2).fill({ kind: "keepAlive", key: "secret-key-2" }));
  });

  it("is kept alive again and again after a failure, and the stream stays up", async () => {
    const { time, calls, take, answerWith, tracker, webSocket } = await up({ access: "listenKey" });
    calls.splice(0);
    answerWith(() => {
      throw new NetworkError("NETWORK_RESET", "gone");
    });
    await time.advance(KEEP_ALIVE_MS);
    for (const [failures, delay] of GROWING.entries()) {
      expect(calls).toHaveLength(failures + 1);
      await time.advance(delay - 1);
      expect(calls).toHaveLength(failures + 1);
      await time.advance(1);
    }
    expect(take()).toEqual(Array(9).fill("problem NETWORK_RESET"));
    answerWith(() => undefined);
    await time.advance(30_000);
    calls.splice(0);
    await time.advance(KEEP_ALIVE_MS - 30_001);
    expect(calls).toEqual([]);
    await time.advance(KEEP_ALIVE_MS);
    expect(calls.length).toBeGreaterThan(0);
    expect(take()).toEqual([]);
    expect(tracker.isUp).toBe(true);
    expect(webSocket.sockets).toHaveLength(1);
  });

  it.each(["refusal", "no answer"])(
    "that could not be kept alive as long as it lives is taken to be dead (%s)",
    async (how) => {
      const { time, take, answerWith, tracker, socket, open, untilDial } = await up({ access: "listenKey" });
      answerWith((call) => {
        if (call.kind === "open") return "another";
        if (how === "no answer") return new Promise(() => undefined);
        throw new NetworkError("NETWORK_RESET", "gone");
      });
      await time.advance(VALID_MS - 1);
      expect(tracker.isUp).toBe(true);
      await time.advance(1);
      expect(tracker.isUp).toBe(false);
      expect(socket.terminated).toBe(true);
      expect(take().filter((word) => word !== "problem NETWORK_RESET")).toEqual([
        "problem SUBSCRIPTION_UNANSWERED",
        "down",
      ]);
      await untilDial();
      await open();
      expect(take()).toEqual(["up"]);
    },
  );

  it.each(["refused as unknown", "another is alive"])(
    "that the venue does not know any more is replaced (%s)",
    async (how) => {
      const { time, take, answerWith, socket, open, untilDial, webSocket } = await up({
        access: "listenKey",
      });
      answerWith((call) => {
        if (call.kind === "open") return "another";
        if (how === "another is alive") return "another";
        throw unknownKey();
      });
      await time.advance(KEEP_ALIVE_MS);
      expect(socket.terminated).toBe(true);
      expect(take()).toEqual(how === "another is alive" ? ["down"] : ["problem VENUE_REFUSED", "down"]);
      await untilDial();
      await open();
      expect(take()).toEqual(["up"]);
      expect(webSocket.last.options.url).toBe("ws://venue/ws/another");
    },
  );

  it("that dies before the dial is open gives no access", async () => {
    const { time, tracker, answerWith, webSocket, take, untilDial, open, admitWith } = createUserStream({
      access: "listenKey",
    });
    let keys = 0;
    answerWith((call) => {
      if (call.kind === "keepAlive") return "another";
      keys += 1;
      return `key ${keys}`;
    });
    let admitted = (): void => undefined;
    admitWith(
      () =>
        new Promise((resolve) => {
          admitted = resolve;
        }),
    );
    tracker.start();
    await time.advance(KEEP_ALIVE_MS);
    admitWith(() => Promise.resolve());
    admitted();
    await time.advance(0);
    webSocket.last.open();
    expect(webSocket.last.terminated).toBe(true);
    await untilDial();
    await open();
    expect(webSocket.last.options.url).toBe("ws://venue/ws/key 2");
    expect(take()).toEqual(["up"]);
  });

  it("that the venue says is expired is replaced, and so is the connection", async () => {
    const { say, socket, take, untilDial, open, webSocket } = await up({ access: "listenKey" });
    say(socket, balance("a"), { type: "expired" });
    expect(take()).toEqual(["balances a", "down"]);
    expect(await untilDial()).toBe(500);
    await open();
    expect(take()).toEqual(["up"]);
    expect(webSocket.last.options.url).toBe("ws://venue/ws/secret-key-2");
  });

  it("is in no error and no event, and is declared as a secret once", async () => {
    const { time, tracker, webSocket, problems, facts, answerWith, declared, untilDial, say } =
      createUserStream({ access: "listenKey" });
    answerWith((call) => {
      if (call.kind === "open") return "secret-key";
      throw new NetworkError("NETWORK_RESET", `PUT /key?listenKey=${call.key}`, {
        cause: new Error(call.key),
      });
    });
    tracker.start();
    await time.advance(0);
    webSocket.last.end(1006, new NetworkError("NETWORK_TLS", `no TLS to ${webSocket.last.options.url}`));
    await untilDial();
    webSocket.last.end(1006, new Error(webSocket.last.options.url));
    await untilDial();
    webSocket.last.open();
    webSocket.last.receive("? secret-key");
    say(webSocket.last, { type: "unknown", what: "secret-key" });
    say(webSocket.last, { type: "refused", venueCode: "x", message: "secret-key", requestId: undefined });
    await time.advance(KEEP_ALIVE_MS);
    answerWith(() => {
      throw new AuthError("KEY_REFUSED", "key secret-key", { details: { key: "secret-key" } });
    });
    await time.advance(1_000);
    expect(problems.length).toBeGreaterThanOrEqual(5);
    expect(inspect([problems, facts], { depth: 20 })).not.toContain("secret-key");
    expect(inspect([problems, facts], { depth: 20 })).toContain("NETWORK_TLS");
    expect(declared).toEqual(["secret-key"]);
  });

  it("is not closed where the source has no close, and is closed where it has", async () => {
    const { calls, tracker } = await up({ access: "listenKey" });
    await tracker.stop();
    expect(calls).toEqual([{ kind: "open" }]);
    const world = await up({ access: "closedListenKey" });
    world.socket.end();
    await world.untilDial();
    await world.open();
    let close = (): void => undefined;
    world.answerWith(
      () =>
        new Promise<void>((resolve) => {
          close = resolve;
        }),
    );
    let stopped = false;
    const stopping = world.tracker.stop().then(() => {
      stopped = true;
    });
    await world.time.advance(0);
    expect(stopped).toBe(false);
    close();
    await stopping;
    expect(world.calls.filter(({ kind }) => kind === "close")).toEqual([
      { kind: "close", key: "secret-key-1" },
      { kind: "close", key: "secret-key-2" },
    ]);
  });
});

describe("what the venue says", () => {
  it("is passed on in order, if it is about the account", async () => {
    const { say, socket, take } = await up();
    say(
      socket,
      { type: "order" },
      { type: "ignored" },
      { type: "fill" },
      balance("x"),
      { type: "heartbeat" },
      { type: "allBalances" },
    );
    expect(take()).toEqual(["order", "fill", "balances x", "allBalances"]);
  });

  it("is answered at once, if it is a heartbeat with an answer", async () => {
    const { say, socket } = await up();
    say(socket, { type: "heartbeat", reply: "pong 7" });
    expect(socket.sent).toEqual(["pong 7"]);
  });

  it("is reported once per kind, if it is unknown, and changes nothing", async () => {
    const { say, socket, take, tracker } = await up();
    say(socket, { type: "unknown", what: "a" }, { type: "unknown", what: "b" }, balance("x"), {
      type: "unknown",
      what: "a",
    });
    expect(take()).toEqual(["problem UNKNOWN_MESSAGE", "problem UNKNOWN_MESSAGE", "balances x"]);
    expect(tracker.isUp).toBe(true);
  });

  it("is read with a memo of its connection", async () => {
    const { socket, problems, untilDial, webSocket, time } = await up({ access: "listenKey" });
    socket.receive("memo");
    socket.receive("memo");
    socket.end();
    await untilDial();
    webSocket.last.open();
    webSocket.last.receive("memo");
    webSocket.last.receive("memo");
    webSocket.last.receive("memo");
    await time.advance(0);
    expect(problems.map(({ details }) => details.what)).toEqual(["user 1", "user 2", "user 3"]);
  });

  it("is lost if it cannot be read: down at once, up again after pauses that grow while that goes on", async () => {
    const { time, socket, say, take, webSocket, problems } = await up();
    for (const delay of GROWING) {
      socket.receive("?");
      expect(take()).toEqual(["down", "problem MALFORMED_FRAME"]);
      // What can be read is passed on all the same; more that cannot be read changes nothing.
      say(socket, balance("x"));
      socket.receive("?");
      expect(take()).toEqual(["balances x", "problem MALFORMED_FRAME"]);
      await time.advance(delay - 1);
      expect(take()).toEqual([]);
      await time.advance(1);
      expect(take()).toEqual(["up"]);
    }
    await time.advance(POLICY.stableAfterMs);
    socket.receive("?");
    await time.advance(500);
    expect(take()).toEqual(["down", "problem MALFORMED_FRAME", "up"]);
    expect(webSocket.sockets).toHaveLength(1);
    expect(problems[0]?.venue).toBe("fake");
  });
});

describe("a connection", () => {
  it("that ends is down, and dialed again with growing delays until it holds", async () => {
    const { socket, take, webSocket, untilDial, open } = await up();
    socket.end();
    expect(take()).toEqual(["down"]);
    const waited = [await untilDial()];
    for (let dial = 0; dial < 4; dial += 1) {
      webSocket.last.end();
      waited.push(await untilDial());
    }
    expect(waited).toEqual([500, 1_000, 2_000, 4_000, 8_000]);
    await open();
    expect(take()).toEqual(["up"]);
  });

  it("that is silent is down; a sign of life brings it up again, and the lack of it another dial", async () => {
    const { time, socket, take, untilDial, open, webSocket } = await up({ pingAfterIdleMs: 5_000 });
    await time.advance(5_000 + POLICY.silentAfterMs - 1);
    expect(take()).toEqual([]);
    await time.advance(1);
    expect(take()).toEqual(["down"]);
    socket.pong();
    expect(take()).toEqual(["up"]);
    await time.advance(5_000 + POLICY.deadAfterMs);
    expect(take()).toEqual(["down"]);
    expect(socket.terminated).toBe(true);
    await untilDial();
    expect(webSocket.sockets).toHaveLength(2);
    await open();
    expect(take()).toEqual(["up"]);
  });

  it("tells its states", async () => {
    const { socket, states, tracker } = await up();
    socket.end();
    await tracker.stop();
    expect(states).toEqual([
      "user-1 connecting",
      "user-1 open",
      "user-1 waiting closed",
      "user-1 closing",
      "user-1 idle",
    ]);
  });
});

const MAX_AGE_MS = 1_000_000;

/** A tracker that is up, with the successor of its connection dialed but not open. */
async function renewing(options: UserStreamWorldOptions = {}) {
  const world = await up({ maxAgeMs: MAX_AGE_MS, ...options });
  await world.time.advance(0.8 * MAX_AGE_MS);
  expect(world.webSocket.sockets).toHaveLength(2);
  return world;
}

describe("a renewal", () => {
  it.each([
    [0, 0.8],
    [0.999999, 0.95],
  ])("comes, by chance %d, at %d of the greatest age", async (chance, part) => {
    const { time, webSocket } = await up({ maxAgeMs: MAX_AGE_MS, random: () => chance });
    await time.advance(part * MAX_AGE_MS - 2);
    expect(webSocket.sockets).toHaveLength(1);
    await time.advance(2);
    expect(webSocket.sockets).toHaveLength(2);
  });

  it("is refused for an age that is none", () => {
    for (const maxAgeMs of [0, -1, Number.NaN])
      expect(() => createUserStream({ maxAgeMs })).toThrow(TypeError);
  });

  it.each(["login", "listenKey"] as const)(
    "is not felt: the old connection goes on for an overlap (%s)",
    async (access) => {
      const {
        time,
        socket: old,
        webSocket,
        say,
        take,
        confirm,
        states,
        tracker,
      } = await renewing({ access });
      const young = webSocket.last;
      say(old, balance("before"));
      young.open();
      await confirm(young);
      expect(states.slice(2)).toEqual(["user-2 connecting", "user-2 open"]);
      say(young, balance("both"));
      old.pong();
      await time.advance(POLICY.overlapMs - 1);
      say(old, balance("late"));
      expect(take()).toEqual(["balances before", "balances both", "balances late"]);
      expect(old.closeAsked).toBe(false);
      await time.advance(1);
      expect(old.closeAsked).toBe(true);
      expect(states.slice(4)).toEqual(["user-1 closing renewed", "user-1 idle"]);
      say(old, balance("never"));
      expect(take()).toEqual([]);
      expect(tracker.isUp).toBe(true);
      // And so on, by the time at which the successor opened.
      await time.advance(0.8 * MAX_AGE_MS - POLICY.overlapMs);
      expect(webSocket.sockets).toHaveLength(3);
      young.end();
      expect(take()).toEqual(["down"]);
    },
  );

  it("keeps the listen key of the old connection alive no longer than that is there", async () => {
    const { time, calls, webSocket, socket } = await up({ access: "listenKey", maxAgeMs: 5 * KEEP_ALIVE_MS });
    await time.advance(4 * KEEP_ALIVE_MS);
    webSocket.last.open();
    socket.pong();
    await time.advance(POLICY.overlapMs);
    expect(calls.splice(0)).toEqual([
      { kind: "open" },
      ...Array(3).fill({ kind: "keepAlive", key: "secret-key-1" }),
      { kind: "open" },
      { kind: "keepAlive", key: "secret-key-1" },
    ]);
    await time.advance(KEEP_ALIVE_MS);
    expect(calls).toEqual([{ kind: "keepAlive", key: "secret-key-2" }]);
  });

  it("whose successor fails changes nothing, however it fails", async () => {
    const world = await renewing();
    const { time, webSocket, say, take, confirm, untilDial, tracker, socket } = world;
    webSocket.last.end();
    await untilDial();
    webSocket.last.open();
    await time.advance(0);
    say(webSocket.last, refuse("key"));
    await untilDial();
    webSocket.last.open();
    webSocket.last.receive("?");
    await time.advance(ANSWER_TIMEOUT_MS);
    await untilDial();
    expect(take()).toEqual([
      "problem KEY_REFUSED",
      "problem MALFORMED_FRAME",
      "problem SUBSCRIPTION_UNANSWERED",
    ]);
    expect(socket.ended).toBe(false);
    expect(tracker.isUp).toBe(true);
    webSocket.last.open();
    await confirm();
    socket.pong();
    await time.advance(POLICY.overlapMs);
    expect(take()).toEqual([]);
    expect(socket.ended).toBe(true);
  });

  it("goes on with the successor if the old connection is lost before", async () => {
    const { time, webSocket, take, confirm, socket } = await renewing();
    socket.end();
    expect(take()).toEqual(["down"]);
    webSocket.last.open();
    await confirm();
    expect(take()).toEqual(["up"]);
    await time.advance(60_000);
    expect(webSocket.sockets).toHaveLength(2);
  });

  it.each(["end", "no answer"])(
    "is felt if not all had arrived that was sent on the old connection before the switch (%s)",
    async (how) => {
      const { time, webSocket, take, confirm, socket } = await renewing();
      webSocket.last.open();
      await confirm();
      expect(take()).toEqual([]);
      if (how === "end") socket.end();
      else await time.advance(POLICY.overlapMs);
      expect(take()).toEqual(["down"]);
      await time.advance(500);
      expect(take()).toEqual(["up"]);
      expect(webSocket.sockets).toHaveLength(2);
    },
  );

  it("is not felt if the old connection is lost in the overlap, after all had arrived", async () => {
    const { time, webSocket, take, confirm, socket } = await renewing();
    webSocket.last.open();
    await confirm();
    socket.pong();
    socket.end();
    await time.advance(60_000);
    expect(take()).toEqual([]);
    expect(webSocket.sockets).toHaveLength(2);
  });

  it("brings a stream up whose connection is silent", async () => {
    const { time, webSocket, take, confirm, socket } = await up({
      maxAgeMs: 20_000,
      pingAfterIdleMs: 10_000,
    });
    await time.advance(9_000);
    socket.receivePing();
    await time.advance(10_000 + POLICY.silentAfterMs - 5_000);
    expect(webSocket.sockets).toHaveLength(2);
    await time.advance(5_000);
    expect(take()).toEqual(["down"]);
    webSocket.last.open();
    await confirm();
    expect(take()).toEqual(["up"]);
  });
});

describe("stopping", () => {
  const moments: Record<string, (access: "login" | "listenKey") => Promise<UserStreamWorld>> = {
    "before the start": async (access) => createUserStream({ access }),
    "while a key is asked for": async (access) => {
      const world = createUserStream({ access });
      world.answerWith(() => new Promise(() => undefined));
      world.tracker.start();
      return world;
    },
    "in the dial": async (access) => {
      const world = createUserStream({ access });
      world.tracker.start();
      await world.time.advance(0);
      return world;
    },
    "before the login is answered": async (access) => {
      const world = createUserStream({ access });
      world.tracker.start();
      await world.time.advance(0);
      world.webSocket.last.open();
      await world.time.advance(0);
      return world;
    },
    "when it is up": (access) => up({ access }),
    "while the key is kept alive": async (access) => {
      const world = await up({ access });
      world.answerWith(() => new Promise(() => undefined));
      await world.time.advance(KEEP_ALIVE_MS);
      return world;
    },
    "between two dials": async (access) => {
      const world = await up({ access });
      world.socket.end();
      return world;
    },
    "in a pause": async (access) => {
      const world = await up({ access });
      world.socket.receive("?");
      return world;
    },
    "in a renewal": (access) => renewing({ access }),
    "in an overlap": async (access) => {
      const world = await renewing({ access });
      await world.open();
      return world;
    },
  };

  it.each(
    Object.keys(moments).flatMap((moment) => [[moment, "login"] as const, [moment, "listenKey"] as const]),
  )("%s leaves nothing behind (%s)", async (moment, access) => {
    const { time, tracker, webSocket, underWay, take, dials } = await (
      moments[moment] as (typeof moments)[string]
    )(access);
    const wasUp = tracker.isUp;
    take();
    await tracker.stop();
    expect(take()).toEqual(wasUp ? ["down"] : []);
    expect(tracker.isUp).toBe(false);
    expect(time.pending).toBe(0);
    expect(underWay()).toBe(0);
    expect(webSocket.sockets.every(({ ended }) => ended)).toBe(true);
    const before = dials();
    await time.advance(10 * VALID_MS);
    expect(take()).toEqual([]);
    expect(dials()).toBe(before);
    await tracker.stop();
    expect(() => tracker.start()).toThrow(TypeError);
  });

  it.each(["login", "listenKey"] as const)(
    "from within whatever is told leaves nothing behind (%s)",
    async (access) => {
      // The same course of events each time, and the stop comes with one word more.
      for (let words = 1; ; words += 1) {
        const { tracker, time, webSocket, onWord, say, confirm, untilDial, underWay } = createUserStream({
          access,
          maxAgeMs: 100_000,
          pingAfterIdleMs: 20_000,
        });
        let stopping: Promise<void> | undefined;
        let count = 0;
        onWord(() => {
          count += 1;
          if (count === words) stopping = tracker.stop();
        });
        const course = async (): Promise<void> => {
          tracker.start();
          await time.advance(0);
          webSocket.last.end();
          await untilDial();
          webSocket.last.open();
          await confirm();
          say(webSocket.last, balance("x"), { type: "unknown", what: "x" });
          webSocket.last.receive("?");
          await time.advance(22_000);
          webSocket.last.pong();
          await time.advance(25_000);
          await untilDial();
          webSocket.last.open();
          await confirm();
          await time.advance(19_000);
          webSocket.last.receivePing();
          await untilDial();
          webSocket.last.open();
          await confirm();
          await time.advance(POLICY.overlapMs + 500);
          webSocket.last.end();
        };
        // Once it is stopped there are no dials to wait for.
        await course().catch((error: Error) => {
          if (stopping === undefined) throw error;
        });
        const isLast = stopping === undefined;
        stopping ??= tracker.stop();
        await stopping;
        expect(time.pending).toBe(0);
        expect(underWay()).toBe(0);
        expect(webSocket.sockets.every(({ ended }) => ended)).toBe(true);
        if (!isLast) continue;
        expect(words).toBeGreaterThan(20);
        break;
      }
    },
  );
});
