import type { Ports, ServerHandler, ServerSocket } from "@conn/core";
import { describe, expect, it } from "vitest";
import { createLoopbackWorld } from "../../src/index.js";

const decode = (data: Uint8Array): string => new TextDecoder().decode(data);

/** A server that answers every request after `delayMs` and sends every frame back after `delayMs`. */
async function startEcho(
  ports: Ports,
  delayMs: number,
): Promise<{ url: string; sockets: ServerSocket[]; close(): Promise<void> }> {
  const sockets: ServerSocket[] = [];
  const handler: ServerHandler = {
    onRequest(request, respond) {
      if (request.path === "/hang") return;
      const answer = (): void =>
        respond({ status: 200, body: `${request.path} ${Object.keys(request.headers)}` });
      if (request.path === "/later") ports.timers.set(delayMs, answer);
      else answer();
    },
    onUpgrade: () => (socket) => {
      sockets.push(socket);
      return {
        onMessage(data) {
          const copy = data.slice();
          ports.timers.set(delayMs, () => socket.send(copy));
        },
        onPing: (payload) => socket.pong(payload),
        onPong() {},
        onClose() {},
      };
    },
  };
  const handle = await ports.server.listen({ port: 0 }, handler);
  return { url: `127.0.0.1:${handle.port}`, sockets, close: () => handle.close() };
}

function connect(
  ports: Ports,
  url: string,
): { received: string[]; socket: ReturnType<Ports["webSocket"]["connect"]> } {
  const received: string[] = [];
  const note = (what: string): void => void received.push(`${ports.clock.monotonic()} ${what}`);
  const socket = ports.webSocket.connect(
    { url: `ws://${url}/stream`, maxMessageBytes: 2 ** 25 },
    {
      onOpen: () => note("open"),
      onMessage: (data) => note(decode(data.subarray(0, 20))),
      onPing: (payload) => note(`ping ${decode(payload)}`),
      onPong: (payload) => note(`pong ${decode(payload)}`),
      onClose: ({ code }) => note(`close ${code}`),
    },
  );
  return { received, socket };
}

