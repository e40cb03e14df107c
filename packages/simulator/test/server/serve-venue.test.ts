import { describe, expect, it } from "vitest";
import { serveVenue } from "../../src/index.js";
import { createEchoMachine } from "../support/echo-machine.js";
import { connect, createVirtualWorld } from "../support/virtual-world.js";

const START = 1_790_000_000_000;

async function serve(options: { clockSkewMs?: number } = {}) {
  const world = createVirtualWorld(START);
  let startAt = 0;
  const venue = await serveVenue({
    ports: world,
    createMachine(at) {
      startAt = at;
      return createEchoMachine();
    },
    urls: (authority) => ({ rest: `http://${authority}`, public: `ws://${authority}/public` }),
    ...options,
  });
  return { world, venue, startAt };
}

describe("serving a venue", () => {
  it("tells its URLs and answers", async () => {
    const { world, venue } = await serve();
    expect(venue.urls).toEqual({ rest: "http://127.0.0.1:40001", public: "ws://127.0.0.1:40001/public" });
    expect(world.request("/book?BTC").response).toMatchObject({ status: 200, body: "/book?BTC" });
    const client = connect(world, "/public");
    client.send("depth BTC");
    client.ping("x");
    expect(client.received).toEqual([{ data: "depth BTC" }, { pong: "x" }]);
  });

  it("keeps no timer when nothing is scheduled, and one when something is", async () => {
    const { world, venue } = await serve();
    const client = connect(world, "/public");
    expect(world.pendingTimers).toBe(0);
    venue.machine.wakeAt(START + 2500);
    venue.machine.wakeAt(START + 1500);
    expect(world.pendingTimers).toBe(1);
    world.advance(1499);
    expect(client.received).toEqual([]);
    world.advance(1);
    expect(client.received).toEqual([{ data: `tick ${START + 1500}` }, { ping: `${START + 1500}` }]);
    expect(world.pendingTimers).toBe(0);
    venue.faults.silence({}, 700);
    expect(world.pendingTimers).toBe(1);
    world.advance(700);
    expect(world.pendingTimers).toBe(0);
  });

  it("never enters the machine twice: an answer within a call waits", async () => {
    const { world, venue } = await serve();
    const client = connect(world, "/public");
    let answers = 0;
    client.onText = () => {
      if (++answers < 5) client.send(`again ${answers}`);
    };
    client.send("again 0");
    expect(client.texts).toEqual(["again 0", "again 1", "again 2", "again 3", "again 4"]);
    expect(venue.machine.inputs).toEqual([
      "opened 1",
      "frame again 0",
      "frame again 1",
      "frame again 2",
      "frame again 3",
      "frame again 4",
    ]);
  });

  it("has its own even time, whatever the wall clock does", async () => {
    const { world, venue, startAt } = await serve({ clockSkewMs: -300_000 });
    expect(startAt).toBe(START - 300_000);
    world.advance(1000);
    world.clock.wallOffsetMs = -86_400_000;
    expect(venue.now()).toBe(START - 299_000);
  });

  it("logs what clients do", async () => {
    const { world, venue } = await serve();
    world.request("/book?BTC");
    world.request("/book?ETH");
    venue.faults.hang();
    world.request("/time");
    const client = connect(world, "/public");
    expect(world.dial("/nowhere")).toEqual({ status: 404 });
    client.send("subscribe BTC");
    client.send(new Uint8Array([1, 2]));
    const { log } = venue;
    expect([...log.requestsByPath]).toEqual([
      ["/book", 2],
      ["/time", 1],
    ]);
    expect(log.requests.map(({ path, status }) => [path, status])).toEqual([
      ["/book?BTC", 200],
      ["/book?ETH", 200],
      ["/time", undefined],
    ]);
    expect([log.requestCount, log.dialCount, log.acceptedCount, log.framesIn, log.framesOut]).toEqual([
      3, 2, 1, 2, 2,
    ]);
    expect(log.dials.map(({ outcome }) => outcome)).toEqual([{ connectionId: 1 }, { status: 404 }]);
    expect(log.clientFrames.map(({ kind, streams, text }) => [kind, streams, text])).toEqual([
      ["subscribe", ["BTC@subscribe"], "subscribe BTC"],
      ["1,2", ["@1,2"], ""],
    ]);
    expect(log.connections).toMatchObject([{ connectionId: 1, route: "public", openedAt: START }]);
    expect(log.weightUsed("127.0.0.1")).toBe(7);
    client.close();
    expect(log.connections).toEqual([]);
    expect(venue.machine.inputs.at(-1)).toBe("closed 1");
  });

  it("remembers the latest thousand events only", async () => {
    const { world, venue } = await serve();
    for (let i = 0; i < 1200; i++) world.request(`/book?${i}`);
    expect(venue.log.requestCount).toBe(1200);
    expect(venue.log.requests).toHaveLength(1000);
    expect(venue.log.requests.at(-1)?.path).toBe("/book?1199");
  });

  it("drops sockets that it accepted only to drop them", async () => {
    const { world, venue } = await serve();
    venue.faults.rejectUpgrade({}, "acceptThenDrop", 3);
    for (let i = 0; i < 3; i++) expect(connect(world, "/public").received).toEqual([{ closed: 1006 }]);
    expect(connect(world, "/public").received).toEqual([]);
    expect(venue.log.connections).toHaveLength(1);
  });

  it("goes offline and comes back at the same port", async () => {
    const { world, venue } = await serve();
    const client = connect(world, "/public");
    await venue.goOffline();
    expect(client.received).toEqual([{ closed: 1006 }]);
    expect(venue.machine.inputs).toEqual(["opened 1", "closed 1"]);
    expect(world.dial("/public")).toBe("refused");
    await venue.goOnline();
    await venue.goOnline();
    expect(connect(world, "/public").received).toEqual([]);
  });

  it("leaves nothing open", async () => {
    const { world, venue } = await serve();
    const client = connect(world, "/public");
    venue.machine.wakeAt(START + 10);
    await venue.close();
    await venue.close();
    expect(client.received).toEqual([{ closed: 1006 }]);
    expect(world.pendingTimers).toBe(0);
    expect(world.listening).toBe(0);
    venue.machine.wakeAt(START + 20);
    venue.faults.silence({}, 100);
    expect(world.pendingTimers).toBe(0);
  });
});
