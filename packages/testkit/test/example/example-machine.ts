import { Decimal, type Random, type ServerRequest, type ServerResponse } from "@conn/core";
import type { ClientFrameFacts, VenueEffects, VenueMachine } from "@conn/simulator";
import type { VenueBook, VenueRow } from "../../src/index.js";

/** One market: levels by plain price, as the venue writes them, and the books after each id of late. */
interface Market {
  readonly symbol: string;
  trading: boolean;
  frozen: boolean;
  readonly bids: Map<string, readonly [string, string]>;
  readonly asks: Map<string, readonly [string, string]>;
  lastId: number;
  readonly past: Map<number, VenueBook>;
  pending: VenueRow[];
}

interface Connection {
  readonly streams: Set<string>;
  nextPingAt: number;
  readonly endsAt: number;
}

const DIFF_INTERVAL_MS = 100;
const PING_INTERVAL_MS = 60_000;
const LEVELS = 30;
/** Age at which the venue ends every connection. */
export const CONNECTION_LIFETIME_MS = 12 * 3_600_000;
const REMEMBERED = 3_000;

/**
 * A venue invented for the kit's own tests. Ids run without a hole, one for each change: a diff
 * carries the first and the last of its own, and follows its predecessor.
 */
export class ExampleMachine implements VenueMachine {
  readonly markets = new Map<string, Market>();
  readonly #random: Random;
  readonly #connectionLifetimeMs: number;
  readonly #connections = new Map<number, Connection>();
  #malformed = false;
  #now: number;
  #nextDiffAt: number;
  #onChange: () => void = () => {};

  constructor(startAt: number, random: Random, connectionLifetimeMs = CONNECTION_LIFETIME_MS) {
    this.#random = random;
    this.#connectionLifetimeMs = connectionLifetimeMs;
    this.#now = startAt;
    this.#nextDiffAt = startAt + DIFF_INTERVAL_MS;
    for (const symbol of ["AAA", "BBB", "CCC"]) this.list(symbol, true);
    this.list("OLD", false);
  }

