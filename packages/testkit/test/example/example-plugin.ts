import {
  ASK,
  BID,
  type Capabilities,
  type ConnectorPlugin,
  Decimal,
  definePlugin,
  type ExchangeDefinition,
  type FrameSink,
  type Instrument,
  type LevelSide,
  ProtocolError,
  type RestCall,
} from "@conn/core";

/** A connector for the example venue, right unless `change` makes it wrong. */
export function defineExamplePlugin(
  change: (definition: ExchangeDefinition) => ExchangeDefinition = (definition) => definition,
  supports: Partial<Capabilities> = {},
): ConnectorPlugin<string, unknown, Capabilities> {
  return definePlugin({
    name: "example",
    kind: "exchange",
    core: "^1.0.0",
    supports: { orderBooks: true, publicTrades: false, lastTradedPrices: true, ...supports },
    create: () => change(definition),
  });
}

const get = { method: "GET", cost: { requests: 1 } } as const;

const definition: ExchangeDefinition = {
  urls: { live: { rest: "https://example.invalid", stream: "wss://example.invalid" } },
  rest: {
    usageHeaders: {},
    limitStatuses: {
      429: { code: "RATE_LIMITED", stops: "pools" },
      418: { code: "RATE_BANNED", stops: "ip" },
    },
    defaultRetryAfterMs: 10_000,
    parseError(body) {
      try {
        const { code, text } = readObject(body);
        if (typeof code === "number" && typeof text === "string")
          return { venueCode: String(code), message: text };
      } catch {
        // Not the venue's own word, such as a page of a proxy.
      }
      return undefined;
    },
  },
  rateLimits: [{ id: "requests", limit: 600, intervalMs: 60_000 }],
  dials: { limit: 100, intervalMs: 60_000 },
  clock: {
    mode: "serverTime",
    call: {
      ...get,
      path: "/time",
      parse(body) {
        const { now } = readObject(body);
        if (typeof now !== "number") throw malformed();
        return now;
      },
    },
  },
  routes: {
    stream: {
      path: "/",
      maxTopics: 50,
      limits: { maxFrames: 10, framesPerMs: 1_000, maxMessageBytes: 1_000_000 },
    },
  },
  subscriptions: {
    maxTopicsPerFrame: 10,
    formatSubscribe: (streams, id) => JSON.stringify({ op: "subscribe", id, streams }),
    formatUnsubscribe: (streams, id) => JSON.stringify({ op: "unsubscribe", id, streams }),
  },
  networkCheck: { ...get, path: "/ping", parse: () => undefined },
  instruments: {
    ...get,
    path: "/instruments",
    parse(body) {
      const list = readJson(body);
      if (!Array.isArray(list) || list.length === 0) throw new ProtocolError("MALFORMED_ANSWER", "no list");
      const instruments: Instrument[] = [];
      const problems: ProtocolError[] = [];
      for (const entry of list) {
        try {
          instruments.push(toInstrument(entry as Readonly<Record<string, unknown>>));
        } catch (cause) {
          problems.push(new ProtocolError("MALFORMED_INSTRUMENT", "an entry cannot be read", { cause }));
        }
      }
      return { instruments, problems };
    },
  },
  lastTradedPrices: (symbol): RestCall<ReadonlyMap<string, Decimal>> => ({
    ...get,
    path: "/prices",
    ...(symbol !== undefined && { query: { symbol } }),
    parse: (body) =>
      new Map(Object.entries(readObject(body)).map(([key, price]) => [key, new Decimal(String(price))])),
  }),
  orderBooks: {
    sequence: {
      source: "the example venue's own rules",
      rules: ["U of an event is u of the event before + 1."],
      scope: "book",
      levelsBy: "price",
      olderSnapshot: "drop",
      snapshot: "rest",
      bridge: "spansNext",
      steady: "contiguous",
      crossed: "resync",
      recovery: "refetch",
    },
    trades: { ids: "unique", backlogOnSubscribe: false },
    topics: ({ exchangeSymbol }) => [{ route: "stream", topic: `book:${exchangeSymbol}`, carries: "depth" }],
    parse(data, sink) {
      const frame = readObject(data);
      if (typeof frame.ok === "number") return sink.add({ type: "acknowledged", requestId: frame.ok });
      if (typeof frame.refused === "number") {
        return sink.add({
          type: "refused",
          requestId: frame.refused,
          venueCode: String(frame.code),
          message: String(frame.text),
        });
      }
      if (typeof frame.symbol !== "string")
        return sink.add({ type: "unknown", what: "a frame without symbol" });
      writeDepth(sink, "diff", frame.symbol, frame);
    },
    snapshotRequest: ({ exchangeSymbol }) => ({ ...get, path: "/book", query: { symbol: exchangeSymbol } }),
    parseSnapshot: (body, { exchangeSymbol }, sink) => {
      const answer = readObject(body);
      writeDepth(sink, "snapshot", exchangeSymbol, { ...answer, last: answer.id });
    },
  },
};

function writeDepth(
  sink: FrameSink,
  kind: "snapshot" | "diff",
  symbol: string,
  { first, last, at, bids, asks }: Readonly<Record<string, unknown>>,
): void {
  const from = sink.levels.length;
  writeLevels(sink, BID, bids);
  writeLevels(sink, ASK, asks);
  if (typeof last !== "number") throw malformed();
  const message = sink.depth(kind, symbol, from);
  message.lastUpdateId = last;
  if (kind === "snapshot") return;
  if (typeof first !== "number" || typeof at !== "number") throw malformed();
  message.firstUpdateId = first;
  message.exchangeTimestamp = at;
}

/** At most 14 digits: exact in a double. */
const SHORT = /^\d{1,7}(\.\d{1,7})?$/;

function writeLevels(sink: FrameSink, side: LevelSide, levels: unknown): void {
  if (!Array.isArray(levels)) throw malformed();
  for (const level of levels) {
    const [price, amount] = Array.isArray(level) ? level.map(String) : [];
    if (price === undefined || amount === undefined) throw malformed();
    if (SHORT.test(price) && SHORT.test(amount)) sink.levels.push(side, Number(price), Number(amount));
    else if (!sink.levels.pushText(side, price, amount)) throw malformed();
  }
}

function toInstrument({ symbol, open, tick, lot, smallest }: Readonly<Record<string, unknown>>): Instrument {
  const number = (value: unknown): Decimal => new Decimal(String(value));
  return {
    tradingPair: `${symbol}-USD`,
    exchangeSymbol: String(symbol),
    type: "spot",
    base: String(symbol),
    quote: "USD",
    payoff: "linear",
    amountUnit: "base",
    contractSize: number(1),
    priceScale: 2,
    amountScale: 3,
    status: open === true ? "trading" : "ended",
    venueStatus: String(open),
    rules: {
      priceIncrement: number(tick),
      amountIncrement: number(lot),
      minAmount: number(smallest),
      orderTypes: ["limit"],
      timeInForce: ["gtc"],
    },
  };
}

function readJson(data: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(data));
  } catch (cause) {
    throw new ProtocolError("MALFORMED_ANSWER", "this is no JSON", { cause });
  }
}

function readObject(data: Uint8Array): Readonly<Record<string, unknown>> {
  const value = readJson(data);
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw malformed();
  // as: an object with text keys, proven by the line before.
  return value as Readonly<Record<string, unknown>>;
}

function malformed(): ProtocolError {
  return new ProtocolError("MALFORMED_FRAME", "this is not what the example venue sends");
}
