import { createDefaultPorts } from "@conn/core";
import { afterEach, describe, expect, it } from "vitest";
import { type RunningVenue, serveVenue } from "../../src/index.js";
import { createEchoMachine, type EchoMachine } from "../support/echo-machine.js";

let venue: RunningVenue<EchoMachine, "rest" | "public"> | undefined;
afterEach(() => venue?.close());

async function serve() {
  venue = await serveVenue({
    ports: createDefaultPorts(),
    createMachine: createEchoMachine,
    urls: (authority) => ({ rest: `http://${authority}`, public: `ws://${authority}/public` }),
  });
  return venue;
}

/** A WebSocket of Node itself, with what it received so far and a way to wait for the next event. */
function dial(url: string) {
  const socket = new WebSocket(url);
  const events: string[] = [];
  let waiting: (() => void) | undefined;
  const note = (event: string): void => {
    events.push(event);
    waiting?.();
  };
  socket.addEventListener("open", () => note("open"));
  socket.addEventListener("message", ({ data }) => note(String(data)));
  socket.addEventListener("close", ({ code }) => note(`closed ${code}`));
  const next = async (): Promise<string> => {
    if (events.length === 0) {
      await new Promise<void>((resolve) => {
        waiting = resolve;
      });
    }
    return events.shift()!;
  };
  return { socket, next };
}

describe("a venue on real sockets", () => {
  it("answers HTTP and WebSocket, with faults", async () => {
    const { urls, faults, log } = await serve();
    const response = await fetch(`${urls.rest}/book?BTC`);
    expect([response.status, response.headers.get("x-venue"), await response.text()]).toEqual([
      200,
      "echo",
      "/book?BTC",
    ]);
    faults.rejectRequest({}, { status: 429, headers: { "retry-after": "7" } });
    const limited = await fetch(`${urls.rest}/book`);
    expect([limited.status, limited.headers.get("retry-after")]).toEqual([429, "7"]);
    faults.rejectRequest({}, "reset");
    await expect(fetch(`${urls.rest}/book`)).rejects.toThrow();

    const client = dial(urls.public);
    expect(await client.next()).toBe("open");
    client.socket.send("depth BTC");
    expect(await client.next()).toBe("depth BTC");
    expect(log.connections).toHaveLength(1);
    faults.drop({}, { code: 1001 });
    expect(await client.next()).toBe("closed 1001");
    await expect.poll(() => log.connections.length).toBe(0);

    faults.rejectUpgrade({}, { status: 503 });
    expect(await dial(urls.public).next()).toBe("closed 1006");
    faults.rejectUpgrade({}, "reset");
    expect(await dial(urls.public).next()).toBe("closed 1006");
  });

  it("wakes its machine by real timers", async () => {
    const running = await serve();
    const client = dial(running.urls.public);
    expect(await client.next()).toBe("open");
    const at = running.now() + 20;
    running.machine.wakeAt(at);
    const [, tick] = (await client.next()).split(" ");
    expect(Number(tick)).toBeGreaterThanOrEqual(at);
  });

  it("refuses dials while offline", async () => {
    const running = await serve();
    await running.goOffline();
    await expect(fetch(`${running.urls.rest}/book`)).rejects.toThrow();
    await running.goOnline();
    expect((await fetch(`${running.urls.rest}/book`)).status).toBe(200);
  });
});
