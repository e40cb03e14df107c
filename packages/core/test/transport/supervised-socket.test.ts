import { describe, expect, it } from "vitest";
import { NetworkError, RateLimitError } from "../../src/errors/index.js";
import {
  type SocketOwner,
  type SocketPolicy,
  type SocketState,
  SupervisedSocket,
} from "../../src/transport/supervised-socket.js";
import { FakeWebSocketPort } from "../support/fake-web-socket.js";
import { VirtualTime } from "../support/virtual-time.js";

const POLICY: SocketPolicy = {
  connectTimeoutMs: 10_000,
  backoff: { initialMs: 500, factor: 2, maxMs: 30_000, jitter: 0.5 },
  stableAfterMs: 30_000,
  pingAfterIdleMs: 5_000,
  silentAfterMs: 2_000,
  deadAfterMs: 5_000,
  closeTimeoutMs: 1_000,
  overlapMs: 5_000,
};

function setUp(admitDial: () => Promise<void> = () => Promise.resolve(), quietAfterOpenMs = 0) {
  const time = new VirtualTime();
  const webSocket = new FakeWebSocketPort();
  const events: string[] = [];
  const states: SocketState[] = [];
  const delays: number[] = [];
  const owner: SocketOwner = {
    onOpen: () => events.push("open"),
    onMessage: (data) => events.push(`message ${new TextDecoder().decode(data)}`),
    onSilent: () => events.push("silent"),
    onAlive: () => events.push("alive"),
    onDown: (reason) => events.push(`down ${reason}`),
    onState: (state, { delayMs }) => {
      states.push(state);
      if (delayMs !== undefined) delays.push(delayMs);
    },
  };
  const socket = new SupervisedSocket(
    {
      url: "ws://venue",
      policy: POLICY,
      limits: { maxFrames: 10, framesPerMs: 1_000, maxMessageBytes: 1_000, quietAfterOpenMs },
      ports: { clock: time, timers: time, random: { next: () => 0 }, webSocket },
      admitDial,
    },
    owner,
  );
  return { time, webSocket, events, states, delays, socket };
}

