import fc from "fast-check";
import { expect, test } from "vitest";
import type { Connector, ConnectorEvent } from "../../src/connector/index.js";
import { NetworkError } from "../../src/errors/index.js";
import { replaySession } from "../../src/host/index.js";
import { createFakeVenue } from "../support/fake-venue.js";

type Call = "add" | "remove" | "resync" | "instruments" | "interest" | "given up" | "stop" | "start" | "time";

/** When a program calls: on its own, in a listener, or so many promises after one. */
type When = "now" | "in listener" | number;

type Step =
  | { readonly kind: "frames"; readonly ids: readonly number[] }
  | { readonly kind: "advance" | "sleep"; readonly ms: number }
  | { readonly kind: "call"; readonly call: Call; readonly when: When }
  | { readonly kind: "open" | "cut" | "garbage" | "ping" | "jump" };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("frames"), ids: fc.array(fc.nat(3), { maxLength: 4 }) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom("advance", "sleep"), ms: fc.nat(20_000) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("call"),
      call: fc.constantFrom(
        "add",
        "remove",
        "resync",
        "instruments",
        "interest",
        "given up",
        "stop",
        "start",
        "time",
      ),
      when: fc.oneof(fc.constantFrom("now", "in listener"), fc.integer({ min: 0, max: 8 })),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom("open", "cut", "garbage", "ping", "jump") }) },
);

const CALLS: Readonly<Record<Call, (connector: Connector) => unknown>> = {
  add: (connector) => connector.addTradingPair("ETH-USDT"),
  remove: (connector) => connector.removeTradingPair("BTC-USDT"),
  resync: (connector) => connector.resyncOrderBook("BTC-USDT"),
  instruments: (connector) => connector.fetchInstruments(),
  interest: (connector) => connector.fetchOpenInterest("BTC-USDT"),
  "given up": (connector) => {
    const abort = new AbortController();
    const fetching = connector.fetchInstruments({ signal: abort.signal });
    abort.abort();
    return fetching;
  },
  stop: (connector) => connector.stop(),
  start: (connector) => connector.start(),
  time: (connector) => connector.venueTime(),
};

/** Calls, whatever comes of it, and calls again where its promise is settled. */
async function make(call: Call, connector: Connector): Promise<void> {
  try {
    await CALLS[call](connector);
    connector.resyncOrderBook("BTC-USDT");
  } catch {
    // The recording has it.
  }
}

async function makeLater(call: Call, hops: number, connector: Connector): Promise<void> {
  for (let hop = 0; hop < hops; hop += 1) await undefined;
  await make(call, connector);
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("whatever comes in, and whenever the program calls, a replay comes to the same events", async () => {
  let events = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 5, maxLength: 40 }),
      fc.boolean(),
      async (steps, refuses) => {
        const lines: string[] = [];
        const { host, plugin, time, webSocket, answerWith, respond, openStream } = createFakeVenue({
          recordTo: { write: (line) => lines.push(line) },
          random: { next: () => 0.3 },
        });
        time.lookMs = 0.125;
        const connector = host.create(plugin, {
          tradingPairs: ["BTC-USDT"],
          channels: ["orderBook", "trades"],
        });
        const waiting: (() => void)[] = [];
        for (const type of ["orderBook", "orderBookState", "connection", "ready"] as const)
          connector.on(type, (_: ConnectorEvent) => waiting.shift()?.());
        const starting = make("start", connector);
        await time.advance(0);
        await starting;
        await openStream();
        let id = 10;
        for (const todo of steps) {
          const socket = webSocket.sockets.at(-1);
          switch (todo.kind) {
            case "open":
              socket?.open();
              for (const text of socket?.sent ?? [])
                socket?.receive(JSON.stringify({ ack: JSON.parse(text).id }));
              break;
            case "frames":
              // In one go, as a port may that has read several at once; an id that is no successor is a gap.
              for (const skip of todo.ids) {
                socket?.receive(
                  JSON.stringify({
                    s: "BTCUSDT",
                    previous: id,
                    id: id + 1,
                    bids: [[98 - skip, 1]],
                    asks: [],
                  }),
                );
                id += skip === 3 ? 2 : 1;
              }
              break;
            case "garbage":
              socket?.receive("{");
              break;
            case "ping":
              socket?.receivePing();
              break;
            case "cut":
              socket?.end(1006, new NetworkError("NETWORK_RESET", "cut"));
              if (refuses) answerWith(() => respond(429, {}, { "retry-after": "2" }));
              break;
            case "jump":
              time.wallJump += 12_345.5;
              break;
            case "sleep":
              time.sleep(todo.ms);
              break;
            case "advance":
              await time.advance(todo.ms);
              break;
            case "call": {
              const { call, when } = todo;
              if (when === "now") void make(call, connector);
              else
                waiting.push(() => {
                  if (when === "in listener") void make(call, connector);
                  else void makeLater(call, when, connector);
                });
            }
          }
          await time.advance(0);
          await nextTurn();
        }
        await connector.stop();
        await nextTurn();

        const replayed: string[] = [];
        const { difference } = await replaySession(lines, {
          plugin: () => plugin,
          onEvent: (line) => replayed.push(line),
        });
        expect(difference).toBeUndefined();
        expect(replayed).toEqual(lines.filter((line) => line.startsWith('{"type":"event"')));
        events += replayed.length;
      },
    ),
    { numRuns: 150 },
  );
  expect(events).toBeGreaterThan(1_000);
});
