import type { Connector, ConnectorEvent, ConnectorOptions, MarketDataChannel } from "@conn/core";
import { CONNECTOR_ARGUMENTS, CONNECTOR_HELP, readConnectorOptions } from "../arguments/connector-options.js";
import { readArguments, readInteger, readSeconds } from "../arguments/read-arguments.js";
import { UsageError } from "../arguments/usage-error.js";
import { createLiveDisplay } from "../display/live-display.js";
import { readTerminalFacts } from "../display/terminal-facts.js";
import { describeBook, describeEvent, formatJson } from "../market/json-events.js";
import { MarketMonitor } from "../market/market-monitor.js";
import { resolvePair } from "../market/resolve-pair.js";
import { aborted } from "../process/aborted.js";
import type { CommandIo } from "../process/command-io.js";
import { EXIT_FAILED, EXIT_INTERRUPTED, EXIT_OK } from "../process/exit-code.js";
import { LineWriter } from "../process/line-writer.js";
import { renderStill } from "../render/ladder.js";
import { paint } from "../render/line.js";
import type { Command } from "./command.js";

const DEFAULT_DEPTH = 20;
/** Without a terminal's height to fill, fewer levels say enough. */
const DEFAULT_PRINTED_DEPTH = 10;
const MOST_DEPTH = 1_000;

const HELP = `conn watch: live order books

Usage
  conn watch <connector> <pair…> [options]

On a terminal: asks over bids, depth as bars, the latest trades, how far each book can be trusted, and of
perpetuals the mark price, the index price and the funding that is due.
Anywhere else: one line for each book and second, and one for each event.

Options
${CONNECTOR_HELP}
  --depth N        price levels of each side; 20 on a terminal, else 10
  --once           print each book once when it is live, and end
  --duration S     end after S seconds
  --json           one JSON object a line: book, trade, orderBookState, instrument, connection, problem,
                   rateLimit
  --help           this text

Examples
  conn watch binance-perpetual BTC-USDT
  conn watch binance-perpetual BTC-USDT ETH-USDT --environment sim
  conn watch binance-perpetual BTC-USDT --once --depth 5
  conn watch binance-perpetual BTC-USDT --json --duration 10 | head -n 3
`;

/** `conn watch`. */
export const watch: Command = {
  name: "watch",
  summary: "live order books",
  help: HELP,
  async run(args, io) {
    const request = readRequest(args);
    const connector = await createWatched(request, io);
    try {
      await connector.start({ signal: io.signal });
      const tradingPairs = new Set(request.names.map((name) => resolvePair(connector, name)));
      return await watchPairs(connector, [...tradingPairs], request, io);
    } finally {
      await connector.stop();
    }
  },
};

/** What the command line asks for. */
interface WatchRequest {
  readonly connector: string;
  /** Pairs as the person wrote them. */
  readonly names: readonly string[];
  readonly options: ConnectorOptions;
  readonly depth: number | undefined;
  readonly durationMs: number | undefined;
  readonly once: boolean;
  readonly json: boolean;
}

/** @throws {UsageError} */
function readRequest(args: readonly string[]): WatchRequest {
  const { values, positionals } = readArguments(args, {
    ...CONNECTOR_ARGUMENTS,
    depth: { type: "string" },
    duration: { type: "string" },
    once: { type: "boolean" },
    json: { type: "boolean" },
  });
  const [connector, ...names] = positionals;
  if (connector === undefined) {
    throw new UsageError(
      "conn watch needs the name of a connector and a pair; conn list shows the connectors",
    );
  }
  if (names.length === 0)
    throw new UsageError(`conn watch needs a pair, such as conn watch ${connector} BTC-USDT`);
  return {
    connector,
    names,
    options: readConnectorOptions(values),
    depth: values.depth === undefined ? undefined : readInteger("depth", values.depth, 1, MOST_DEPTH),
    durationMs: values.duration === undefined ? undefined : readSeconds("duration", values.duration),
    once: values.once === true,
    json: values.json === true,
  };
}

/** The connector that is asked for; to be looked at live, one that follows funding too, if it can. */
async function createWatched(
  { connector, options, once, json }: WatchRequest,
  io: CommandIo,
): Promise<Connector> {
  const created = await io.registry.createDynamic(connector, { ...options });
  if (once || json || !created.supports.fundingInfo) return created;
  // Nobody knew before what it supports; and one that was not started needs no end.
  const channels: MarketDataChannel[] = ["orderBook", "trades", "funding"];
  return io.registry.createDynamic(connector, { ...options, channels });
}

function follow(connector: Connector, tradingPairs: readonly string[]): void {
  for (const tradingPair of tradingPairs) connector.addTradingPair(tradingPair);
}

