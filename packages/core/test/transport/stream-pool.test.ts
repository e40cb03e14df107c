import { describe, expect, it } from "vitest";
import { VenueError } from "../../src/errors/index.js";
import { type StreamConnection, StreamPool, type StreamPoolOwner } from "../../src/transport/index.js";
import { type FakeSocket, FakeWebSocketPort } from "../support/fake-web-socket.js";
import { VirtualTime } from "../support/virtual-time.js";

const MAX_AGE_MS = 1_000_000;
const OVERLAP_MS = 5_000;

/** A pool of one route, whose venue is the test; what the owner is told is kept as text. */
function setUp({
  maxAgeMs = MAX_AGE_MS as number | "none",
  random = [] as number[],
  maxTopics = 10,
  // Silence is a matter of some tests only.
  pingAfterIdleMs = 10 * MAX_AGE_MS,
} = {}) {
  const time = new VirtualTime();
  const webSocket = new FakeWebSocketPort();
  const told: string[] = [];
  const states: string[] = [];
  const connections = new Map<string, StreamConnection>();
  /** The latest socket of each connection. */
  const sockets = new Map<string, FakeSocket>();
  let opening: FakeSocket | undefined;
  const tell =
    (what: string) =>
    (connection: StreamConnection, detail?: unknown): void => {
      connections.set(connection.id, connection);
      if (opening !== undefined) sockets.set(connection.id, opening);
      told.push(
        [what, connection.id, typeof detail === "string" ? detail : undefined].filter(Boolean).join(" "),
      );
    };
  const owner: StreamPoolOwner = {
    onOpen: tell("open"),
    onMessage: (connection, data) => tell("message")(connection, new TextDecoder().decode(data)),
    onSubscribed: tell("subscribed"),
    onRefused: tell("refused"),
    onDown: (connection) => tell("down")(connection),
    onSilent: tell("silent"),
    onAlive: tell("alive"),
    onSwitched: tell("switched"),
    onOverlapEnded: (connection, isComplete) =>
      tell(isComplete ? "overlapEnded" : "overlapBroken")(connection),
    onState: ({ id }, state, { reason }) => states.push([id, state, reason].filter(Boolean).join(" ")),
    onProblem: (_connection, error) => told.push(`problem ${error.code}`),
  };
  const pool = new StreamPool(
    {
      routes: {
        stream: {
          url: "ws://venue",
          maxTopics,
          maxAgeMs: maxAgeMs === "none" ? undefined : maxAgeMs,
          limits: { maxFrames: 100, framesPerMs: 1_000, maxMessageBytes: 1_000 },
          protocol: {
            maxTopicsPerFrame: 1,
            formatSubscribe: (topics, id) => JSON.stringify({ sub: topics[0], id }),
            formatUnsubscribe: (topics, id) => JSON.stringify({ unsub: topics[0], id }),
          },
        },
      },
      policy: {
        connectTimeoutMs: 10_000,
        backoff: { initialMs: 500, factor: 2, maxMs: 30_000, jitter: 0 },
        stableAfterMs: 30_000,
        pingAfterIdleMs,
        silentAfterMs: 2_000,
        deadAfterMs: 20_000,
        closeTimeoutMs: 1_000,
        overlapMs: OVERLAP_MS,
      },
      answerTimeoutMs: 10_000,
      ports: { clock: time, timers: time, random: { next: () => random.shift() ?? 0 }, webSocket },
      admitDial: () => Promise.resolve(),
    },
    owner,
  );
  /** Requests that a socket was sent and that are not answered. */
  const asked = (socket: FakeSocket): { sub?: string; unsub?: string; id: number }[] =>
    socket.sent.splice(0).map((text) => JSON.parse(text));
  /** Answers what a socket was asked: confirms all but the topics to be refused. */
  const answer = (id: string, refused: readonly string[] = []): void => {
    const connection = connections.get(id);
    if (connection === undefined) throw new TypeError(`no connection ${id}`);
    for (const request of asked(sockets.get(id) as FakeSocket)) {
      if (request.sub !== undefined && refused.includes(request.sub))
        connection.refused(request.id, new VenueError("VENUE_REFUSED", "no"));
      else connection.acknowledged(request.id);
    }
  };
  /** Opens a dial, the last one unless another is named. */
  const open = (socket: FakeSocket = webSocket.last): void => {
    opening = socket;
    socket.open();
    opening = undefined;
  };
  const take = (): string[] => told.splice(0);
  return { time, webSocket, pool, told, take, states, connections, open, answer, asked };
}

