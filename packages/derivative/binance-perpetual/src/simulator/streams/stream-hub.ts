import { createStreamSchedule, type FrameFacts, noise, type VenueEffects } from "@conn/simulator";
import type { ContractMarket } from "../market/contract-market.js";
import { createBookTickerStream } from "./book-ticker-stream.js";
import type { Connection } from "./connection.js";
import { createDepthStream } from "./depth-stream.js";
import type { LiveStream } from "./live-stream.js";
import { createMarkPriceStream, type MarkPriceFields, markPriceText } from "./mark-price-stream.js";
import { parseStreamName, type StreamName } from "./stream-name.js";
import { createTickerStream, TICKER_INTERVAL_MS } from "./ticker-stream.js";
import { createAggregateTradeStream, createTradeStream } from "./trade-streams.js";

/** Brings the events of streams to their subscribers. */
export interface StreamHub {
  /** Subscribes; names that are not served, unknown or on the wrong route are accepted and stay quiet. */
  subscribe(connection: Connection, name: string, at: number): void;
  unsubscribe(connection: Connection, name: string): void;
  /** Ends all subscriptions of a connection that is gone. */
  remove(connection: Connection): void;
  /** A contract was listed or removed: its streams begin or end. */
  relist(at: number): void;
  /** Sends a mark price event with these fields to all who follow the mark price of a contract. */
  publishMarkPrice(
    market: ContractMarket,
    eventTime: number,
    fields: MarkPriceFields,
    effects: VenueEffects,
  ): void;
  /** Must be called when a market has advanced or changed by other hands than `runUntil`. */
  invalidate(): void;
  /** When the next event is due, or `Infinity`. */
  dueAt(): number;
  /** Publishes everything that is due until `at`, in the order of time. */
  runUntil(at: number, effects: VenueEffects): void;
}

interface Channel {
  readonly name: string;
  readonly parsed: StreamName;
  readonly subscribers: Set<Connection>;
  readonly facts: FrameFacts;
  live: LiveStream | undefined;
}

/** How to make a hub. */
export interface StreamHubOptions {
  readonly seed: number;
  /** The contract of a lower-case symbol. */
  readonly findMarket: (streamSymbol: string) => ContractMarket | undefined;
  /** Replaces the interval of all depth streams, whatever their name says; for tests in real time. */
  readonly depthIntervalMs?: number;
}

/** Makes a hub without subscribers. */
export function createStreamHub(options: StreamHubOptions): StreamHub {
  const channels = new Map<string, Channel>();
  const channelOf = new Map<LiveStream, Channel>();
  const schedule = createStreamSchedule<LiveStream>();

  /** Streams of different symbols and speeds do not publish in step. */
  const phaseOf = (name: string, speed: number, intervalMs: number): number =>
    Math.floor(((noise(options.seed, name, speed) + 1) / 2) * intervalMs);

  const start = ({ symbol, spec }: StreamName, at: number): LiveStream | undefined => {
    const market = options.findMarket(symbol);
    if (market === undefined) return undefined;
    market.advance(at);
    switch (spec.kind) {
      case "depth":
      case "partialDepth": {
        const intervalMs = options.depthIntervalMs ?? spec.intervalMs;
        const phaseMs = phaseOf(`${symbol} ${spec.kind}`, spec.intervalMs, intervalMs);
        const levels = spec.kind === "partialDepth" ? { levels: spec.levels } : {};
        return createDepthStream({ market, intervalMs, phaseMs, since: at, ...levels });
      }
      case "bookTicker":
        return createBookTickerStream(market);
      case "trade":
        return createTradeStream(market);
      case "aggTrade":
        return createAggregateTradeStream(market, at);
      case "ticker":
        return createTickerStream(market, phaseOf(`${symbol} ticker`, 0, TICKER_INTERVAL_MS), at);
      case "markPrice":
        return createMarkPriceStream(market, spec.intervalMs, at);
    }
  };

  /** Gives a channel another stream, or none. */
  const attach = (channel: Channel, live: LiveStream | undefined): void => {
    if (channel.live !== undefined) {
      schedule.remove(channel.live);
      channelOf.delete(channel.live);
    }
    channel.live = live;
    if (live !== undefined) {
      schedule.add(live);
      channelOf.set(live, channel);
    }
  };

  const leave = (connection: Connection, name: string): void => {
    const channel = channels.get(name);
    if (channel?.subscribers.delete(connection) === true && channel.subscribers.size === 0) {
      channels.delete(name);
      attach(channel, undefined);
    }
  };

  const send = (channel: Channel, payload: string, effects: VenueEffects): void => {
    let wrapped: string | undefined;
    for (const connection of channel.subscribers) {
      if (connection.combined) wrapped ??= `{"stream":"${channel.name}","data":${payload}}`;
      effects.send(connection.id, connection.combined ? wrapped! : payload, channel.facts);
    }
  };

  return {
    subscribe(connection, name, at) {
      if (connection.streams.has(name)) return;
      connection.streams.add(name);
      const parsed = parseStreamName(name);
      // A stream on the wrong route is acknowledged and never served:
      // https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams/Important-WebSocket-Change-Notice
      if (parsed === undefined || parsed.route !== connection.route) return;
      let channel = channels.get(name);
      if (channel === undefined) {
        const live = start(parsed, at);
        channel = {
          name,
          parsed,
          subscribers: new Set(),
          facts: {
            kind: parsed.spec.kind,
            stream: name,
            symbol: live?.market.contract.exchangeSymbol ?? parsed.symbol,
          },
          live: undefined,
        };
        channels.set(name, channel);
        attach(channel, live);
      }
      channel.subscribers.add(connection);
    },
    unsubscribe(connection, name) {
      if (connection.streams.delete(name)) leave(connection, name);
    },
    remove(connection) {
      for (const name of connection.streams) leave(connection, name);
    },
    relist(at) {
      for (const channel of channels.values()) {
        const market = options.findMarket(channel.parsed.symbol);
        if (market !== channel.live?.market) attach(channel, start(channel.parsed, at));
      }
    },
    publishMarkPrice(market, eventTime, fields, effects) {
      const payload = markPriceText(market, eventTime, fields);
      for (const channel of channels.values()) {
        if (channel.parsed.spec.kind === "markPrice" && channel.live?.market === market)
          send(channel, payload, effects);
      }
    },
    invalidate: () => schedule.invalidate(),
    dueAt: () => schedule.dueAt(),
    runUntil(at, effects) {
      schedule.runUntil(at, (live, dueAt) => {
        const channel = channelOf.get(live)!;
        live.run(dueAt, (payload) => send(channel, payload, effects));
      });
    },
  };
}
