import { createStreamSchedule, noise, type VenueEffects } from "@conn/simulator";
import type { CryptoComLimits } from "../limits.js";
import type { InstrumentMarket } from "../market/instrument-market.js";
import { readBookMode } from "./book-mode.js";
import { createDeltaStream, createSnapshotStream } from "./book-streams.js";
import { parseChannelName } from "./channel-name.js";
import {
  ackText,
  type BookParameters,
  type ClientFrame,
  errorText,
  type FrameError,
  frameErrors,
} from "./client-frame.js";
import type { Connection, Subscription } from "./connection.js";
import type { LiveStream } from "./live-stream.js";
import { createTickerStream, TICKER_INTERVAL_MS } from "./ticker-stream.js";
import { createTradeStream } from "./trade-stream.js";

/** Brings the venue's channels to their subscribers. */
export interface StreamHub {
  /** Subscribes to channels and answers for each; returns whether the connection has room for them all. */
  subscribe(
    connection: Connection,
    frame: ClientFrame,
    channels: readonly string[],
    book: BookParameters,
    at: number,
    effects: VenueEffects,
  ): boolean;
  unsubscribe(connection: Connection, channel: string): void;
  /** Ends all subscriptions of a connection that is gone. */
  remove(connection: Connection): void;
  /** An instrument was listed or removed: streams of it begin or end. */
  relist(connections: Iterable<Connection>, at: number): void;
  /** Must be called when a market has advanced or changed by other hands than `runUntil`. */
  invalidate(): void;
  /** When the next frame is due, or `Infinity`. */
  dueAt(): number;
  /** Sends everything that is due until `at`, in the order of time. */
  runUntil(at: number, effects: VenueEffects): void;
}

/** How to make a hub. */
export interface StreamHubOptions {
  readonly seed: number;
  readonly limits: CryptoComLimits;
  readonly findMarket: (exchangeSymbol: string) => InstrumentMarket | undefined;
  /** Replaces the interval of deltas, whatever was asked for; for tests in real time. */
  readonly deltaIntervalMs?: number;
}

/** Makes a hub without subscribers. */
export function createStreamHub(options: StreamHubOptions): StreamHub {
  const { seed, limits, findMarket } = options;
  const schedule = createStreamSchedule<LiveStream>();
  const receivers = new Map<LiveStream, { connection: Connection; subscription: Subscription }>();

  /** Offset of a channel's frames from whole intervals: instruments do not publish in step. */
  const phaseOf = (symbol: string, intervalMs: number): number =>
    Math.floor(((noise(seed, `phase ${symbol}`, intervalMs) + 1) / 2) * intervalMs);

  const start = ({ name, mode }: Subscription, market: InstrumentMarket): LiveStream => {
    if (name.kind === "trade") return createTradeStream(market);
    if (name.kind === "ticker") return createTickerStream(market, phaseOf(name.symbol, TICKER_INTERVAL_MS));
    // A subscription to a book has a mode.
    const { type, depth, ...asked } = mode!;
    const intervalMs = type === "SNAPSHOT" ? asked.intervalMs : (options.deltaIntervalMs ?? asked.intervalMs);
    const create = type === "SNAPSHOT" ? createSnapshotStream : createDeltaStream;
    return create({
      market,
      depth,
      intervalMs,
      phaseMs: phaseOf(name.symbol, intervalMs),
      quietMs: limits.quietBookMs,
      snapshotDelayMs: limits.snapshotDelayMs,
    });
  };

  const attach = (connection: Connection, subscription: Subscription, live: LiveStream): void => {
    subscription.live = live;
    receivers.set(live, { connection, subscription });
    schedule.add(live);
  };

  const detach = (subscription: Subscription): void => {
    const { live } = subscription;
    if (live === undefined) return;
    subscription.live = undefined;
    receivers.delete(live);
    schedule.remove(live);
  };

  const unsubscribe = (connection: Connection, channel: string): void => {
    const subscription = connection.subscriptions.get(channel);
    if (subscription === undefined) return;
    connection.subscriptions.delete(channel);
    detach(subscription);
  };

  /** Reads a channel's name and the wish for a book, as a subscription that is not there yet. */
  const readSubscription = (
    channel: string,
    book: BookParameters,
  ):
    | { readonly wanted: Subscription; readonly market: InstrumentMarket }
    | { readonly error: FrameError } => {
    const name = parseChannelName(channel);
    if (name === undefined) return { error: frameErrors.unknownChannel };
    const market = findMarket(name.symbol);
    if (market === undefined) return { error: frameErrors.unknownSymbol };
    const wanted = { channel, name, live: undefined };
    if (name.kind !== "book") return { wanted, market };
    const mode = readBookMode(name.depth, book);
    return "error" in mode ? mode : { wanted: { ...wanted, mode }, market };
  };

  return {
    subscribe(connection, frame, channels, book, at, effects) {
      let hasRoom = true;
      for (const channel of channels) {
        const read = readSubscription(channel, book);
        if ("error" in read) {
          effects.send(connection.id, errorText(frame, read.error, channel), { kind: "error" });
          continue;
        }
        const { market, wanted } = read;
        const present = connection.subscriptions.get(channel);
        if (present === undefined && connection.subscriptions.size >= limits.channelsPerConnection) {
          hasRoom = false;
          continue;
        }
        market.advance(at);
        let live = present?.live;
        if (live === undefined || !isSameMode(present, wanted)) {
          unsubscribe(connection, channel);
          live = start(wanted, market);
          connection.subscriptions.set(channel, wanted);
          attach(connection, wanted, live);
        }
        const { kind, symbol } = wanted.name;
        const data = live.subscribe(frame.id, at);
        // A book is acknowledged for itself; other channels answer with their first data.
        if (data === undefined) effects.send(connection.id, ackText(frame, channel), { kind: "ack" });
        else effects.send(connection.id, data, { kind, symbol, stream: channel });
      }
      schedule.invalidate();
      return hasRoom;
    },
    unsubscribe,
    remove(connection) {
      for (const channel of [...connection.subscriptions.keys()]) unsubscribe(connection, channel);
    },
    relist(connections, at) {
      // What the venue sends to those who follow an instrument that ends is not documented: here it is nothing.
      for (const connection of connections) {
        for (const subscription of connection.subscriptions.values()) {
          const market = findMarket(subscription.name.symbol);
          if (market === subscription.live?.market) continue;
          detach(subscription);
          if (market === undefined) continue;
          const live = start(subscription, market);
          live.subscribe("-1", at);
          attach(connection, subscription, live);
        }
      }
    },
    invalidate: () => schedule.invalidate(),
    dueAt: () => schedule.dueAt(),
    runUntil(at, effects) {
      schedule.runUntil(at, (live, dueAt) => {
        const { connection, subscription } = receivers.get(live)!;
        const { channel, name } = subscription;
        live.run(dueAt, (text, kind) =>
          effects.send(connection.id, text, { kind, symbol: name.symbol, stream: channel }),
        );
      });
    },
  };
}

function isSameMode(one: Subscription | undefined, other: Subscription): boolean {
  return one?.mode?.type === other.mode?.type && one?.mode?.intervalMs === other.mode?.intervalMs;
}
