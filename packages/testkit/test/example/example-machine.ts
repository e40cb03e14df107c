import type { Random, ServerRequest, ServerResponse } from "@conn/core";
import type { ClientFrameFacts, RateLimitNotice, VenueEffects, VenueMachine } from "@conn/simulator";
import type { VenueFundingPart, VenueRow } from "../../src/index.js";
import { ExampleMarket } from "./example-market.js";
import {
  type ExampleMarketFacts,
  ExampleNotices,
  exampleFunding,
  exampleOpenInterest,
  exampleTicker,
} from "./example-market-info.js";
import type { ExampleProtocol } from "./example-protocol.js";
import { ExampleRestLimits } from "./example-rest-limits.js";

/** What the example venue allows on one connection. */
export interface ExampleLimits {
  readonly topicsPerConnection: number;
  /** Frames of the client in any second, pings and pongs included. */
  readonly framesPerSecond: number;
  /** Age at which the venue ends every connection. */
  readonly connectionLifetimeMs: number;
}

export const EXAMPLE_LIMITS: ExampleLimits = {
  topicsPerConnection: 50,
  framesPerSecond: 10,
  connectionLifetimeMs: 12 * 3_600_000,
};

interface Connection {
  readonly streams: Set<string>;
  nextPingAt: number;
  readonly endsAt: number;
  /** Frames with books that were sent on it. */
  count: number;
  /** When the latest frames of the client came. */
  readonly heardAt: number[];
}

const DIFF_INTERVAL_MS = 100;
const PING_INTERVAL_MS = 60_000;

/**
 * A venue invented for the kit's own tests. Ids run without a hole, one for each change: a diff
 * carries the first and the last of its own, and follows its predecessor. The rest is up to the protocol.
 */
export class ExampleMachine implements VenueMachine {
  readonly markets = new Map<string, ExampleMarket>();
  readonly #protocol: ExampleProtocol;
  readonly #limits: ExampleLimits;
  readonly #random: Random;
  readonly #restLimits = new ExampleRestLimits();
  readonly #connections = new Map<number, Connection>();
  readonly #notices: ExampleNotices;
  readonly #delisted = new Set<string>();
  #malformed = false;
  /** Whether the markets go on after they have all stood still. */
  #resumes = false;
  #now: number;
  #nextDiffAt: number;
  #onChange: () => void = () => {};

  constructor(
    startAt: number,
    random: Random,
    { protocol = "rest" as ExampleProtocol, limits = {} as Partial<ExampleLimits> } = {},
  ) {
    this.#random = random;
    this.#protocol = protocol;
    this.#limits = { ...EXAMPLE_LIMITS, ...limits };
    this.#now = startAt;
    this.#nextDiffAt = startAt + DIFF_INTERVAL_MS;
    this.#notices = new ExampleNotices(startAt);
    for (const symbol of ["AAA", "BBB", "CCC"]) this.list(symbol, true);
    this.list("OLD", false);
  }

