import {
  type Capabilities,
  Decimal,
  type DepthMessage,
  type ExchangeDefinition,
  type FrameSink,
  NotSupportedError,
  type OrderBookDataSource,
} from "@conn/core";
import { describe, expect, it } from "vitest";
import { ALL_CASES, runCase, type Situation, type StageSetup } from "../src/index.js";
import { writeExamplePackage } from "./example/example-package.js";
import { defineExamplePlugin } from "./example/example-plugin.js";
import { exampleSimulator } from "./example/example-simulator.js";

type Change = (definition: ExchangeDefinition) => ExchangeDefinition;

/** A mistake that a connector could make, and the cases that must notice it. */
interface Mistake {
  readonly what: string;
  readonly cases: readonly string[];
  readonly change?: Change;
  readonly supports?: Partial<Capabilities>;
  readonly connectorOptions?: Readonly<Record<string, unknown>>;
}

const books =
  (change: (source: OrderBookDataSource) => Partial<OrderBookDataSource>): Change =>
  (definition) => ({
    ...definition,
    orderBooks: { ...definition.orderBooks, ...change(definition.orderBooks) },
  });

/** Does something to each depth message of a frame after the right parser has read it. */
const afterParse = (damage: (message: DepthMessage, sink: FrameSink) => void): Change =>
  books(({ parse }) => ({
    parse(data, sink, context) {
      parse(data, sink, context);
      for (const message of sink.messages) if (message.type === "depth") damage(message, sink);
    },
  }));

const withMaxAge =
  (maxAgeMs: number | undefined): Change =>
  (definition) => {
    const { maxAgeMs: _, ...stream } = definition.routes.stream!;
    return { ...definition, routes: { stream: { ...stream, ...(maxAgeMs !== undefined && { maxAgeMs }) } } };
  };

const packageFolder = writeExamplePackage();

const MISTAKES: readonly Mistake[] = [
  {
    what: "finds no gap",
    cases: ["M13", "M14"],
    change: afterParse((message) => {
      message.firstUpdateId = 0;
    }),
  },
  {
    what: "takes a gap for an old diff",
    cases: ["M13", "M14"],
    change: afterParse((message) => {
      message.lastUpdateId = 1;
    }),
  },
  {
    what: "swaps the sides",
    cases: ["M10", "M20"],
    change: afterParse((_, { levels }) => {
      for (let index = 0; index < levels.length; index += 1) levels.sides[index] = 1 - levels.sides[index]!;
    }),
  },
  {
    what: "keeps levels that are deleted",
    cases: ["M10", "M20"],
    change: afterParse((_, { levels }) => {
      for (let index = 0; index < levels.length; index += 1) levels.amounts[index] ||= 0.001;
    }),
  },
  {
    what: "rounds numbers to doubles",
    cases: ["M26"],
    change: afterParse((_, { levels }) => levels.exact.clear()),
  },
  {
    what: "reads the last level of a frame as another price",
    cases: ["M10", "M12"],
    change: afterParse((_, { levels }) => {
      if (levels.length > 0) levels.prices[levels.length - 1]! += 0.01;
    }),
  },
  {
    what: "takes snapshots for newer than they are",
    cases: ["M10", "M11", "M17"],
    change: books(({ parseSnapshot }) => ({
      parseSnapshot(body, instrument, sink) {
        parseSnapshot?.(body, instrument, sink);
        const [message] = sink.messages;
        if (message?.type === "depth") message.lastUpdateId = Number(message.lastUpdateId) + 2;
      },
    })),
  },
  {
    what: "swallows what it cannot read",
    cases: ["M23"],
    change: books(({ parse }) => ({
      parse(data, sink, context) {
        try {
          parse(data, sink, context);
        } catch {
          // Nobody will know.
        }
      },
    })),
  },
  {
    what: "refuses fields that it does not know",
    cases: ["M23"],
    change: books(({ parse }) => ({
      parse(data, sink, context) {
        if (new TextDecoder().decode(data).includes("connTest")) throw new TypeError("an unknown field");
        parse(data, sink, context);
      },
    })),
  },
  {
    what: "takes a refused subscription for a confirmed one",
    cases: ["L17"],
    change: books(({ parse }) => ({
      parse(data, sink, context) {
        parse(data, sink, context);
        const [message] = sink.messages;
        if (message?.type !== "refused" || message.requestId === undefined) return;
        sink.messages[0] = { type: "acknowledged", requestId: message.requestId };
      },
    })),
  },
  {
    what: "offers pairs that do not trade",
    cases: ["M01"],
    change: (definition) => ({
      ...definition,
      instruments: {
        ...definition.instruments,
        parse(body) {
          const { instruments, problems } = definition.instruments.parse(body);
          return {
            instruments: instruments.map((one) => ({ ...one, status: "trading" as const })),
            problems,
          };
        },
      },
    }),
  },
  {
    what: "gives an empty list for an answer that it cannot read",
    cases: ["M01"],
    change: (definition) => ({
      ...definition,
      instruments: {
        ...definition.instruments,
        parse(body) {
          try {
            return definition.instruments.parse(body);
          } catch {
            return { instruments: [], problems: [] };
          }
        },
      },
    }),
  },
  {
    what: "forgets a minimum",
    cases: ["M02"],
    change: (definition) => ({
      ...definition,
      instruments: {
        ...definition.instruments,
        parse(body) {
          const { instruments, problems } = definition.instruments.parse(body);
          const without = instruments.map((one) => {
            const { minAmount: _, ...rules } = one.rules;
            return { ...one, rules };
          });
          return { instruments: without, problems };
        },
      },
    }),
  },
  {
    what: "says nothing of a malformed instrument",
    cases: ["M02"],
    change: (definition) => ({
      ...definition,
      instruments: {
        ...definition.instruments,
        parse: (body) => ({ ...definition.instruments.parse(body), problems: [] }),
      },
    }),
  },
  {
    what: "gives other prices",
    cases: ["M03"],
    change: (definition) => ({
      ...definition,
      lastTradedPrices: (symbol) => ({
        ...definition.lastTradedPrices(symbol),
        parse: () => new Map([["AAA", new Decimal("99.5")]]),
      }),
    }),
  },
  {
    what: "does not know that 429 asks for a pause",
    cases: ["M21"],
    change: (definition) => ({ ...definition, rest: { ...definition.rest, limitStatuses: {} } }),
  },
  {
    what: "says that a crossed book is only to be reported, and resyncs all the same",
    cases: ["M16"],
    change: books(({ sequence, parse }) => ({
      sequence: { ...sequence, crossed: "report" },
      parse(data, sink, context) {
        parse(data, sink, context);
        // A price above the best ask, which the market of the example never has.
        if (
          sink.levels.prices
            .subarray(0, sink.levels.length)
            .some((price, index) => price > 100 && sink.levels.sides[index] === 0)
        ) {
          throw new TypeError("a crossed book");
        }
      },
    })),
  },
  {
    what: "dials again every half second",
    cases: ["L10", "L11"],
    connectorOptions: { socket: { backoff: { initialMs: 500, factor: 1, maxMs: 500, jitter: 0 } } },
  },
  {
    what: "dials again at the same moments as everybody",
    cases: ["L10"],
    connectorOptions: { socket: { backoff: { initialMs: 500, factor: 2, maxMs: 30_000, jitter: 0 } } },
  },
  {
    what: "declares that connections live longer than they do",
    cases: ["L13"],
    change: withMaxAge(24 * 3_600_000),
  },
  {
    what: "does not know that connections are ended for their age",
    cases: ["L13"],
    change: withMaxAge(undefined),
  },
  {
    what: "closes an old connection at once, whatever is still on its way there",
    cases: ["L13"],
    connectorOptions: { socket: { overlapMs: 0 } },
  },
  { what: "supports what package.json does not say", cases: ["G01"], supports: { publicTrades: true } },
];

