import {
  type Capabilities,
  Decimal,
  type DepthMessage,
  type ExchangeDefinition,
  type FrameSink,
  type Instrument,
  type InstrumentListing,
  NotSupportedError,
  type OrderBookDataSource,
  type Ports,
  type RouteDefinition,
} from "@conn/core";
import { describe, expect, it } from "vitest";
import { ALL_CASES, runCase, runFailingCase, type Situation, type StageSetup } from "../src/index.js";
import { writeExamplePackage } from "./example/example-package.js";
import { defineExamplePlugin } from "./example/example-plugin.js";
import { type ExampleProtocol, exampleRecords } from "./example/example-protocol.js";
import { writeExampleRecording } from "./example/example-recording.js";
import { createExampleSimulator } from "./example/example-simulator.js";
import { MARKET_INFO_MISTAKES } from "./example/wrong-market-info.js";

type Change = (definition: ExchangeDefinition) => ExchangeDefinition;

/** A mistake that a connector could make, and the cases that must notice it. */
interface Mistake {
  readonly what: string;
  readonly cases: readonly string[];
  readonly change?: Change;
  readonly supports?: Partial<Capabilities>;
  readonly connectorOptions?: Readonly<Record<string, unknown>>;
  /** A mistake of the engine, or of what is below it. */
  readonly changePorts?: (ports: Ports) => Ports;
  /** @default "rest" */
  readonly protocol?: ExampleProtocol;
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
const eachRoute =
  (change: (route: RouteDefinition) => Partial<RouteDefinition>): Change =>
  (definition) => ({
    ...definition,
    routes: Object.fromEntries(
      Object.entries(definition.routes).map(([name, route]) => [name, { ...route, ...change(route) }]),
    ),
  });

const packageFolder = writeExamplePackage();
const recordings = [writeExampleRecording()];

const MISTAKES: readonly Mistake[] = [
  {
    what: "finds no gap",
    cases: ["M13", "M14", "M51"],
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
    cases: ["M10", "M20", "M50"],
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
    what: "gives the first snapshot of a book again and again",
    cases: ["M25"],
    change: books(({ parseSnapshot }) => {
      const first = new Map<string, Uint8Array>();
      return {
        parseSnapshot(body, instrument, sink) {
          const kept = first.get(instrument.tradingPair) ?? body.slice();
          first.set(instrument.tradingPair, kept);
          parseSnapshot?.(kept, instrument, sink);
        },
      };
    }),
  },
  {
    what: "leaves out levels of every second snapshot",
    cases: ["M25"],
    change: books(({ parseSnapshot }) => {
      let count = 0;
      return {
        parseSnapshot(body, instrument, sink) {
          parseSnapshot?.(body, instrument, sink);
          count += 1;
          if (count <= 2 || count % 2 === 0) return;
          sink.levels.amounts[1] = 0;
        },
      };
    }),
  },
  {
    what: "reads the list of instruments once",
    cases: ["M27"],
    change: (definition) => {
      let first: InstrumentListing | undefined;
      const parse = (body: Uint8Array): InstrumentListing => {
        first ??= definition.instruments.parse(body);
        return first;
      };
      return { ...definition, instruments: { ...definition.instruments, parse } };
    },
  },
  {
    what: "takes what is listed no more for halted",
    cases: ["M27"],
    change: (definition) => {
      const known = new Map<string, Instrument>();
      const parse = (body: Uint8Array): InstrumentListing => {
        const { instruments, problems } = definition.instruments.parse(body);
        const halted = [...known.values()].map((one) => ({ ...one, status: "halted" as const }));
        for (const one of instruments) known.set(one.tradingPair, one);
        const listed = new Map([...halted, ...instruments].map((one) => [one.tradingPair, one]));
        return { instruments: [...listed.values()], problems };
      };
      return { ...definition, instruments: { ...definition.instruments, parse } };
    },
  },
  {
    what: "subscribes by the asset's name, whatever the symbol is",
    cases: ["M27"],
    change: books(() => ({
      topics: ({ base }) => [{ route: "stream", topic: `book:${base}`, carries: "depth" as const }],
    })),
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
    cases: ["L10", "L11", "L18"],
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
  ...MARKET_INFO_MISTAKES,
  {
    what: "allows itself twice as much as the venue does",
    cases: ["R01"],
    change: (definition) => ({
      ...definition,
      rateLimits: definition.rateLimits.map((pool) => ({ ...pool, limit: pool.limit * 2 })),
    }),
  },
  {
    what: "forgets one of two linked limits",
    cases: ["R01"],
    change: (definition) => ({
      ...definition,
      lastTradedPrices: (symbol) => ({ ...definition.lastTradedPrices(symbol), cost: { requests: 1 } }),
    }),
  },
  {
    what: "does not hear what the venue counts",
    cases: ["R03"],
    change: (definition) => ({
      ...definition,
      rest: { ...definition.rest, usageHeaders: { other: "requests" } },
    }),
  },
  {
    what: "does not know by what the venue stops it",
    cases: ["R04"],
    change: (definition) => ({ ...definition, rest: { ...definition.rest, limitStatuses: {} } }),
  },
  {
    what: "finds the calls for one pair more urgent than those for another",
    cases: ["R06"],
    change: (definition) => ({
      ...definition,
      lastTradedPrices: (symbol) => ({
        ...definition.lastTradedPrices(symbol),
        lane: symbol === "AAA" ? "place" : "query",
      }),
    }),
  },
  {
    what: "takes seconds for milliseconds in the venue's time",
    cases: ["L08"],
    change: (definition) => {
      if (definition.clock.mode !== "serverTime") return definition;
      const { call } = definition.clock;
      const parse = (body: Uint8Array): number => call.parse(body) / 1_000;
      return { ...definition, clock: { mode: "serverTime", call: { ...call, parse } } };
    },
  },
  { what: "supports what package.json does not say", cases: ["G01"], supports: { publicTrades: true } },
  {
    what: "lets streams go round the proxy",
    cases: ["L07"],
    changePorts: (ports) => ({
      ...ports,
      webSocket: {
        connect: ({ proxy: _, ...options }, handler) => ports.webSocket.connect(options, handler),
      },
    }),
  },
  {
    what: "lets REST go round the proxy",
    cases: ["L07"],
    changePorts: (ports) => ({
      ...ports,
      http: { open: ({ proxy: _, ...options }) => ports.http.open(options) },
    }),
  },
  {
    what: "counts on more streams than the venue allows",
    cases: ["L15"],
    change: eachRoute(() => ({ maxTopics: 51 })),
  },
  {
    what: "asks for streams that it does not count",
    cases: ["L15"],
    change: (definition) => ({
      ...definition,
      subscriptions: {
        ...definition.subscriptions,
        formatSubscribe: (topics, id, at) =>
          definition.subscriptions.formatSubscribe([...topics, "book:OLD"], id, at),
      },
    }),
  },
  {
    what: "counts on more frames than the venue allows",
    cases: ["L16"],
    change: eachRoute(({ limits }) => ({ limits: { ...limits, maxFrames: 11 } })),
  },
  {
    what: "sends pings that nobody counts",
    cases: ["L16"],
    changePorts: (ports) => ({
      ...ports,
      webSocket: {
        connect(options, handler) {
          const connection = ports.webSocket.connect(options, handler);
          return {
            ...connection,
            send(data) {
              connection.ping();
              connection.send(data);
            },
          };
        },
      },
    }),
  },
  {
    what: "takes every refusal for JSON",
    cases: ["L18"],
    change: (definition) => ({
      ...definition,
      rest: {
        ...definition.rest,
        parseError: (body) => ({
          venueCode: String(JSON.parse(new TextDecoder().decode(body)).code),
          message: "",
        }),
      },
    }),
  },
  {
    what: "says that no hole can be seen",
    cases: ["M13"],
    change: books(({ sequence }) => ({ sequence: { ...sequence, steady: "monotonic" } })),
  },
  {
    what: "does not look at checksums",
    cases: ["M15"],
    protocol: "request",
    change: afterParse((message) => {
      message.checksum = undefined;
    }),
  },
  {
    what: "computes checksums over another depth",
    cases: ["M10"],
    protocol: "request",
    change: books(({ sequence }) => ({
      sequence: { ...sequence, checksum: { ...sequence.checksum!, levels: 9 } },
    })),
  },
  {
    what: "puts a second snapshot into the book as if it were a diff",
    cases: ["M18"],
    protocol: "request",
    change: books(({ parse }) => ({
      parse(data, sink, context) {
        parse(data, sink, context);
        for (const message of sink.messages) {
          if (message.type !== "depth" || message.kind !== "snapshot") continue;
          if (context.memo === true) {
            message.kind = "diff";
            message.firstUpdateId = 0;
          }
          context.memo = true;
        }
      },
    })),
  },
  {
    what: "takes an older snapshot for a new count",
    cases: ["M19"],
    protocol: "everyFrame",
    change: books(({ sequence }) => ({ sequence: { ...sequence, olderSnapshot: "apply" } })),
  },
  {
    what: "does not read the count of a connection",
    cases: ["M13", "M14", "M19"],
    protocol: "connection",
    change: books(({ parse }) => ({
      parse(data, sink, context) {
        parse(data, sink, context);
        sink.sequence = undefined;
      },
    })),
  },
  {
    what: "takes whole books for diffs",
    cases: ["M10"],
    protocol: "everyFrame",
    change: afterParse((message) => {
      message.kind = "diff";
      message.firstUpdateId = 0;
    }),
  },
];

const setup = (mistake: Partial<Mistake>): StageSetup => {
  const { change, supports, connectorOptions = {}, changePorts, protocol = "rest" } = mistake;
  return {
    plugin: defineExamplePlugin(change, supports, protocol),
    simulator: createExampleSimulator(protocol),
    packageFolder,
    recordings,
    connectorOptions,
    seed: 1,
    hours: 1,
    ...(changePorts && { changePorts }),
  };
};

const failureOf = (mistake: Mistake, id: string, situation?: Situation): Promise<string> =>
  runFailingCase(setup(mistake), id, situation);

describe("a connector that is wrong", () => {
  const rows = MISTAKES.flatMap((mistake) => mistake.cases.map((id) => ({ ...mistake, id })));
  it.each(rows)("and $what fails $id", { timeout: 30_000 }, async (mistake) => {
    const message = await failureOf(mistake, mistake.id);
    expect(message).toMatch(
      new RegExp(`^${mistake.id} .*\\nexpected: |^${mistake.id} .*\\n.* did not come about`),
    );
    // What a person needs to see: the seed, the venue's rules, the last frames.
    const { source, rules } = exampleRecords[mistake.protocol ?? "rest"];
    const frames =
      mistake.id === "M50" || mistake.id === "M51" ? "frames of AAA:\n  n " : "last on the wire:\n";
    for (const part of ["seed 1", source, ...rules, frames]) expect(message).toContain(part);
  });

  it("and finds no gap fails M13 in every situation", { timeout: 30_000 }, async () => {
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

describe("a connector without tickers, funding or open interest", () => {
  const without: Change = ({ tickers: _t, fundingInfo: _f, openInterest: _o, ...rest }) => rest;
  const supports = { tickers: false, fundingInfo: false, openInterest: false };

  it.each(["M05", "M40", "M41"])("passes %s when it refuses the calls and sends nothing", async (id) => {
    const found = ALL_CASES.find((one) => one.id === id)!;
    await runCase(setup({ change: without, supports }), found);
  });

  it.each(["M05", "M40", "M41"])("fails %s when it offers them all the same", async (id) => {
    expect(await failureOf({ what: "", cases: [], change: without }, id)).toMatch(new RegExp(`^${id} `));
  });
});