/** A pool with one open connection, `stream-1`, that serves the topics. */
async function serving(topics: readonly string[], options: Parameters<typeof setUp>[0] = {}) {
  const world = setUp(options);
  world.pool.add("stream", topics);
  await world.time.advance(0);
  world.open();
  world.answer("stream-1");
  world.take();
  return world;
}

/** The same, with its successor dialed but not open. */
async function renewing(topics: readonly string[], options: Parameters<typeof setUp>[0] = {}) {
  const world = await serving(topics, options);
  await world.time.advance(0.8 * MAX_AGE_MS);
  expect(world.webSocket.sockets).toHaveLength(2);
  return world;
}

/** The same, with the successor having taken over. */
async function overlapping(topics: readonly string[]) {
  const world = await renewing(topics);
  world.open();
  world.answer("stream-2");
  expect(world.take()).toEqual(["open stream-2", "switched stream-2"]);
  return world;
}

describe("the renewal of a connection", () => {
  it.each([
    [0, 0.8],
    [0.999999, 0.95],
  ])("is planned by chance %d at %d of its greatest age", async (chance, part) => {
    const { time, webSocket } = await serving(["a"], { random: [chance] });
    await time.advance(part * MAX_AGE_MS - 2);
    expect(webSocket.sockets).toHaveLength(1);
    await time.advance(2);
    expect(webSocket.sockets).toHaveLength(2);
  });

  it("counts anew from a reconnect", async () => {
    const { time, webSocket, open, answer } = await serving(["a"]);
    await time.advance(0.5 * MAX_AGE_MS);
    webSocket.last.end();
    await time.advance(500);
    open();
    answer("stream-1");
    await time.advance(0.8 * MAX_AGE_MS - 1);
    expect(webSocket.sockets).toHaveLength(2);
    await time.advance(1);
    expect(webSocket.sockets).toHaveLength(3);
  });

  it("comes again for the successor, by the time at which that opened", async () => {
    const { time, webSocket, open, answer } = await renewing(["a"]);
    await time.advance(1_000);
    open();
    await time.advance(2_000);
    answer("stream-2");
    await time.advance(0.8 * MAX_AGE_MS - 2_001);
    expect(webSocket.sockets).toHaveLength(2);
    await time.advance(1);
    expect(webSocket.sockets).toHaveLength(3);
  });

  it("does not come where the venue names no age", async () => {
    const { time, webSocket } = await serving(["a"], { maxAgeMs: "none" });
    await time.advance(5 * MAX_AGE_MS);
    expect(webSocket.sockets).toHaveLength(1);
    expect(time.pending).toBe(1);
  });

  it("is refused for an age that is none", () => {
    for (const maxAgeMs of [0, -1, Number.NaN])
      expect(() => setUp({ maxAgeMs }).pool.add("stream", ["a"])).toThrow(TypeError);
  });

  it("changes nothing until the successor serves all, and closes the old connection after an overlap", async () => {
    const { time, webSocket, pool, take, states, connections, open, answer, asked } = await renewing([
      "a",
      "b",
    ]);
    const [old, young] = webSocket.sockets as [FakeSocket, FakeSocket];
    expect(take()).toEqual([]);
    open();
    const [first, second] = asked(young);
    expect([first?.sub, second?.sub]).toEqual(["a", "b"]);
    const successor = connections.get("stream-2") as StreamConnection;
    successor.acknowledged(first?.id as number);
    young.receive("early");
    expect(take()).toEqual(["open stream-2", "message stream-2 early"]);
    expect(pool.connectionOf("stream", "a")?.id).toBe("stream-1");
    expect([connections.get("stream-1")?.role, successor.role]).toEqual(["serving", "standby"]);

    successor.acknowledged(second?.id as number);
    expect(take()).toEqual(["switched stream-2"]);
    expect(pool.connectionOf("stream", "a")?.id).toBe("stream-2");
    expect([connections.get("stream-1")?.role, successor.role]).toEqual(["leaving", "succeeding"]);
    await time.advance(OVERLAP_MS - 1);
    // Whatever the venue had sent before the switch has arrived by now.
    old.pong();
    old.receive("late");
    expect(old.closeAsked).toBe(false);
    expect(take()).toEqual(["message stream-1 late"]);
    await time.advance(1);
    expect(old.closeAsked).toBe(true);
    expect(take()).toEqual(["overlapEnded stream-2"]);
    expect(successor.role).toBeUndefined();
    expect(states).toEqual([
      "stream-1 connecting",
      "stream-1 open",
      "stream-2 connecting",
      "stream-2 open",
      "stream-1 closing renewed",
      "stream-1 idle",
    ]);

    // Supervised as the first one was, and renewed in its turn.
    young.end();
    expect(take()).toEqual(["down stream-2"]);
    await time.advance(500);
    open();
    expect(webSocket.sockets).toHaveLength(3);
    answer("stream-2");
    expect(take()).toEqual(["open stream-2", "subscribed stream-2 a", "subscribed stream-2 b"]);
    await time.advance(0.8 * MAX_AGE_MS);
    expect(webSocket.sockets).toHaveLength(4);
    expect(states.at(-1)).toBe("stream-3 connecting");
  });

  it("goes on with growing delays while the successor fails, and the old connection stays", async () => {
    const { time, webSocket, states, take, open, answer } = await renewing(["a"]);
    const dials: number[] = [];
    for (let failure = 0; failure < 8; failure += 1) {
      if (failure % 2 === 0) open();
      webSocket.last.end();
      const count = webSocket.sockets.length;
      const before = time.monotonic();
      while (webSocket.sockets.length === count) await time.advance(100);
      dials.push(time.monotonic() - before);
    }
    expect(dials).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    expect(take()).toEqual(Array(4).fill("open stream-2"));
    expect(states.filter((state) => state.startsWith("stream-1"))).toEqual([
      "stream-1 connecting",
      "stream-1 open",
    ]);
    expect(webSocket.sockets[0]?.ended).toBe(false);
    open();
    // The venue does not answer: that costs the successor only.
    await time.advance(10_000);
    expect(take()).toEqual(["open stream-2", "problem SUBSCRIPTION_UNANSWERED"]);
    await time.advance(30_000);
    open();
    answer("stream-2");
    expect(take()).toEqual(["open stream-2", "switched stream-2"]);
  });

  it("waits for a topic that the venue serves on the old connection and refuses to the successor", async () => {
    const { time, take, open, answer, webSocket } = await renewing(["a", "b"]);
    open();
    answer("stream-2", ["b"]);
    expect(take()).toEqual(["open stream-2", "refused stream-2 b"]);
    for (const delay of [500, 1_000, 2_000]) {
      await time.advance(delay - 1);
      expect(webSocket.last.sent).toEqual([]);
      await time.advance(1);
      expect(webSocket.last.sent).toHaveLength(1);
      answer("stream-2", delay < 2_000 ? ["b"] : []);
    }
    // Told once, however often it was refused.
    expect(take()).toEqual(["switched stream-2"]);
  });

  it("does not wait for a topic that the venue refuses on both connections", async () => {
    const { time, pool, take, open, answer } = setUp();
    pool.add("stream", ["a", "b"]);
    await time.advance(0);
    open();
    answer("stream-1", ["b"]);
    expect(take()).toEqual(["open stream-1", "subscribed stream-1 a", "refused stream-1 b"]);
    await time.advance(0.8 * MAX_AGE_MS);
    open();
    answer("stream-2", ["b"]);
    expect(take()).toEqual(["open stream-2", "switched stream-2"]);
  });

  it("takes no more than its connection's place when that is lost meanwhile", async () => {
    const { time, webSocket, pool, take, states, open, answer } = await renewing(["a", "b"]);
    const [old] = webSocket.sockets;
    old?.end();
    expect(take()).toEqual(["down stream-1", "switched stream-2"]);
    expect(states.slice(-3)).toEqual([
      "stream-1 waiting closed",
      "stream-1 closing renewed",
      "stream-1 idle",
    ]);
    expect(pool.connectionOf("stream", "a")?.id).toBe("stream-2");
    expect(pool.connectionOf("stream", "a")?.role).toBeUndefined();
    open();
    answer("stream-2");
    expect(take()).toEqual(["open stream-2", "subscribed stream-2 a", "subscribed stream-2 b"]);
    await time.advance(60_000);
    expect(webSocket.sockets).toHaveLength(2);
    await time.advance(0.8 * MAX_AGE_MS - 60_000);
    expect(webSocket.sockets).toHaveLength(3);
  });

  it("tells of a lost connection before its successor, which may serve all already", async () => {
    const { webSocket, take, open, answer } = await renewing(["a", "b"]);
    open();
    answer("stream-2", ["b"]);
    take();
    webSocket.sockets[0]?.end();
    expect(take()).toEqual(["down stream-1", "switched stream-2"]);
  });

  it.each([
    ["before all has arrived that it was sent", false, "overlapBroken stream-2"],
    ["when all has arrived", true, "overlapEnded stream-2"],
  ])("ends the overlap when the old connection is lost, %s", async (_when, isAnswered, end) => {
    const { time, webSocket, take } = await overlapping(["a"]);
    const [old] = webSocket.sockets;
    if (isAnswered) old?.pong();
    old?.end();
    expect(take()).toEqual([end]);
    await time.advance(60_000);
    expect(webSocket.sockets).toHaveLength(2);
    expect(take()).toEqual([]);
  });

  it("closes the old connection when the new one is lost in the overlap, and dials anew", async () => {
    const { time, webSocket, take, open } = await overlapping(["a"]);
    webSocket.last.end();
    expect(take()).toEqual(["down stream-2"]);
    expect(webSocket.sockets[0]?.closeAsked).toBe(true);
    await time.advance(500);
    open();
    expect(webSocket.sockets).toHaveLength(3);
    expect(take()).toEqual(["open stream-2"]);
  });

  it("keeps no overlap with an old connection that is silent", async () => {
    const pingAfterIdleMs = 0.8 * MAX_AGE_MS + 1_000;
    const { time, webSocket, take, open, answer } = await renewing(["a"], { pingAfterIdleMs });
    const [old] = webSocket.sockets;
    open();
    await time.advance(3_000);
    expect(take()).toEqual(["open stream-2", "silent stream-1"]);
    answer("stream-2");
    expect(take()).toEqual(["switched stream-2", "overlapBroken stream-2", "alive stream-2"]);
    expect(old?.closeAsked).toBe(true);
  });

  it("does not come in a storm after the machine has slept", async () => {
    const topics = Array.from({ length: 20 }, (_, index) => `topic ${index}`);
    const chances = Array.from({ length: 100 }, (_, index) => ((index * 37) % 100) / 100);
    const { time, webSocket, pool, connections, open, answer } = setUp({ random: chances, maxTopics: 1 });
    let opened = 0;
    const openAll = (): void => {
      for (const socket of webSocket.sockets.slice(opened)) open(socket);
      opened = webSocket.sockets.length;
      for (const id of connections.keys()) answer(id);
    };
    pool.add("stream", topics);
    await time.advance(0);
    openAll();
    time.sleep(3 * MAX_AGE_MS);
    await time.advance(0);
    expect(webSocket.sockets).toHaveLength(20);
    // Half of them are dead, and found so; the others are renewed one after the other.
    for (const socket of webSocket.sockets.slice(0, 10)) socket.end();
    const dialsBySecond: number[] = [];
    for (let second = 0; second < 70; second += 1) {
      await time.advance(1_000);
      dialsBySecond.push(webSocket.sockets.length - opened);
      openAll();
    }
    expect(dialsBySecond[0]).toBe(10);
    expect(Math.max(...dialsBySecond.slice(1))).toBeLessThanOrEqual(2);
    expect(webSocket.sockets).toHaveLength(40);
  });
});

