import {
  type ConnectorPlugin,
  Decimal,
  definePlugin,
  type HttpPort,
  type HttpRequest,
  type HttpResponse,
  type Ports,
  type SequenceRecord,
  type WebSocketConnection,
  type WebSocketHandler,
  type WebSocketPort,
} from "@conn/core";
import { instrument } from "./fixtures.js";
import { type ToyBook, toyDecoder } from "./toy-venue.js";

const LIMITS = { maxFrames: 100, framesPerMs: 1_000, maxMessageBytes: 1_000_000 };
const PAIRS = ["BTC-USDT", "ETH-USDT"];

/** The toy venue as a connector of its own: `fake-venue`, with one stream for each book. */
export function toyPlugin(rules: Partial<SequenceRecord> = {}, maxTopics = 10): ConnectorPlugin {
  const { sequence, parse, parseSnapshot } = toyDecoder(rules);
  return definePlugin({
    name: "fake-venue",
    kind: "exchange",
    core: "^1.0.0",
    supports: {
      orderBooks: true,
      publicTrades: false,
      lastTradedPrices: false,
      tickers: false,
      fundingInfo: false,
      openInterest: false,
    },
    create: () => ({
      urls: { live: { rest: "https://rest.toy.example/api", stream: "wss://stream.toy.example" } },
      rest: {
        usageHeaders: {},
        limitStatuses: {},
        defaultRetryAfterMs: 1_000,
        parseError: () => undefined,
      },
      rateLimits: [],
      dials: { limit: 1_000, intervalMs: 1_000 },
      clock: { mode: "none" },
      routes: { stream: { path: "/ws", maxTopics, limits: LIMITS } },
      subscriptions: {
        maxTopicsPerFrame: 10,
        formatSubscribe: (topics, id) => JSON.stringify({ id, subscribe: topics }),
        formatUnsubscribe: (topics, id) => JSON.stringify({ id, unsubscribe: topics }),
      },
      networkCheck: { method: "GET", path: "/instruments", cost: {}, parse: () => undefined },
      instruments: {
        method: "GET",
        path: "/instruments",
        cost: {},
        parse: (body) => ({
          instruments: (JSON.parse(Buffer.from(body).toString()) as string[]).map(instrument),
          problems: [],
        }),
      },
      lastTradedPrices: () => ({
        method: "GET",
        path: "/prices",
        cost: {},
        parse: () => new Map<string, Decimal>([["", new Decimal(0)]]),
      }),
      orderBooks: {
        sequence,
        trades: { ids: "unique", backlogOnSubscribe: false },
        topics: ({ exchangeSymbol }) => [
          { route: "stream", topic: `book.${exchangeSymbol}`, carries: "depth" },
        ],
        parse(data, sink, context) {
          const text = Buffer.from(data).toString();
          const ack = /^\{"ack":(\d+)\}$/.exec(text)?.[1];
          if (ack !== undefined) sink.add({ type: "acknowledged", requestId: Number(ack) });
          else if (text.startsWith('{"trade":')) {
            const { trade, at } = JSON.parse(text) as { trade: string; at: number };
            sink.add({
              ...{ type: "trade", exchangeSymbol: trade, tradeId: "1", side: "buy" },
              ...{ price: "1", amount: "1", exchangeTimestamp: at },
            });
          } else parse(data, sink, context);
        },
        snapshotRequest: ({ exchangeSymbol }) => ({
          method: "GET",
          path: "/book",
          query: { symbol: exchangeSymbol },
          cost: {},
        }),
        tradesRequest: ({ exchangeSymbol }, from) => ({
          method: "GET",
          path: "/trades",
          query: { symbol: exchangeSymbol, from },
          cost: {},
        }),
        ...(parseSnapshot !== undefined && { parseSnapshot }),
      },
    }),
  });
}

/** A connection to the toy venue, with the verbs of its side. */
export class ToySocket {
  readonly #handler: WebSocketHandler;
  readonly topics = new Set<string>();
  ended = false;

  constructor(handler: WebSocketHandler) {
    this.#handler = handler;
  }

  open(): void {
    if (!this.ended) this.#handler.onOpen();
  }

  /** What the client sent; subscriptions are confirmed. */
  take(text: string): void {
    const { id, subscribe = [] } = JSON.parse(text) as { id: number; subscribe?: string[] };
    for (const topic of subscribe) this.topics.add(topic);
    this.push(`{"ack":${id}}`);
  }

  push(frame: ToyBook | string | Uint8Array): void {
    if (this.ended) return;
    const data =
      frame instanceof Uint8Array ? frame : typeof frame === "string" ? frame : JSON.stringify(frame);
    this.#handler.onMessage(Buffer.from(data as string), frame instanceof Uint8Array);
  }

  end(): void {
    if (this.ended) return;
    this.ended = true;
    this.#handler.onClose({ code: 1006, reason: "" });
  }
}

/** The toy venue in memory: answers at once, and pushes what a test says. */
export class ToyVenue implements Pick<Ports, "http" | "webSocket"> {
  readonly sockets: ToySocket[] = [];
  readonly requests: HttpRequest[] = [];
  /** Snapshot by symbol. */
  readonly snapshots = new Map<string, ToyBook>();
  /** Statuses of the next answers; 200 when there are none. */
  readonly statuses: number[] = [];
  headers: Record<string, string> = {};

  readonly http: HttpPort = {
    open: async () => ({
      request: async (request) => this.#answer(request),
      close: async () => undefined,
    }),
  };

  readonly webSocket: WebSocketPort = {
    connect: (_options, handler): WebSocketConnection => {
      const socket = new ToySocket(handler);
      this.sockets.push(socket);
      queueMicrotask(() => socket.open());
      return {
        send: (data) => queueMicrotask(() => socket.take(String(data))),
        ping: () => undefined,
        close: () => socket.end(),
        terminate: () => socket.end(),
      };
    },
  };

  /** The open connection that carries a symbol's book. */
  socketOf(symbol: string): ToySocket | undefined {
    return this.sockets.find(({ ended, topics }) => !ended && topics.has(`book.${symbol}`));
  }

  #answer(request: HttpRequest): HttpResponse {
    this.requests.push(request);
    const { pathname, searchParams } = new URL(request.url);
    const body = pathname.endsWith("/instruments")
      ? PAIRS
      : { ...this.snapshots.get(searchParams.get("symbol") ?? ""), kind: "snapshot" };
    const status = pathname.endsWith("/book") ? (this.statuses.shift() ?? 200) : 200;
    return { status, headers: this.headers, body: Buffer.from(JSON.stringify(body)) };
  }
}
