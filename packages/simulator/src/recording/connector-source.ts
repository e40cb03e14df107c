import type { ExchangeDefinition, Instrument } from "@conn/core";
import { requestMatcher } from "./match-request.js";
import { bytesOf, type RecordedLine } from "./recording.js";
import type { ReplaySource } from "./replay-source.js";
import { routeOf } from "./route-of.js";

/** A text inside a JSON frame. */
const JSON_TEXT = /"([^"\\]*)"/g;

/**
 * What a connector knows of its venue, for a replay: its own data source. Whose snapshot an answer is, is told by
 * the request that the connector would have made for each instrument.
 *
 * @param tradingPairs Those that were followed, where that is known.
 */
export function createConnectorSource(
  definition: Pick<ExchangeDefinition, "orderBooks" | "urls" | "routes">,
  instruments: readonly Instrument[],
  tradingPairs: readonly string[] = [],
): ReplaySource {
  const { orderBooks: source } = definition;
  const bySymbol = new Map(instruments.map((instrument) => [instrument.exchangeSymbol, instrument]));
  const symbolByTopic = new Map<string, string>();
  for (const instrument of instruments) {
    for (const { topic, carries } of source.topics(instrument))
      if (carries === "depth") symbolByTopic.set(topic, instrument.exchangeSymbol);
  }
  return {
    sequence: source.sequence,
    parse: (data, sink, context) => source.parse(data, sink, context),
    parseSnapshot: (body, instrument, sink) => source.parseSnapshot?.(body, instrument, sink),
    snapshotSymbol(url, _body, method) {
      const matches = requestMatcher({ url, method });
      return instruments.find((instrument) => {
        const request = source.snapshotRequest?.(instrument);
        return request !== undefined && matches(request);
      })?.exchangeSymbol;
    },
    routeOf: (url) => routeOf(definition, url),
    instrumentOf: (exchangeSymbol) => bySymbol.get(exchangeSymbol),
    symbolsNamedIn(sent) {
      const named = Array.from(sent.matchAll(JSON_TEXT), ([, text = ""]) => symbolByTopic.get(text));
      return [...new Set(named.filter((symbol) => symbol !== undefined))];
    },
    symbols: instruments
      .filter(({ tradingPair }) => tradingPairs.includes(tradingPair))
      .map(({ exchangeSymbol }) => exchangeSymbol),
  };
}

/** The instruments that a recording has an answer with. */
export function readInstruments(
  { instruments }: Pick<ExchangeDefinition, "instruments">,
  lines: readonly RecordedLine[],
): Instrument[] {
  const bySymbol = new Map<string, Instrument>();
  for (const line of lines) {
    if (line.dir !== "http" || !requestMatcher(line)(instruments)) continue;
    try {
      for (const instrument of instruments.parse(bytesOf(line)).instruments)
        bySymbol.set(instrument.exchangeSymbol, instrument);
    } catch {
      // A refusal, upon which the connector asked again.
    }
  }
  return [...bySymbol.values()];
}