describe("topics", () => {
  it("added while a successor is made are asked for on both connections, and awaited", async () => {
    const { pool, webSocket, take, open, answer, asked } = await renewing(["a"]);
    const [old, young] = webSocket.sockets as [FakeSocket, FakeSocket];
    open();
    pool.add("stream", ["b"]);
    expect(old.sent.map((text) => JSON.parse(text).sub)).toEqual(["b"]);
    answer("stream-1");
    expect(take()).toEqual(["open stream-2", "subscribed stream-1 b"]);
    expect(young.sent.map((text) => JSON.parse(text).sub)).toEqual(["a", "b"]);
    answer("stream-2");
    expect(take()).toEqual(["switched stream-2"]);
    expect(asked(old)).toEqual([]);
  });

  it("removed while a successor is made are awaited no longer", async () => {
    const { pool, webSocket, take, open, answer } = await renewing(["a", "b"]);
    open();
    answer("stream-2", ["b"]);
    take();
    pool.remove("stream", ["b"]);
    expect(take()).toEqual(["switched stream-2"]);
    expect(webSocket.sockets[0]?.sent.map((text) => JSON.parse(text).unsub)).toEqual(["b"]);
    expect(webSocket.last.sent).toEqual([]);
  });

  it("added in the overlap are asked for on the new connection only, and removed ones leave both", async () => {
    const { time, pool, webSocket, take, answer } = await overlapping(["a", "b"]);
    const [old, young] = webSocket.sockets as [FakeSocket, FakeSocket];
    pool.add("stream", ["c"]);
    pool.remove("stream", ["a"]);
    expect(young.sent.map((text) => JSON.parse(text))).toMatchObject([{ sub: "c" }, { unsub: "a" }]);
    expect(old.sent.map((text) => JSON.parse(text))).toMatchObject([{ unsub: "a" }]);
    answer("stream-2");
    expect(take()).toEqual(["subscribed stream-2 c"]);
    await time.advance(OVERLAP_MS);
    expect([...(pool.connectionOf("stream", "c")?.topics ?? [])]).toEqual(["b", "c"]);
    expect(pool.connectionOf("stream", "a")).toBeUndefined();
  });

  it.each([
    ["is made", renewing],
    ["has taken over", overlapping],
  ])("removed to the last one end all connections, when a successor %s", async (_when, begin) => {
    const { time, pool, webSocket } = await begin(["a"]);
    pool.remove("stream", ["a"]);
    await time.advance(0);
    expect(webSocket.sockets.every(({ ended }) => ended)).toBe(true);
    expect(time.pending).toBe(0);
    await pool.stop();
  });
});