async function watchPairs(
  connector: Connector,
  tradingPairs: readonly string[],
  request: WatchRequest,
  io: CommandIo,
): Promise<number> {
  const done = new AbortController();
  const { durationMs } = request;
  const timer = durationMs === undefined ? undefined : io.ports.timers.set(durationMs, () => done.abort());
  try {
    if (request.once) return await printOnce(connector, tradingPairs, request, io, done.signal);
    if (request.json) await printEvents(connector, tradingPairs, request, io, done.signal);
    else await showLive(connector, tradingPairs, request, io, done);
  } finally {
    timer?.cancel();
  }
  return io.signal.aborted ? EXIT_INTERRUPTED : EXIT_OK;
}

async function showLive(
  connector: Connector,
  tradingPairs: readonly string[],
  { depth }: WatchRequest,
  io: CommandIo,
  done: AbortController,
): Promise<void> {
  follow(connector, tradingPairs);
  const display = createLiveDisplay({
    connector,
    tradingPairs,
    io,
    title: `${connector.name} ${connector.environment}`,
    depth: depth ?? DEFAULT_DEPTH,
    onQuit: () => done.abort(),
  });
  try {
    await aborted(done.signal, io.signal);
  } finally {
    display.close();
  }
}

/** Every event as a line of JSON, until the time is over. */
async function printEvents(
  connector: Connector,
  tradingPairs: readonly string[],
  { depth = DEFAULT_PRINTED_DEPTH }: WatchRequest,
  io: CommandIo,
  done: AbortSignal,
): Promise<void> {
  const writer = new LineWriter(io.stdout);
  const failed = Promise.withResolvers<never>();
  const write = (event: object | undefined, key?: string): void => {
    if (event === undefined) return;
    try {
      writer.write(formatJson({ ...event }), key);
    } catch (error) {
      // Thrown here it would only be logged: a connector does not stop for its listeners.
      failed.reject(error);
    }
  };
  const tell = (event: ConnectorEvent): void => write(describeEvent(event, connector.instruments));
  const offs = [
    connector.on("orderBook", (event) => {
      const instrument = connector.instruments.get(event.tradingPair);
      if (instrument === undefined) return;
      write(describeBook(event, event.book, instrument, depth, event.kind), event.tradingPair);
    }),
    connector.on("trade", tell),
    connector.on("orderBookState", tell),
    connector.on("instrument", (event) => {
      if (tradingPairs.includes(event.tradingPair)) tell(event);
    }),
    connector.on("connection", tell),
    connector.on("problem", tell),
    connector.on("rateLimit", tell),
  ];
  try {
    // Only now, so that nothing happens before somebody listens.
    follow(connector, tradingPairs);
    await Promise.race([failed.promise, aborted(done, io.signal)]);
    for (const off of offs) off();
    await writer.drained(io.signal);
  } finally {
    for (const off of offs) off();
    writer.close();
  }
}

/** Each book once, as soon as all are live. */
async function printOnce(
  connector: Connector,
  tradingPairs: readonly string[],
  { depth = DEFAULT_PRINTED_DEPTH, json, durationMs = 0 }: WatchRequest,
  io: CommandIo,
  done: AbortSignal,
): Promise<number> {
  follow(connector, tradingPairs);
  const monitor = new MarketMonitor(connector, tradingPairs, io.ports.clock, () => undefined);
  try {
    const either = AbortSignal.any([done, io.signal]);
    await connector.whenReady({ signal: either }).catch((error: unknown) => {
      if (!either.aborted) throw error;
    });
  } finally {
    monitor.stop();
  }
  if (io.signal.aborted) return EXIT_INTERRUPTED;
  const missing = connector.status.missingOrderBooks;
  if (missing.length > 0) {
    io.stderr.write(`conn: not live within ${durationMs / 1_000} s: ${missing.join(", ")}\n`);
    return EXIT_FAILED;
  }
  const { colors } = readTerminalFacts(io);
  const { columns: width = 80 } = io.stdout;
  for (const view of monitor.views(depth)) {
    const instrument = connector.instruments.get(view.tradingPair);
    if (json && instrument !== undefined) {
      const { environment, name } = connector;
      const facts = { connector: name, environment, receivedTimestamp: view.integrity.receivedTimestamp };
      io.stdout.write(
        `${formatJson(describeBook(facts, connector.orderBook(view.tradingPair), instrument, depth))}\n`,
      );
      continue;
    }
    for (const line of renderStill(view, width)) io.stdout.write(`${paint(line, colors)}\n`);
  }
  return EXIT_OK;
}
