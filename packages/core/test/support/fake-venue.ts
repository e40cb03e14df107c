import { Decimal } from "../../src/decimal/decimal.js";
import { createHost } from "../../src/host/index.js";
import type { Instrument } from "../../src/instrument/index.js";
import type { FundingMessage, SequenceRecord, TickerMessage } from "../../src/market-data/index.js";
import { ASK, BID } from "../../src/parse/index.js";
import { definePlugin } from "../../src/plugin/index.js";
import type { HttpClient, HttpRequest, HttpResponse, Random } from "../../src/ports/index.js";
import type { SessionSink } from "../../src/session/index.js";
import { FakeWebSocketPort } from "./fake-web-socket.js";
import { testInstrument } from "./instrument.js";
import { VirtualTime } from "./virtual-time.js";

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const decode = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes));

interface WireBook {
  readonly kind?: "snapshot";
  readonly s: string;
  readonly id: number;
  readonly previous?: number;
  readonly bids: readonly (readonly [number, number])[];
  readonly asks: readonly (readonly [number, number])[];
}

/** What a test may change in the made-up venue. */
export interface FakeVenueOptions {
  /** Age at which it ends connections. */
  readonly maxAgeMs?: number;
  readonly sequence?: Partial<SequenceRecord>;
  readonly random?: Random;
  readonly recordTo?: SessionSink;
}

/** An instrument that differs from what its pair alone says. */
interface WireInstrument {
  readonly pair: string;
  readonly symbol?: string;
  readonly status?: Instrument["status"];
  readonly increment?: string;
}

function toInstrument(entry: string | WireInstrument): Instrument {
  if (typeof entry === "string") return testInstrument(entry);
  const { pair, symbol, status, increment } = entry;
  const plain = testInstrument(pair);
  return {
    ...plain,
    ...(symbol !== undefined && { exchangeSymbol: symbol }),
    ...(status !== undefined && { status, venueStatus: status }),
    ...(increment !== undefined && { rules: { ...plain.rules, priceIncrement: new Decimal(increment) } }),
  };
}

