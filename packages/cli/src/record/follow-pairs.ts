import type { Connector } from "@conn/core";
import { describeEvent, formatJson } from "../market/json-events.js";
import { MarketMonitor } from "../market/market-monitor.js";
import { formatLogLine } from "../market/plain-line.js";
import { aborted } from "../process/aborted.js";
import type { CommandIo } from "../process/command-io.js";
import { LineWriter } from "../process/line-writer.js";

/** What is followed, and for how long. */
export interface FollowOptions {
  readonly tradingPairs: readonly string[];
  /** Until the person ends it, if absent. */
  readonly durationMs: number | undefined;
  /** Whether what happens is printed as JSON. */
  readonly json: boolean;
  /** Rejects when there is no sense in going on. */
  readonly failed: Promise<never>;
}

/** Follows pairs until the person or the clock ends it, and prints what happens. @throws what `failed` rejects with. */
export async function followPairs(
  connector: Connector,
  { tradingPairs, durationMs, json, failed }: FollowOptions,
  io: CommandIo,
): Promise<void> {
  const done = new AbortController();
  const timer = durationMs === undefined ? undefined : io.ports.timers.set(durationMs, () => done.abort());
  const stop = json ? printEvents(connector, io) : undefined;
  for (const tradingPair of tradingPairs) connector.addTradingPair(tradingPair);
  const monitor = json ? undefined : printLog(connector, tradingPairs, io);
  try {
    await Promise.race([failed, aborted(done.signal, io.signal)]);
  } finally {
    timer?.cancel();
    stop?.();
    monitor?.stop();
  }
}

/** What happens, as lines of JSON. Of each kind a slow reader gets the newest: the recording has them all. */
function printEvents(connector: Connector, io: CommandIo): () => void {
  const writer = new LineWriter(io.stdout);
  const { instruments } = connector;
  const offs = (["orderBookState", "connection", "problem"] as const).map((type) =>
    connector.on(type, (event) => {
      const line = describeEvent(event, instruments);
      if (line !== undefined)
        writer.write(formatJson(line), `${type} ${line.tradingPair ?? line.connectionId ?? ""}`);
    }),
  );
  return () => {
    for (const off of offs) off();
    writer.close();
  };
}

function printLog(connector: Connector, tradingPairs: readonly string[], io: CommandIo): MarketMonitor {
  return new MarketMonitor(connector, tradingPairs, io.ports.clock, (entry) => {
    if (!io.stdout.writableNeedDrain) io.stdout.write(`${formatLogLine(entry)}\n`);
  });
}