describe("a loopback world", () => {
  it("stands still while a frame is on its way, however large", async () => {
    const world = createLoopbackWorld({ seed: 1 });
    const echo = await startEcho(world.portsOf("server"), 0);
    const { received, socket } = connect(world.portsOf("client"), echo.url);
    // A timer due at once would overtake the frames if time did not wait for them.
    const overtaken: string[] = [];
    await world.until(() => received.includes("0 open"), { withinMs: 1 });
    echo.sockets[0]!.send(new Uint8Array(20_000_000).fill(65));
    echo.sockets[0]!.ping("x");
    world.portsOf("client").timers.set(1, () => overtaken.push(...received));
    await world.advance(5);
    expect(overtaken).toEqual(["0 open", `0 ${"A".repeat(20)}`, "0 ping x"]);
    socket.terminate();
    await echo.close();
  });

  it("lets half a minute pass at once and at the right virtual times", async () => {
    const world = createLoopbackWorld({ seed: 1 });
    const echo = await startEcho(world.portsOf("server"), 250);
    const { received, socket } = connect(world.portsOf("client"), echo.url);
    const { timers } = world.portsOf("client");
    const again = (): void => {
      socket.send("tick");
      timers.set(1000, again);
    };
    timers.set(1000, again);
    const began = performance.now();
    await world.advance(30_000);
    expect(performance.now() - began).toBeLessThan(2000);
    expect(received).toHaveLength(30);
    expect(received.slice(0, 3)).toEqual(["0 open", "1250 tick", "2250 tick"]);
    expect(world.elapsedMs).toBe(30_000);
    socket.terminate();
    await echo.close();
  });

  it("does not wait for a request that the server leaves waiting, and waits for its answer", async () => {
    const world = createLoopbackWorld({ seed: 1 });
    const echo = await startEcho(world.portsOf("server"), 4000);
    const ports = world.portsOf("client");
    const http = await world.complete(ports.http.open({ maxBodyBytes: 1000 }), { withinMs: 1 });
    const abort = new AbortController();
    const hanging = http.request({ method: "GET", url: `http://${echo.url}/hang`, signal: abort.signal });
    const later = world.complete(http.request({ method: "GET", url: `http://${echo.url}/later` }), {
      withinMs: 5000,
    });
    const { status, body } = await later;
    expect(status).toBe(200);
    // The header by which the world follows a request is not seen by the server.
    expect(decode(body)).toBe("/later host,connection");
    expect(world.elapsedMs).toBe(4000);
    expect(world.handles("client")).toMatchObject({ requests: 1, httpClients: 1 });
    abort.abort();
    await expect(hanging).rejects.toThrow();
    await http.close();
    await echo.close();
    expect(world.handles()).toEqual({ timers: 0, sockets: 0, httpClients: 0, requests: 0, servers: 0 });
  });

  it.each(["client", "server"])(
    "knows when a connection has ended at both ends, cut by the %s",
    async (who) => {
      const world = createLoopbackWorld({ seed: 1 });
      const echo = await startEcho(world.portsOf("server"), 0);
      const { received, socket } = connect(world.portsOf("client"), echo.url);
      await world.settle();
      expect(world.handles()).toMatchObject({ sockets: 2 });
      echo.sockets[0]!.send("lost or not");
      if (who === "client") socket.terminate();
      else echo.sockets[0]!.terminate();
      await world.settle();
      expect(world.handles()).toMatchObject({ sockets: 0 });
      expect(received.at(-1)).toBe("0 close 1006");
      await echo.close();
    },
  );

  it("says what is pending when something does not come about", async () => {
    const world = createLoopbackWorld({ seed: 7 });
    const echo = await startEcho(world.portsOf("server"), 0);
    world.portsOf("client").timers.set(90_000, () => {});
    const { socket } = connect(world.portsOf("client"), echo.url);
    await world.settle();
    socket.send("hello");
    const error = await world.until(() => false, { withinMs: 60_000, what: "never" }).catch(String);
    for (const part of [
      "never",
      "60000 ms",
      "seed 7",
      "client in 30000 ms",
      "loopback-world.test.ts",
      "hello",
    ]) {
      expect(error).toContain(part);
    }
    socket.terminate();
    await echo.close();
  });

  it("has no internet", async () => {
    const world = createLoopbackWorld({ seed: 1 });
    const ports = world.portsOf("client");
    const http = await ports.http.open({ maxBodyBytes: 1000 });
    const request = http.request({ method: "GET", url: "https://example.com/" });
    await expect(request).rejects.toMatchObject({ code: "NETWORK_UNREACHABLE" });
    const { received } = connect(ports, "example.com");
    await world.settle();
    expect(received).toEqual(["0 close 1006"]);
    const proxied = await ports.http.open({ maxBodyBytes: 1000, proxy: "http://proxy.example.com:1" });
    const through = proxied.request({ method: "GET", url: "http://127.0.0.1:1/" });
    await expect(through).rejects.toMatchObject({ code: "NETWORK_UNREACHABLE" });
    await http.close();
    await proxied.close();
  });

  it("gives the same history for the same seed", async () => {
    const history = async (seed: number): Promise<string[]> => {
      const world = createLoopbackWorld({ seed });
      const echo = await startEcho(world.portsOf("server"), 7);
      const { random, timers } = world.portsOf("client");
      const { received, socket } = connect(world.portsOf("client"), echo.url);
      let count = 0;
      const again = (): void => {
        socket.send(`frame ${count++} ${Math.floor(random.next() * 1e9)}`);
        timers.set(random.next() * 500, again);
      };
      timers.set(10, again);
      await world.advance(10_000);
      socket.terminate();
      await echo.close();
      return received;
    };
    const [first, again, other] = [await history(1), await history(1), await history(2)];
    expect(first.length).toBeGreaterThan(20);
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
  });

  it("runs timers in order, and lets an error in one through", async () => {
    const world = createLoopbackWorld({ seed: 1 });
    const { timers } = world.portsOf("a");
    const order: number[] = [];
    timers.set(5, () => order.push(2));
    timers.set(4.2, () => order.push(3));
    timers.set(0, () => order.push(1));
    timers.set(3, () => order.push(9)).cancel();
    await world.advance(4);
    expect(order).toEqual([1]);
    await world.advance(1);
    expect(order).toEqual([1, 2, 3]);
    expect(() => timers.set(Number.NaN, () => {})).toThrow(TypeError);
    timers.set(1, () => {
      throw new RangeError("mine");
    });
    await expect(world.advance(10)).rejects.toThrow(RangeError);
  });
});
