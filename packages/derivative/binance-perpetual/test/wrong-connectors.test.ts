import { Decimal, type ExchangeDefinition, type FrameMessage, type OrderBookDataSource } from "@conn/core";
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

/** Changes the stream that carries the book. */
const depthTopic = (change: (topic: string) => { route: string; topic: string }): Mistake["change"] =>
  books(({ topics }) => ({
    topics: (instrument) =>
      topics(instrument).map((one) => (one.carries === "depth" ? { ...one, ...change(one.topic) } : one)),
  }));

const MISTAKES: readonly Mistake[] = [
  {
    what: "asks for books on the route of the other streams",
    id: "M10",
    change: depthTopic((topic) => ({ route: "market", topic })),
  },
  {
    what: "asks for the stream of the best twenty levels",
    id: "M10",
    change: depthTopic((topic) => ({ route: "public", topic: topic.replace("@depth", "@depth20") })),
  },
  {
    what: "asks for snapshots of five levels",
    id: "M10",
    change: books(({ snapshotRequest }) => ({
      snapshotRequest(instrument) {
        const request = snapshotRequest!(instrument);
        return { ...request, query: { ...request.query, limit: "5" } };
      },
    })),
  },
  {
    what: "takes bids for asks",
    id: "M10",
    change: books(({ parse }) => ({
      parse(data, sink, context) {
        parse(data, sink, context);
        const { levels } = sink;
        for (let index = 0; index < levels.length; index += 1) levels.sides[index] = 1 - levels.sides[index]!;
      },
    })),
  },
  {
    what: "follows the spot market's rule, by U instead of pu",
    id: "M10",
    change: books(({ sequence }) => ({ sequence: { ...sequence, steady: "contiguous" } })),
  },
  {
    what: "confuses U and u",
    id: "M11",
    change: messages((message) => {
      if (message.type === "depth" && message.kind === "diff") {
        const { firstUpdateId, lastUpdateId } = message;
        message.firstUpdateId = lastUpdateId;
        message.lastUpdateId = firstUpdateId;
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
    what: "keeps prices and amounts as doubles",
    id: "M26",
    change: books(({ parse }) => ({
      parse(data, sink, context) {
        parse(data, sink, context);
        sink.levels.exact.clear();
      },
    })),
  },
  {
    what: "takes the maker's side of a trade for the taker's",
    id: "M30",
    change: messages((message) =>
      message.type === "trade" ? { ...message, side: message.side === "buy" ? "sell" : "buy" } : message,
    ),
  },
  {
    what: "asks for missed trades from the one after the first",
    id: "M30",
    change: books(({ tradesRequest }) => ({
      tradesRequest: (instrument, fromTradeId) => tradesRequest!(instrument, String(Number(fromTradeId) + 1)),
    })),
  },
  {
    what: "takes the precision of prices for their increment",
    id: "M02",
    change: ({ instruments }) => ({
      instruments: {
        ...instruments,
        parse(body) {
          const { instruments: right, problems } = instruments.parse(body);
          const wrong = right.map((one) => {
            const priceIncrement = new Decimal(10).pow(-one.priceScale);
            return { ...one, rules: { ...one.rules, priceIncrement } };
          });
          return { instruments: wrong, problems };
        },
      },
    }),
  },
  {
    what: "takes orders to be taken in every status",
    id: "M01",
    change: ({ instruments }) => ({
      instruments: {
        ...instruments,
        parse(body) {
          const { instruments: right, problems } = instruments.parse(body);
          return { instruments: right.map((one) => ({ ...one, status: "trading" as const })), problems };
        },
      },
    }),
  },
  {
    what: "puts more streams on a connection than 1024",
    id: "L15",
    change: ({ routes }) => ({ routes: { ...routes, market: { ...routes.market!, maxTopics: 1_025 } } }),
  },
  {
    what: "sends eleven frames a second",
    id: "L16",
    change: ({ routes }) => ({
      routes: {
        ...routes,
        public: { ...routes.public!, limits: { ...routes.public!.limits, maxFrames: 11 } },
      },
    }),
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
