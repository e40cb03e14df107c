import { createHmac } from "node:crypto";
import { createDefaultPorts } from "@conn/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type BinancePerpetualSimulator,
  startSimulator,
  withoutCommission,
} from "../../src/simulator/index.js";

/** What can go wrong around an order, on real sockets. */
let simulator: BinancePerpetualSimulator;
let sockets: WebSocket[];
beforeEach(async () => {
  sockets = [];
  simulator = await startSimulator({ ports: createDefaultPorts(), levels: 60 });
  simulator.machine.freeze("BTCUSDT");
});
afterEach(async () => {
  for (const socket of sockets) socket.close();
  await simulator.close();
});

const ORDER = { method: "POST", kind: "/fapi/v1/order" } as const;

function send(method: string, path: string, fields: Record<string, string>) {
  const { apiKey, secret } = simulator.credentials;
  const query = new URLSearchParams({ ...fields, timestamp: String(simulator.now()) }).toString();
  const signature = createHmac("sha256", secret).update(query).digest("hex");
  return fetch(`${simulator.urls.rest}${path}?${query}&signature=${signature}`, {
    method,
    headers: { "x-mbx-apikey": apiKey },
    signal: AbortSignal.timeout(1_000),
  });
}

const place = (newClientOrderId: string) =>
  send("POST", "/fapi/v1/order", {
    symbol: "BTCUSDT",
    side: "BUY",
    type: "LIMIT",
    timeInForce: "GTC",
    quantity: "0.010",
    price: "83000",
    newClientOrderId,
  });

const isPlaced = (clientOrderId: string): boolean =>
  simulator.machine.orderOf("default", clientOrderId)?.status === "open";

/** Listens to the account and keeps the events that come. */
async function listen(): Promise<string[]> {
  const { apiKey } = simulator.credentials;
  const answer = await fetch(`${simulator.urls.rest}/fapi/v1/listenKey`, {
    method: "POST",
    headers: { "x-mbx-apikey": apiKey },
  });
  // as: the venue's answer.
  const { listenKey } = (await answer.json()) as { listenKey: string };
  const socket = new WebSocket(`${simulator.urls.private}/ws/${listenKey}`);
  sockets.push(socket);
  const events: string[] = [];
  socket.addEventListener("message", ({ data }) => {
    const event = JSON.parse(String(data));
    events.push(event.o === undefined ? event.e : `${event.o.x} ${event.o.c}`);
  });
  await new Promise((resolve) => socket.addEventListener("open", resolve));
  return events;
}

describe("a request to place an order", () => {
  it("is lost before the venue sees it", async () => {
    simulator.faults.loseRequest(ORDER);
    await expect(place("a")).rejects.toThrow();
    expect(isPlaced("a")).toBe(false);
  });

  it("is carried out, and its answer is lost", async () => {
    simulator.faults.loseAnswer(ORDER);
    await expect(place("a")).rejects.toThrow();
    expect(isPlaced("a")).toBe(true);
  });

  it("is carried out, and the connection is reset", async () => {
    simulator.faults.replaceAnswer(ORDER, "reset");
    await expect(place("a")).rejects.toThrow();
    expect(isPlaced("a")).toBe(true);
  });

  it.each([
    ["carried out", true],
    ["not carried out", false],
  ])("is answered with 503, and %s", async (_what, handled) => {
    const answer = {
      status: 503,
      body: '{"code":-1000,"msg":"Unknown error, please check your request or try again later."}',
    };
    if (handled) simulator.faults.replaceAnswer(ORDER, answer);
    else simulator.faults.rejectRequest(ORDER, answer);
    expect((await place("a")).status).toBe(503);
    expect(isPlaced("a")).toBe(handled);
    expect((await place("b")).status).toBe(200);
  });

  it("is carried out, and answered with what cannot be read", async () => {
    simulator.faults.corruptAnswer(ORDER, "<html>");
    expect(await (await place("a")).text()).toBe("<html>");
    expect(isPlaced("a")).toBe(true);
  });

  it("meets a fault for orders only, not one for queries of the same path", async () => {
    const fault = simulator.faults.rejectRequest({ method: "GET", kind: "/fapi/v1/order" }, "reset");
    expect((await place("a")).status).toBe(200);
    expect(fault.hits).toBe(0);
    const query = { symbol: "BTCUSDT", origClientOrderId: "a" };
    await expect(send("GET", "/fapi/v1/order", query)).rejects.toThrow();
  });

  it("is answered after its fill was told", async () => {
    const events = await listen();
    simulator.faults.delayAnswer(ORDER, 100);
    const answered = place("a").then(() => events.push("answer"));
    await expect.poll(() => isPlaced("a")).toBe(true);
    simulator.machine.fillOrder(simulator.machine.orderOf("default", "a")!.id);
    await answered;
    expect(events).toEqual(["NEW a", "TRADE_LITE", "ACCOUNT_UPDATE", "TRADE a", "answer"]);
  });
});

describe("the private stream", () => {
  it("loses, repeats and swaps events of one kind", async () => {
    const events = await listen();
    simulator.faults.lose({ route: "private", kind: "ORDER_TRADE_UPDATE", action: "NEW" });
    simulator.faults.duplicate({ kind: "ORDER_TRADE_UPDATE", action: "TRADE" });
    await place("a");
    simulator.machine.fillOrder(simulator.machine.orderOf("default", "a")!.id);
    await expect.poll(() => events).toEqual(["TRADE_LITE", "ACCOUNT_UPDATE", "TRADE a", "TRADE a"]);
    events.length = 0;
    simulator.faults.reorder({ kind: "ORDER_TRADE_UPDATE" });
    await place("b");
    simulator.machine.fillOrder(simulator.machine.orderOf("default", "b")!.id);
    await expect.poll(() => events).toEqual(["TRADE_LITE", "ACCOUNT_UPDATE", "TRADE b", "NEW b"]);
  });

  it("falls silent", async () => {
    const events = await listen();
    const fault = simulator.faults.silence({ route: "private" });
    await place("a");
    fault.cancel();
    await place("b");
    await expect.poll(() => events).toEqual(["NEW b"]);
  });

  it("tells of a fill without its commission", async () => {
    await listen();
    const texts: string[] = [];
    sockets[0]!.addEventListener("message", ({ data }) => texts.push(String(data)));
    const fault = simulator.faults.alter({ kind: "ORDER_TRADE_UPDATE" }, withoutCommission);
    await place("a");
    simulator.machine.fillOrder(simulator.machine.orderOf("default", "a")!.id);
    await expect.poll(() => texts.length).toBe(4);
    const [first, , , last] = texts.map((text) => JSON.parse(text));
    expect(first.o).toMatchObject({ x: "NEW", n: "0" });
    expect(last.o).toMatchObject({ x: "TRADE", L: "83000" });
    expect(last.o).not.toHaveProperty("n");
    expect(last.o).not.toHaveProperty("N");
    expect(fault.done).toBe(true);
  });
});