/** A connector of a made-up venue, on virtual time, whose HTTP and WebSocket are the test's. */
export function createFakeVenue({
  maxAgeMs,
  sequence,
  random = { next: () => 0 },
  recordTo,
}: FakeVenueOptions = {}) {
  const time = new VirtualTime();
  const webSocket = new FakeWebSocketPort();
  const requests: HttpRequest[] = [];
  let opened = 0;
  let answer: (request: HttpRequest) => HttpResponse | Promise<HttpResponse> = (request) => {
    const body = request.url.includes("/book")
      ? { s: "BTCUSDT", id: 10, bids: [[99, 1]], asks: [[101, 1]] }
      : request.url.includes("/instruments")
        ? ["BTC-USDT", "ETH-USDT"]
        : {};
    return { status: 200, headers: {}, body: encode(body) };
  };
  const client: HttpClient = {
    request: async (request) => {
      requests.push(request);
      const aborted = new Promise<never>((_resolve, reject) => {
        request.signal?.addEventListener("abort", () => reject(new Error("aborted")), { once: true });
      });
      return Promise.race([answer(request), aborted]);
    },
    close: async () => {
      opened -= 1;
    },
  };
  const messagesAt = <Message>(path: string, exchangeSymbols: readonly string[]) => ({
    method: "GET" as const,
    path,
    query: { symbols: exchangeSymbols.join(",") },
    cost: { weight: 1 },
    parse: (body: Uint8Array) => decode(body) as readonly Message[],
  });
  const plugin = definePlugin({
    name: "fake",
    kind: "exchange",
    core: "^1.0.0",
    supports: {
      orderBooks: true,
      publicTrades: true,
      lastTradedPrices: true,
      tickers: true,
      fundingInfo: true,
      openInterest: true,
    },
    create: () => ({
      urls: { live: { rest: "http://venue", stream: "ws://venue" } },
      rest: {
        usageHeaders: { used: "weight" },
        limitStatuses: {
          429: { code: "RATE_LIMITED", stops: "pools" },
          418: { code: "RATE_BANNED", stops: "ip" },
        } as const,
        defaultRetryAfterMs: 60_000,
        parseError: () => undefined,
      },
      rateLimits: [{ id: "weight", limit: 100, intervalMs: 60_000, reserve: 0 }],
      dials: { limit: 100, intervalMs: 60_000 },
      clock: { mode: "none" } as const,
      routes: {
        stream: {
          path: "/ws",
          maxTopics: 10,
          ...(maxAgeMs !== undefined && { maxAgeMs }),
          limits: { maxFrames: 10, framesPerMs: 1_000, maxMessageBytes: 1e6 },
        },
      },
      subscriptions: {
        maxTopicsPerFrame: 10,
        formatSubscribe: (topics, id) => JSON.stringify({ sub: topics, id }),
        formatUnsubscribe: (topics, id) => JSON.stringify({ unsub: topics, id }),
      },
      networkCheck: { method: "GET" as const, path: "/ping", cost: { weight: 1 }, parse: () => undefined },
      instruments: {
        method: "GET" as const,
        path: "/instruments",
        cost: { weight: 1 },
        parse: (body: Uint8Array) => ({
          instruments: (decode(body) as (string | WireInstrument)[]).map(toInstrument),
          problems: [],
        }),
      },
      lastTradedPrices: () => ({
        method: "GET" as const,
        path: "/prices",
        cost: { weight: 1 },
        parse: () => new Map(),
      }),
      tickers: (symbols) => [
        messagesAt<TickerMessage>("/tickers", symbols),
        messagesAt<TickerMessage>("/best", symbols),
      ],
      fundingInfo: (symbols) => [messagesAt<FundingMessage>("/funding", symbols)],
      openInterest: (symbol) => ({
        ...messagesAt("/open-interest", [symbol]),
        parse: (body: Uint8Array) => ({
          openInterest: new Decimal(decode(body) as string),
          exchangeTimestamp: 7,
        }),
      }),
      orderBooks: {
        sequence: {
          source: "made up",
          rules: [],
          scope: "book" as const,
          olderSnapshot: "drop" as const,
          levelsBy: "price" as const,
          snapshot: "rest" as const,
          bridge: "spansSnapshot" as const,
          steady: "linked" as const,
          crossed: "resync" as const,
          recovery: "refetch" as const,
          ...sequence,
        },
        trades: { ids: "unique" as const, backlogOnSubscribe: false },
        topics: ({ exchangeSymbol }) => [
          { route: "stream", topic: exchangeSymbol, carries: "depth" as const },
          { route: "stream", topic: `ticker ${exchangeSymbol}`, carries: "ticker" as const },
          { route: "stream", topic: `funding ${exchangeSymbol}`, carries: "funding" as const },
        ],
        parse(data, sink) {
          const frame = decode(data) as WireBook & {
            ack?: number;
            refused?: number;
            info?: TickerMessage | FundingMessage;
          };
          if (frame.info !== undefined) {
            sink.add(frame.info);
            return;
          }
          if (frame.ack !== undefined) {
            sink.add({ type: "acknowledged", requestId: frame.ack });
            return;
          }
          if (frame.refused !== undefined) {
            sink.add({ type: "refused", requestId: frame.refused, venueCode: "-1", message: "no" });
            return;
          }
          for (const [price, amount] of frame.bids) sink.levels.push(BID, price, amount);
          for (const [price, amount] of frame.asks) sink.levels.push(ASK, price, amount);
          const message = sink.depth(frame.kind ?? "diff", frame.s, 0);
          message.firstUpdateId = frame.previous;
          message.previousUpdateId = frame.previous;
          message.lastUpdateId = frame.id;
        },
        snapshotRequest: ({ exchangeSymbol }) => ({
          method: "GET" as const,
          path: "/book",
          query: { s: exchangeSymbol },
          cost: { weight: 10 },
        }),
        parseSnapshot(body, { exchangeSymbol }, sink) {
          const book = decode(body) as WireBook;
          for (const [price, amount] of book.bids) sink.levels.push(BID, price, amount);
          for (const [price, amount] of book.asks) sink.levels.push(ASK, price, amount);
          sink.depth("snapshot", exchangeSymbol, 0).lastUpdateId = book.id;
        },
      },
    }),
  });
  const ports = {
    clock: time,
    timers: time,
    random,
    webSocket,
    http: {
      open: async () => {
        opened += 1;
        return client;
      },
    },
  };
  const host = createHost(ports, recordTo && { recordTo });
  return {
    time,
    webSocket,
    requests,
    plugin,
    host,
    openClients: () => opened,
    answerWith: (next: typeof answer) => {
      answer = next;
    },
    respond: (status: number, body: unknown = {}, headers: Record<string, string> = {}): HttpResponse => ({
      status,
      headers,
      body: encode(body),
    }),
    /** Opens the last dial and confirms all it asks for. */
    async openStream(): Promise<void> {
      webSocket.last.open();
      for (const text of webSocket.last.sent)
        webSocket.last.receive(JSON.stringify({ ack: JSON.parse(text).id }));
      await time.advance(0);
    },
  };
}