describe("a pool that is stopped", () => {
  it.each([
    ["before the renewal", serving],
    ["while the successor dials", renewing],
    [
      "while the successor is not ready",
      async (topics: readonly string[]) => {
        const world = await renewing(topics);
        world.open();
        world.answer("stream-2", ["a"]);
        return world;
      },
    ],
    [
      "while the successor waits to dial again",
      async (topics: readonly string[]) => {
        const world = await renewing(topics);
        world.webSocket.last.end();
        return world;
      },
    ],
    ["in the overlap", overlapping],
    [
      "while the old connection closes",
      async (topics: readonly string[]) => {
        const world = await overlapping(topics);
        (world.webSocket.sockets[0] as FakeSocket).answersClose = false;
        await world.time.advance(OVERLAP_MS);
        return world;
      },
    ],
  ])("%s leaves nothing", async (_when, begin) => {
    const { time, pool, webSocket, take } = await begin(["a", "b"]);
    take();
    let stopped = false;
    void pool.stop().then(() => {
      stopped = true;
    });
    await time.advance(1_000);
    expect(stopped).toBe(true);
    expect(time.pending).toBe(0);
    expect(webSocket.sockets.every(({ ended }) => ended)).toBe(true);
    const dials = webSocket.sockets.length;
    await time.advance(2 * MAX_AGE_MS);
    expect(webSocket.sockets).toHaveLength(dials);
    expect(take()).toEqual([]);
  });
});
