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
  type OrderBookDataSource,
  ProtocolError,
  type RestCall,
} from "@conn/core";
import { exampleMarketInfoCalls, readFunding, readTicker } from "./example-market-info-calls.js";
import { type ExampleProtocol, exampleRecords } from "./example-protocol.js";

/** What the example connector supports. */
export const EXAMPLE_SUPPORTS = {
  orderBooks: true,
  publicTrades: false,
  lastTradedPrices: true,
  tickers: true,
  fundingInfo: true,
  openInterest: true,
} as const satisfies Capabilities;

/** A connector for the example venue, right unless `change` makes it wrong. */
export function defineExamplePlugin(
  change: (definition: ExchangeDefinition) => ExchangeDefinition = (definition) => definition,
  supports: Partial<Capabilities> = {},
  protocol: ExampleProtocol = "rest",
): ConnectorPlugin<string, unknown, Capabilities> {
  return definePlugin({
    name: "example",
    kind: "exchange",
    core: "^1.0.0",
    supports: { ...EXAMPLE_SUPPORTS, ...supports },
    create: () => change(define(protocol)),
  });
}

const get = { method: "GET", cost: { requests: 1 } } as const;

const define = (protocol: ExampleProtocol): ExchangeDefinition => ({
  urls: { live: { rest: "https://example.invalid", stream: "wss://example.invalid" } },
  rest: {
    usageHeaders: { "x-used": "requests" },
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
  rateLimits: [
    { id: "requests", limit: 300, intervalMs: 60_000, window: "fixed" },
    { id: "prices", limit: 60, intervalMs: 10_000, reserve: 0 },
  ],
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
      maxAgeMs: 12 * 3_600_000,
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
          const { symbol } = (entry ?? {}) as { readonly symbol?: unknown };
          const details = { exchangeSymbol: symbol };
          problems.push(
            new ProtocolError("MALFORMED_INSTRUMENT", "an entry cannot be read", { cause, details }),
          );
        }
      }
      return { instruments, problems };
    },
  },
  lastTradedPrices: (symbol): RestCall<ReadonlyMap<string, Decimal>> => ({
    ...get,
    path: "/prices",
    cost: { requests: 1, prices: 1 },
    ...(symbol !== undefined && { query: { symbol } }),
    parse: (body) =>
      new Map(Object.entries(readObject(body)).map(([key, price]) => [key, new Decimal(String(price))])),
  }),
  ...exampleMarketInfoCalls,
  orderBooks: {
    sequence: exampleRecords[protocol],
    trades: { ids: "unique", backlogOnSubscribe: false },
    topics: ({ exchangeSymbol }) => [
      { route: "stream", topic: `book:${exchangeSymbol}`, carries: "depth" },
      { route: "stream", topic: `ticker:${exchangeSymbol}`, carries: "ticker" },
      { route: "stream", topic: `funding:${exchangeSymbol}`, carries: "funding" },
    ],
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
      if (frame.notice === "ticker") return sink.add(readTicker(frame));
      if (frame.notice === "funding") return sink.add(readFunding(frame));
      if (protocol === "connection") {
        if (typeof frame.count !== "number") throw malformed();
        sink.sequence = frame.count;
      }
      writeDepth(sink, frame.snapshot === true ? "snapshot" : "diff", frame.symbol, frame, protocol);
    },
    ...(protocol === "request" && {
      formatSnapshotRequest: ({ exchangeSymbol }: Instrument, id: number) =>
        JSON.stringify({ op: "snapshot", id, streams: [`book:${exchangeSymbol}`] }),
    }),
    ...(protocol === "rest" && snapshotsByRest),
  },
});

const snapshotsByRest: Pick<OrderBookDataSource, "snapshotRequest" | "parseSnapshot"> = {
  snapshotRequest: ({ exchangeSymbol }) => ({ ...get, path: "/book", query: { symbol: exchangeSymbol } }),
  parseSnapshot: (body, { exchangeSymbol }, sink) => {
    const answer = readObject(body);
    writeDepth(sink, "snapshot", exchangeSymbol, { ...answer, last: answer.id }, "rest");
  },
};

function writeDepth(
  sink: FrameSink,
  kind: "snapshot" | "diff",
  symbol: string,
  { first, last, at, bids, asks, sum }: Readonly<Record<string, unknown>>,
  protocol: ExampleProtocol,
): void {
  const from = sink.levels.length;
  writeLevels(sink, BID, bids);
  writeLevels(sink, ASK, asks);
  const message = sink.depth(kind, symbol, from);
  if (protocol !== "connection") message.lastUpdateId = number(last);
  if (protocol === "request") message.checksum = number(sum);
  if (kind === "snapshot") return;
  if (protocol !== "connection") message.firstUpdateId = number(first);
  message.exchangeTimestamp = number(at);
}

function number(value: unknown): number {
  if (typeof value !== "number") throw malformed();
  return value;
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

function toInstrument({
  symbol,
  asset,
  open,
  tick,
  lot,
  smallest,
}: Readonly<Record<string, unknown>>): Instrument {
  const decimal = (value: unknown): Decimal => new Decimal(String(value));
  return {
    tradingPair: `${asset}-USD`,
    exchangeSymbol: String(symbol),
    type: "spot",
    base: String(asset),
    quote: "USD",
    payoff: "linear",
    amountUnit: "base",
    contractSize: decimal(1),
    priceScale: decimal(tick).decimalPlaces(),
    amountScale: 3,
    status: open === true ? "trading" : "ended",
    venueStatus: String(open),
    rules: {
      priceIncrement: decimal(tick),
      amountIncrement: decimal(lot),
      minAmount: decimal(smallest),
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