describe("a supervised socket", () => {
  it("dials, opens, delivers", async () => {
    const { time, webSocket, events, states, socket } = setUp();
    socket.start();
    await time.advance(0);
    expect(webSocket.last.options).toEqual({ url: "ws://venue", maxMessageBytes: 1_000 });
    webSocket.last.open();
    webSocket.last.receive("a");
    expect(events).toEqual(["open", "message a"]);
    expect(states).toEqual(["connecting", "open"]);
  });

  it("dials again with growing delays while the venue accepts and drops", async () => {
    const { time, webSocket, delays, socket } = setUp();
    socket.start();
    await time.advance(0);
    for (let round = 0; round < 9; round += 1) {
      webSocket.last.open();
      webSocket.last.end();
      await time.advance(delays.at(-1) as number);
    }
    expect(delays).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
    expect(webSocket.sockets).toHaveLength(10);
  });

  it("starts the backoff anew after a connection that held", async () => {
    const { time, webSocket, delays, socket } = setUp();
    socket.start();
    await time.advance(0);
    for (let round = 0; round < 3; round += 1) {
      webSocket.last.end(1006, new NetworkError("NETWORK_REFUSED", "no"));
      await time.advance(delays.at(-1) as number);
    }
    webSocket.last.open();
    for (let second = 0; second < 30; second += 1) {
      await time.advance(1_000);
      webSocket.last.receive("data");
    }
    webSocket.last.end();
    expect(delays).toEqual([500, 1_000, 2_000, 500]);
  });

  it("waits as long as the venue says in a refusal", async () => {
    const { time, webSocket, delays, socket } = setUp();
    socket.start();
    await time.advance(0);
    webSocket.last.end(
      1006,
      new RateLimitError("RATE_LIMITED", "slow down", { details: { retryAfterMs: 7_000 } }),
    );
    expect(delays).toEqual([7_000]);
  });

  it("notices silence: ping, stale, dead, new dial", async () => {
    const { time, webSocket, events, socket } = setUp();
    socket.start();
    await time.advance(0);
    const first = webSocket.last;
    first.open();
    await time.advance(4_999);
    expect(first.pings).toHaveLength(0);
    await time.advance(1);
    expect(first.pings).toHaveLength(1);
    await time.advance(1_999);
    expect(events).toEqual(["open"]);
    await time.advance(1);
    expect(events).toEqual(["open", "silent"]);
    await time.advance(2_999);
    expect(first.terminated).toBe(false);
    await time.advance(1);
    expect(first.terminated).toBe(true);
    expect(events).toEqual(["open", "silent", "down silent"]);
    await time.advance(500);
    expect(webSocket.sockets).toHaveLength(2);
  });

  it("takes a pong for life, and asks again after the next idle time", async () => {
    const { time, webSocket, events, socket } = setUp();
    socket.start();
    await time.advance(0);
    webSocket.last.open();
    await time.advance(7_500);
    expect(events).toEqual(["open", "silent"]);
    webSocket.last.pong();
    expect(events).toEqual(["open", "silent", "alive"]);
    await time.advance(4_999);
    expect(webSocket.last.pings).toHaveLength(1);
    await time.advance(1);
    expect(webSocket.last.pings).toHaveLength(2);
    webSocket.last.pong();
    for (let hour = 0; hour < 1_000; hour += 1) {
      await time.advance(5_000);
      webSocket.last.pong();
    }
    expect(webSocket.sockets).toHaveLength(1);
  });

  it("tells when everything has arrived that was sent before a mark", async () => {
    const { time, webSocket, socket } = setUp();
    const told: string[] = [];
    socket.mark(() => told.push("not open"));
    socket.start();
    await time.advance(0);
    webSocket.last.open();
    await time.advance(5_000);
    expect(webSocket.last.pings).toEqual([""]);
    socket.mark(() => told.push("first"));
    // The answer to the ping before it says nothing of the mark.
    webSocket.last.pong("");
    expect(told).toEqual([]);
    webSocket.last.pong();
    webSocket.last.pong();
    expect(told).toEqual(["first"]);
    socket.mark(() => told.push("lost"));
    const lost = webSocket.last.pings.at(-1);
    webSocket.last.end();
    await time.advance(500);
    webSocket.last.open();
    webSocket.last.pong(lost);
    expect(told).toEqual(["first"]);
  });

  it("gives up a dial that does not open", async () => {
    const { time, webSocket, socket } = setUp();
    socket.start();
    await time.advance(10_000);
    expect(webSocket.sockets[0]?.terminated).toBe(true);
    await time.advance(500);
    expect(webSocket.sockets).toHaveLength(2);
  });

  it("does not listen to a connection it gave up", async () => {
    const { time, webSocket, events, socket } = setUp();
    socket.start();
    await time.advance(0);
    const first = webSocket.last;
    first.open();
    socket.reconnect();
    expect(events).toEqual(["open", "down requested"]);
    first.receive("late");
    await time.advance(500);
    webSocket.last.open();
    expect(events).toEqual(["open", "down requested", "open"]);
  });

  it("paces frames and forgets them with the connection", async () => {
    const { time, webSocket, socket } = setUp();
    socket.start();
    await time.advance(0);
    webSocket.last.open();
    for (let frame = 0; frame < 25; frame += 1) socket.send(String(frame));
    // Two of ten are for a ping and the answer to one, which cannot wait.
    expect(webSocket.last.sent).toHaveLength(8);
    await time.advance(1_099);
    expect(webSocket.last.sent).toHaveLength(8);
    await time.advance(1);
    expect(webSocket.last.sent).toHaveLength(16);
    webSocket.last.end();
    await time.advance(500);
    webSocket.last.open();
    await time.advance(5_000);
    expect(webSocket.last.sent).toEqual([]);
  });

  it("counts its answers to the venue's pings", async () => {
    const { time, webSocket, socket } = setUp();
    socket.start();
    await time.advance(0);
    webSocket.last.open();
    for (let ping = 0; ping < 3; ping += 1) webSocket.last.receivePing();
    for (let frame = 0; frame < 25; frame += 1) socket.send(String(frame));
    expect(webSocket.last.sent).toHaveLength(5);
  });

  it("keeps quiet after the opening where the venue wants that", async () => {
    const { time, webSocket, socket } = setUp(undefined, 1_000);
    socket.start();
    await time.advance(0);
    webSocket.last.open();
    socket.send("a");
    await time.advance(999);
    expect(webSocket.last.sent).toEqual([]);
    await time.advance(1);
    expect(webSocket.last.sent).toEqual(["a"]);
  });

  it.each(["before the dial", "while connecting", "while open", "while waiting"] as const)(
    "stops %s and leaves nothing",
    async (moment) => {
      const { time, webSocket, events, socket } = setUp();
      socket.start();
      if (moment !== "before the dial") await time.advance(0);
      if (moment === "while open") webSocket.last.open();
      if (moment === "while waiting") webSocket.last.end();
      let stopped = false;
      void socket.stop().then(() => {
        stopped = true;
      });
      await time.advance(0);
      expect(stopped).toBe(true);
      expect(time.pending).toBe(0);
      expect(socket.state).toBe("idle");
      await time.advance(60_000);
      expect(webSocket.sockets.every(({ ended }) => ended)).toBe(true);
      expect(webSocket.sockets.length).toBeLessThanOrEqual(1);
      expect(events.filter((event) => event.startsWith("down"))).toEqual([]);
    },
  );

  it("cuts a closing handshake that the venue does not answer", async () => {
    const { time, webSocket, socket } = setUp();
    socket.start();
    await time.advance(0);
    webSocket.last.open();
    webSocket.last.answersClose = false;
    const stopped = socket.stop();
    await time.advance(999);
    expect(webSocket.last.terminated).toBe(false);
    await time.advance(1);
    expect(webSocket.last.terminated).toBe(true);
    await stopped;
    expect(time.pending).toBe(0);
  });

  it("starts again after a stop", async () => {
    const { time, webSocket, socket } = setUp();
    socket.start();
    await time.advance(0);
    webSocket.last.open();
    await socket.stop();
    socket.start();
    await time.advance(0);
    webSocket.last.open();
    expect(socket.state).toBe("open");
  });

  it("waits for the dial limit and retries when it cannot be had", async () => {
    let admissions = 0;
    const { time, webSocket, socket } = setUp(() => {
      admissions += 1;
      return admissions === 1 ? Promise.reject(new Error("no")) : Promise.resolve();
    });
    socket.start();
    await time.advance(0);
    expect(webSocket.sockets).toHaveLength(0);
    await time.advance(500);
    expect(webSocket.sockets).toHaveLength(1);
  });

  it.each(["connecting", "open", "waiting", "silent", "down"])(
    "that is stopped while it tells of `%s` leaves nothing behind and is not dialed again",
    async (moment) => {
      const time = new VirtualTime();
      const webSocket = new FakeWebSocketPort();
      const stopAt = (what: string): void => {
        if (what === moment) void socket.stop();
      };
      const socket: SupervisedSocket = new SupervisedSocket(
        {
          url: "ws://venue",
          policy: POLICY,
          limits: { maxFrames: 10, framesPerMs: 1_000, maxMessageBytes: 1_000 },
          ports: { clock: time, timers: time, random: { next: () => 0 }, webSocket },
          admitDial: () => Promise.resolve(),
        },
        {
          onOpen: () => expect(moment).not.toBe("open"),
          onMessage: () => undefined,
          onSilent: () => stopAt("silent"),
          onAlive: () => undefined,
          onDown: () => stopAt("down"),
          onState: stopAt,
        },
      );
      socket.start();
      await time.advance(0);
      const dials = webSocket.sockets.length;
      expect(dials).toBe(moment === "connecting" ? 0 : 1);
      if (dials > 0) webSocket.last.open();
      await time.advance(100_000);
      expect(socket.state).toBe("idle");
      expect(time.pending).toBe(0);
      expect(webSocket.sockets).toHaveLength(dials);
    },
  );

  it("asks for its URL before each dial, and counts it as a dial in vain if there is none", async () => {
    const time = new VirtualTime();
    const webSocket = new FakeWebSocketPort();
    const order: string[] = [];
    let asked = 0;
    const socket = new SupervisedSocket(
      {
        url: async () => {
          asked += 1;
          order.push("url");
          if (asked === 1) throw new NetworkError("NETWORK_RESET", "no");
          return `ws://venue/${asked}`;
        },
        policy: POLICY,
        limits: { maxFrames: 10, framesPerMs: 1_000, maxMessageBytes: 1_000 },
        ports: { clock: time, timers: time, random: { next: () => 0 }, webSocket },
        admitDial: async () => {
          order.push("admit");
        },
      },
      {
        onOpen: () => undefined,
        onMessage: () => undefined,
        onSilent: () => undefined,
        onAlive: () => undefined,
        onDown: () => undefined,
        onState: () => undefined,
      },
    );
    socket.start();
    await time.advance(499);
    expect(socket.state).toBe("waiting");
    await time.advance(1);
    webSocket.last.open();
    webSocket.last.end();
    await time.advance(1_000);
    expect(webSocket.sockets.map(({ options }) => options.url)).toEqual(["ws://venue/2", "ws://venue/3"]);
    expect(order).toEqual(["url", "url", "admit", "url", "admit"]);
    await socket.stop();
  });
});