  list(symbol: string, trading: boolean): void {
    const market: Market = {
      symbol,
      trading,
      frozen: !trading,
      bids: new Map(),
      asks: new Map(),
      lastId: 1_000 + Math.floor(this.#random.next() * 1_000),
      past: new Map(),
      pending: [],
    };
    for (let step = 1; step <= LEVELS; step += 1) {
      const amount = (1 + Math.floor(this.#random.next() * 9_000)) / 1_000;
      market.bids.set(new Decimal(100 - step / 100).toFixed(), [
        (100 - step / 100).toFixed(2),
        amount.toFixed(3),
      ]);
      market.asks.set(new Decimal(100 + step / 100).toFixed(), [
        (100 + step / 100).toFixed(2),
        amount.toFixed(3),
      ]);
    }
    this.markets.set(symbol, market);
    this.#remember(market);
  }

  market(symbol: string): Market {
    const market = this.markets.get(symbol);
    if (market === undefined) throw new TypeError(`no market ${symbol}`);
    return market;
  }

  listMalformed(): void {
    this.#malformed = true;
  }

  book(symbol: string): VenueBook {
    return bookOf(this.market(symbol));
  }

  bookAt(symbol: string, id: number): VenueBook | undefined {
    return this.market(symbol).past.get(id);
  }

  request(requestId: number, request: ServerRequest, at: number, effects: VenueEffects): void {
    this.wake(at, effects);
    const { status, body } = this.#answer(new URL(request.path, "http://venue"));
    effects.respond(requestId, { status, body: JSON.stringify(body) });
  }

  #answer({ pathname, searchParams }: URL): { readonly status: number; readonly body: unknown } {
    const symbol = searchParams.get("symbol");
    const market = symbol === null ? undefined : this.markets.get(symbol);
    if (symbol !== null && market === undefined)
      return { status: 400, body: { code: 7, text: "no such symbol" } };
    switch (pathname) {
      case "/ping":
        return { status: 200, body: {} };
      case "/instruments": {
        const entries = [...this.markets.values()].map((one) => ({
          symbol: one.symbol,
          open: one.trading,
          tick: "0.01",
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
      case "/book": {
        if (market === undefined) return { status: 400, body: { code: 8, text: "which symbol" } };
        const { lastUpdateId, bids, asks } = bookOf(market);
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
      endsAt: at + this.#connectionLifetimeMs,
    });
  }

  frame(connectionId: number, data: string | Uint8Array, at: number, effects: VenueEffects): void {
    this.wake(at, effects);
    const connection = this.#connections.get(connectionId);
    const { kind, streams } = this.describeFrame(data);
    if (connection === undefined) return;
    for (const stream of streams) {
      if (kind === "subscribe") connection.streams.add(stream);
      else connection.streams.delete(stream);
    }
    effects.send(connectionId, JSON.stringify({ ok: requestIdOf(data) }), { kind: "ack" });
  }

  ping(connectionId: number, payload: Uint8Array, at: number, effects: VenueEffects): void {
    this.wake(at, effects);
    effects.pong(connectionId, payload);
  }

  pong(): void {}

  closed(connectionId: number): void {
    this.#connections.delete(connectionId);
  }

  wake(at: number, effects: VenueEffects): void {
    this.#now = at;
    while (this.#nextDiffAt <= at) {
      for (const market of this.markets.values()) this.#publishDiff(market, this.#nextDiffAt, effects);
      this.#nextDiffAt += DIFF_INTERVAL_MS;
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
    const isIdle = [...this.markets.values()].every(({ frozen, pending }) => frozen && pending.length === 0);
    const due = [...this.#connections.values()].flatMap(({ nextPingAt, endsAt }) => [nextPingAt, endsAt]);
    const next = Math.min(...due, isIdle ? Number.POSITIVE_INFINITY : this.#nextDiffAt);
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

  rateLimitAnswer({ retryAfterMs }: { retryAfterMs: number }): ServerResponse {
    return { status: 429, headers: { "retry-after": String(Math.ceil(retryAfterMs / 1_000)) }, body: "{}" };
  }

  weightUsed(): number {
    return 0;
  }

  freeze(symbol: string): void {
    this.market(symbol).frozen = true;
    this.#onChange();
  }

  unfreeze(symbol: string): void {
    this.market(symbol).frozen = false;
    this.#restart();
  }

  publish(symbol: string, rows: readonly VenueRow[]): void {
    this.market(symbol).pending.push(...rows);
    this.#restart();
  }

  /** While all stood still no diff was due; the next one is due after now. */
  #restart(): void {
    while (this.#nextDiffAt <= this.#now) this.#nextDiffAt += DIFF_INTERVAL_MS;
    this.#onChange();
  }

  #publishDiff(market: Market, at: number, effects: VenueEffects): void {
    const rows = market.frozen ? market.pending : this.#drawRows(market);
    market.pending = [];
    if (rows.length === 0) return;
    const first = market.lastId + 1;
    for (const row of rows) apply(market, row);
    market.lastId += rows.length;
    this.#remember(market);
    const side = (wanted: VenueRow["side"]): string[][] =>
      rows.filter((row) => row.side === wanted).map(({ price, amount }) => [price, amount]);
    const stream = `book:${market.symbol}`;
    const text = JSON.stringify({
      stream,
      symbol: market.symbol,
      first,
      last: market.lastId,
      at,
      bids: side("bid"),
      asks: side("ask"),
    });
    for (const [connectionId, { streams }] of this.#connections) {
      if (streams.has(stream))
        effects.send(connectionId, text, { kind: "depth", symbol: market.symbol, stream });
    }
  }

  #drawRows(market: Market): VenueRow[] {
    return Array.from({ length: 1 + Math.floor(this.#random.next() * 3) }, (): VenueRow => {
      const side = this.#random.next() < 0.5 ? "bid" : "ask";
      const step = 1 + Math.floor(this.#random.next() * LEVELS);
      const price = (side === "bid" ? 100 - step / 100 : 100 + step / 100).toFixed(2);
      const present = (side === "bid" ? market.bids : market.asks).has(new Decimal(price).toFixed());
      const gone = present && this.#random.next() < 0.4;
      return { side, price, amount: gone ? "0.000" : (0.001 + this.#random.next() * 9).toFixed(3) };
    });
  }

  #remember(market: Market): void {
    market.past.set(market.lastId, bookOf(market));
    if (market.past.size > REMEMBERED) market.past.delete(market.past.keys().next().value ?? 0);
  }
}

function apply(market: Market, { side, price, amount }: VenueRow): void {
  const key = new Decimal(price).toFixed();
  const levels = side === "bid" ? market.bids : market.asks;
  if (key === "0") return;
  if (new Decimal(amount).isZero()) levels.delete(key);
  else levels.set(key, [price, amount]);
}

function bookOf({ bids, asks, lastId }: Market): VenueBook {
  const sorted = (levels: Market["bids"], sign: 1 | -1): (readonly [string, string])[] =>
    [...levels].sort(([a], [b]) => compare(a, b) * sign).map(([, level]) => level);
  return { lastUpdateId: lastId, bids: sorted(bids, -1), asks: sorted(asks, 1) };
}

function requestIdOf(data: string | Uint8Array): number {
  return (JSON.parse(String(data)) as { id: number }).id;
}

/** Doubles tell most prices apart, and cheaply. */
function compare(a: string, b: string): number {
  return Number(a) - Number(b) || new Decimal(a).cmp(b);
}
