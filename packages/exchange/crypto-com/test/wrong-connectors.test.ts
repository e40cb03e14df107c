import type { ExchangeDefinition, FrameMessage, OrderBookDataSource } from "@conn/core";
import { runFailingCase } from "@conn/testkit";
import { expect, it } from "vitest";
import { plugin } from "../src/index.js";
import { simulator } from "./conformance-simulator.js";

/** A mistake that this connector could make, and the case that must notice it. */
interface Mistake {
  readonly what: string;
  readonly id: string;
  readonly change: (right: ExchangeDefinition) => Partial<ExchangeDefinition>;
}

const books =
  (change: (right: OrderBookDataSource) => Partial<OrderBookDataSource>): Mistake["change"] =>
  ({ orderBooks }) => ({ orderBooks: { ...orderBooks, ...change(orderBooks) } });

/** Changes each message of a frame after it was read right. */
const messages = (change: (message: FrameMessage) => FrameMessage): Mistake["change"] =>
  books(({ parse }) => ({
    parse(data, sink, context) {
      parse(data, sink, context);
      for (const [index, message] of sink.messages.entries()) sink.messages[index] = change(message);
    },
  }));

const MISTAKES: readonly Mistake[] = [
  {
    what: "does not answer heartbeats",
    id: "L14",
    change: messages((message) => (message.type === "heartbeat" ? { type: "heartbeat" } : message)),
  },
  {
    what: "answers heartbeats with an id of its own",
    id: "L14",
    change: messages((message) =>
      message.type === "heartbeat"
        ? { type: "heartbeat", reply: JSON.stringify({ id: 1, method: "public/respond-heartbeat" }) }
        : message,
    ),
  },
  {
    what: "sends its first frames in the second in which the connection opened",
    id: "L16",
    change: ({ routes }) => ({
      routes: { market: { ...routes.market!, limits: { ...routes.market!.limits, quietAfterOpenMs: 0 } } },
    }),
  },
  {
    what: "puts more channels on a connection than 400",
    id: "L15",
    change: ({ routes }) => ({ routes: { market: { ...routes.market!, maxTopics: 401 } } }),
  },
  {
    what: "does not say how it wants books",
    id: "M10",
    change: ({ subscriptions }) => ({
      subscriptions: {
        ...subscriptions,
        formatSubscribe: (channels, id, nonce) =>
          JSON.stringify({ id, method: "subscribe", params: { channels }, nonce }),
      },
    }),
  },
  {
    what: "asks for books of ten levels",
    id: "M10",
    change: books(({ topics }) => ({
      topics: (instrument) =>
        topics(instrument).map((one) => ({ ...one, topic: one.topic.replace(/[.]50$/, ".10") })),
    })),
  },
  {
    what: "reads update ids as doubles",
    id: "M10",
    change: messages((message) => {
      if (message.type === "depth") {
        message.lastUpdateId = Number(message.lastUpdateId);
        if (message.previousUpdateId !== undefined)
          message.previousUpdateId = Number(message.previousUpdateId);
      }
      return message;
    }),
  },
  {
    what: "does not look at pu",
    id: "M13",
    change: books(({ sequence }) => ({ sequence: { ...sequence, steady: "monotonic" } })),
  },
  {
    what: "takes a second snapshot for a diff",
    id: "M18",
    change: books(({ parse }) => {
      const begun = new Set<string>();
      return {
        parse(data, sink, context) {
          parse(data, sink, context);
          for (const message of sink.messages) {
            if (message.type !== "depth" || message.kind !== "snapshot") continue;
            if (begun.has(message.exchangeSymbol)) message.kind = "diff";
            begun.add(message.exchangeSymbol);
          }
        },
      };
    }),
  },
  {
    what: "takes an older snapshot for a new count",
    id: "M19",
    change: books(({ sequence }) => ({ sequence: { ...sequence, olderSnapshot: "apply" } })),
  },
  {
    what: "takes the maker's side of a trade for the taker's",
    id: "M30",
    change: messages((message) =>
      message.type === "trade" ? { ...message, side: message.side === "buy" ? "sell" : "buy" } : message,
    ),
  },
  {
    what: "tells the trades of a frame newest first",
    id: "M30",
    change: books(({ parse }) => ({
      parse(data, sink, context) {
        parse(data, sink, context);
        sink.messages.reverse();
      },
    })),
  },
  {
    what: "takes the last trades before a subscription for new ones",
    id: "M30",
    change: messages((message) => (message.type === "trade" ? { ...message, backlog: false } : message)),
  },
  {
    what: "keeps prices and amounts as doubles",
    id: "M26",
    change: books(({ parse }) => ({
      parse(data, sink, context) {
        parse(data, sink, context);
        sink.levels.exact.clear();
      },
    })),
  },
];

it.each(MISTAKES)("a connector that $what fails $id", { timeout: 30_000 }, async ({ id, change }) => {
  const wrong = {
    ...plugin,
    create(options: unknown) {
      const right: ExchangeDefinition = plugin.create(options);
      return { ...right, ...change(right) };
    },
  };
  const packageFolder = new URL("..", import.meta.url);
  const report = await runFailingCase({ plugin: wrong, simulator, packageFolder, seed: 1, hours: 1 }, id);
  expect(report).toMatch(new RegExp(`^${id} .*\\n(expected: |.* did not come about)`));
  for (const rule of plugin.create({}).orderBooks.sequence.rules) expect(report).toContain(rule);
});