const setup = ({ change, supports, connectorOptions = {} }: Partial<Mistake>): StageSetup => ({
  plugin: defineExamplePlugin(change, supports),
  simulator: exampleSimulator,
  packageFolder,
  connectorOptions,
  seed: 1,
  hours: 1,
});

const failureOf = async (mistake: Mistake, id: string, situation: Situation): Promise<string> => {
  const found = ALL_CASES.find((one) => one.id === id);
  if (found === undefined) throw new TypeError(`no case ${id}`);
  return runCase(setup(mistake), found, situation).then(
    () => "",
    (error: unknown) => (error instanceof Error ? error.message : ""),
  );
};

describe("a connector that is wrong", () => {
  const rows = MISTAKES.flatMap((mistake) => mistake.cases.map((id) => ({ ...mistake, id })));
  it.each(rows)("and $what fails $id", async (mistake) => {
    const message = await failureOf(mistake, mistake.id, "connected");
    expect(message).toMatch(new RegExp(`^${mistake.id} `));
    // What a person needs to see: the seed, the venue's rule, the last frames.
    for (const part of ["seed 1", "the example venue's own rules", "last on the wire"])
      expect(message).toContain(part);
  });

  it("and finds no gap fails M13 in every situation", async () => {
    for (const situation of ["connected", "connecting", "reconnected"] as const) {
      expect(await failureOf(MISTAKES[0]!, "M13", situation)).toMatch(/^M13 /);
    }
  });
});

describe("a connector without last prices", () => {
  it("passes when it refuses the call and sends nothing", async () => {
    const prices = ALL_CASES.find(({ id }) => id === "M03")!;
    const refuse: Change = (definition) => ({
      ...definition,
      lastTradedPrices: () => {
        throw new NotSupportedError("the example venue has no prices");
      },
    });
    await runCase(setup({ change: refuse, supports: { lastTradedPrices: false } }), prices);
  });
});

describe("a connector whose record does not let two streams of a book be joined", () => {
  it("passes when its books begin anew on the new connection", async () => {
    const renewal = ALL_CASES.find(({ id }) => id === "L13")!;
    const change = books(({ sequence }) => ({ sequence: { ...sequence, scope: "connection" } }));
    await runCase(setup({ change }), renewal);
  });
});