  list(symbol: string, trading: boolean): void {
    this.markets.set(symbol, new ExampleMarket(symbol, trading, this.#random));
  }

  market(symbol: string): ExampleMarket {
    const market = this.markets.get(symbol);
    if (market === undefined) throw new TypeError(`no market ${symbol}`);
    return market;
  }

  delist(symbol: string): void {
    this.market(symbol);
    this.#delisted.add(symbol);
    this.markets.delete(symbol);
  }

  /** Lists a market again, with another book and other ids. */
  relist(symbol: string): void {
    if (!this.#delisted.delete(symbol)) throw new TypeError(`${symbol} was not delisted`);
    this.#resumes ||= this.#isIdle();
    this.list(symbol, true);
    this.#onChange();
  }

  rename(symbol: string, newSymbol: string): void {
    const market = this.market(symbol);
    this.markets.delete(symbol);
    market.symbol = newSymbol;
    this.markets.set(newSymbol, market);
  }

  listMalformed(): void {
    this.#malformed = true;
  }

  /** What tickers, funding and open interest are made of. */
  facts(symbol: string): ExampleMarketFacts {
    const market = this.market(symbol);
    return { symbol, lastId: market.lastId, book: market.book() };
  }

  /** The time of the latest input. */
  get now(): number {
    return this.#now;
  }

  sendFunding(symbol: string, part: VenueFundingPart, at: number | undefined): void {
    this.#notices.send(symbol, part, at);
    this.#onChange();
  }

  request(requestId: number, request: ServerRequest, at: number, effects: VenueEffects): void {
    this.wake(at, effects);
    const url = new URL(request.path, "http://venue");
    const { used, retryAfterMs } = this.#restLimits.charge(url.pathname, at);
    if (retryAfterMs !== undefined) {
      effects.respond(requestId, this.rateLimitAnswer({ retryAfterMs, banned: false }));
      return;
    }
    const { status, body } = this.#answer(url);
    effects.respond(requestId, { status, headers: { "x-used": String(used) }, body: JSON.stringify(body) });
  }

  #answer({ pathname, searchParams }: URL): { readonly status: number; readonly body: unknown } {
    const symbol = searchParams.get("symbol");
    const market = symbol === null ? undefined : this.markets.get(symbol);
    if (symbol !== null && market === undefined)
      return { status: 400, body: { code: 7, text: "no such symbol" } };
    switch (pathname) {
      case "/ping":
        return { status: 200, body: {} };
      case "/time":
        return { status: 200, body: { now: this.#now } };
      case "/instruments": {
        const entries = [...this.markets.values()].map((one) => ({
          symbol: one.symbol,
          asset: one.asset,
          open: one.trading,
          tick: one.tick,
          lot: "0.001",
          smallest: "0.001",
        }));
        const malformed = this.#malformed ? [{ symbol: "BAD", open: true, tick: "none" }] : [];
        return { status: 200, body: [...entries, ...malformed] };
      }
      case "/prices": {
        const markets = market === undefined ? [...this.markets.values()] : [market];
        return { status: 200, body: Object.fromEntries(markets.map((one) => [one.symbol, "99.50"])) };
      }
      case "/tickers":
      case "/funding":
      case "/open-interest": {
        const symbols = symbol === null ? [...this.markets.keys()] : [symbol];
        const at = this.#now;
        const rows = symbols
          .map((one) => this.facts(one))
          .map((facts) => ({
            symbol: facts.symbol,
            at,
            ...(pathname === "/tickers" && exampleTicker(facts)),
            ...(pathname === "/funding" && exampleFunding(facts, at)),
            ...(pathname === "/open-interest" && { amount: exampleOpenInterest(facts) }),
          }));
        return { status: 200, body: rows };
      }
      case "/book": {
        if (market === undefined) return { status: 400, body: { code: 8, text: "which symbol" } };
        const { lastUpdateId, bids, asks } = market.book();
        return { status: 200, body: { id: lastUpdateId, bids, asks } };
      }
      default:
        return { status: 404, body: { code: 1, text: "nothing here" } };
    }
  }

  upgrade(): "accept" | ServerResponse {
    return "accept";
  }

  opened(connectionId: number, at: number): void {
    this.#connections.set(connectionId, {
      streams: new Set(),
      nextPingAt: at + PING_INTERVAL_MS,
      endsAt: at + this.#limits.connectionLifetimeMs,
      count: 0,
      heardAt: [],
    });
  }

  frame(connectionId: number, data: string | Uint8Array, at: number, effects: VenueEffects): void {
    const connection = this.#heard(connectionId, at, effects);
    if (connection === undefined) return;
    const { kind, streams, symbols } = this.describeFrame(data);
    const id = requestIdOf(data);
    const { topicsPerConnection } = this.#limits;
    if (kind === "subscribe" && new Set([...connection.streams, ...streams]).size > topicsPerConnection) {
      effects.send(connectionId, this.refuseFrame(data, { code: 9, message: "too many streams" }), {
        kind: "error",
      });
      return;
    }
    effects.send(connectionId, JSON.stringify({ ok: id }), { kind: "ack" });
    for (const [index, stream] of streams.entries()) {
      const market = stream.startsWith("book:") ? this.markets.get(symbols[index] ?? "") : undefined;
      if (kind === "unsubscribe") connection.streams.delete(stream);
      else if (kind === "subscribe") connection.streams.add(stream);
      if (market === undefined || kind === "unsubscribe") continue;
      const isAsked = kind === "snapshot";
      if (isAsked || this.#protocol === "everyFrame" || this.#protocol === "connection")
        this.#sendSnapshot(connectionId, connection, market, at, effects);
    }
  }

  ping(connectionId: number, payload: Uint8Array, at: number, effects: VenueEffects): void {
    if (this.#heard(connectionId, at, effects) !== undefined) effects.pong(connectionId, payload);
  }

  pong(connectionId: number, _payload: Uint8Array, at: number, effects: VenueEffects): void {
    this.#heard(connectionId, at, effects);
  }

  closed(connectionId: number): void {
    this.#connections.delete(connectionId);
  }

  wake(at: number, effects: VenueEffects): void {
    this.#now = at;
    // While all stood still no diff was due; the next one is due after now.
    while (this.#resumes && this.#nextDiffAt <= at) this.#nextDiffAt += DIFF_INTERVAL_MS;
    this.#resumes = false;
    while (this.#nextDiffAt <= at) {
      for (const market of this.markets.values()) this.#publishDiff(market, this.#nextDiffAt, effects);
      this.#nextDiffAt += DIFF_INTERVAL_MS;
    }
    const facts = [...this.markets.keys()].map((symbol) => this.facts(symbol));
    for (const { stream, symbol, kind, text } of this.#notices.take(at, facts)) {
      for (const [connectionId, { streams }] of this.#connections)
        if (streams.has(stream)) effects.send(connectionId, text, { kind, symbol, stream });
    }
    for (const [connectionId, connection] of this.#connections) {
      if (connection.endsAt <= at) {
        this.#connections.delete(connectionId);
        effects.close(connectionId, 1001, "too old");
        continue;
      }
      if (connection.nextPingAt > at) continue;
      effects.ping(connectionId, `ping ${connection.nextPingAt}`);
      connection.nextPingAt += PING_INTERVAL_MS;
    }
  }

  nextWakeAt(): number | undefined {
    const due = [...this.#connections.values()].flatMap(({ nextPingAt, endsAt }) => [nextPingAt, endsAt]);
    const streams = [...this.#connections.values()].flatMap((connection) => [...connection.streams]);
    const notices = this.#notices.dueAt(streams, this.#now);
    const diff = this.#isIdle() ? Number.POSITIVE_INFINITY : this.#nextDiffAt;
    const next = Math.min(...due, notices, diff);
    return next === Number.POSITIVE_INFINITY ? undefined : next;
  }

  watch(callback: () => void): void {
    this.#onChange = callback;
  }

  describeRequest(request: ServerRequest): { route: string; kind: string; symbol?: string } {
    const url = new URL(request.path, "http://venue");
    const symbol = url.searchParams.get("symbol");
    return { route: "rest", kind: url.pathname, ...(symbol !== null && { symbol }) };
  }

  routeOf(): string {
    return "stream";
  }

  describeFrame(data: string | Uint8Array): ClientFrameFacts {
    const { op, streams } = JSON.parse(String(data)) as { op: string; streams: string[] };
    return { kind: op, streams, symbols: streams.map((stream) => stream.split(":")[1] ?? "") };
  }

  refuseFrame(data: string | Uint8Array, { code, message }: { code: number; message: string }): string {
    return JSON.stringify({ refused: requestIdOf(data), code, text: message });
  }

  rateLimitAnswer({ retryAfterMs, banned }: RateLimitNotice): ServerResponse {
    return {
      status: banned ? 418 : 429,
      headers: { "retry-after": String(Math.ceil(retryAfterMs / 1_000)) },
      body: "{}",
    };
  }

  weightUsed(): number {
    return 0;
  }

  freeze(symbol: string): void {
    this.market(symbol).frozen = true;
    this.#onChange();
  }

  unfreeze(symbol: string): void {
    this.#resumes ||= this.#isIdle();
    this.market(symbol).frozen = false;
    this.#onChange();
  }

  publish(symbol: string, rows: readonly VenueRow[]): void {
    this.#resumes ||= this.#isIdle();
    this.market(symbol).pending.push(...rows);
    this.#onChange();
  }

  #isIdle(): boolean {
    return [...this.markets.values()].every(({ frozen, pending }) => frozen && pending.length === 0);
  }

  /** Counts a frame of a client; undefined if it was one too many, which costs the connection. */
  #heard(connectionId: number, at: number, effects: VenueEffects): Connection | undefined {
    this.wake(at, effects);
    const connection = this.#connections.get(connectionId);
    if (connection === undefined) return undefined;
    const { heardAt } = connection;
    heardAt.push(at);
    while (heardAt[0]! <= at - 1_000) heardAt.shift();
    if (heardAt.length <= this.#limits.framesPerSecond) return connection;
    this.#connections.delete(connectionId);
    effects.close(connectionId, 1008, "too many frames");
    return undefined;
  }

  #publishDiff(market: ExampleMarket, at: number, effects: VenueEffects): void {
    const first = market.lastId + 1;
    const rows = market.change();
    if (rows.length === 0) return;
    const { symbol } = market;
    const stream = `book:${symbol}`;
    const side = (wanted: VenueRow["side"]): string[][] =>
      rows.filter((row) => row.side === wanted).map(({ price, amount }) => [price, amount]);
    const diff = { stream, symbol, at, bids: side("bid"), asks: side("ask") };
    const ids = { first, last: market.lastId };
    const sum = this.#protocol === "request" ? { sum: market.checksum() } : {};
    for (const [connectionId, connection] of this.#connections) {
      if (!connection.streams.has(stream)) continue;
      if (this.#protocol === "everyFrame") {
        this.#sendSnapshot(connectionId, connection, market, at, effects);
        continue;
      }
      const place = this.#protocol === "connection" ? { count: ++connection.count } : { ...ids, ...sum };
      effects.send(connectionId, JSON.stringify({ ...diff, ...place }), { kind: "depth", symbol, stream });
    }
  }

  #sendSnapshot(
    connectionId: number,
    connection: Connection,
    market: ExampleMarket,
    at: number,
    effects: VenueEffects,
  ): void {
    const { symbol } = market;
    const { lastUpdateId: last, bids, asks } = market.book();
    const stream = `book:${symbol}`;
    const place = this.#protocol === "connection" ? { count: ++connection.count } : { last };
    const sum = this.#protocol === "request" ? { sum: market.checksum() } : {};
    const text = JSON.stringify({ stream, symbol, snapshot: true, at, bids, asks, ...place, ...sum });
    effects.send(connectionId, text, { kind: "book", symbol, stream });
  }
}

function requestIdOf(data: string | Uint8Array): number {
  return (JSON.parse(String(data)) as { id: number }).id;
}
