import { Decimal, type StreamTopic } from "@conn/core";
import type { Fault } from "@conn/simulator";
import type { VenueFundingPart } from "../venue/market-info-truth.js";
import { must } from "./failure.js";
import type { Stage } from "./stage.js";

/** Numbers of a ticker, of funding or of open interest in one spelling, whoever tells them. */
export type PlainValues = Readonly<Record<string, string>>;

const NO_VALUES = new Set(["tradingPair", "exchangeTimestamp", "receivedTimestamp"]);

/** The values of what a connector or a venue tells. */
export function plainValues(info: object | undefined): PlainValues | undefined {
  if (info === undefined) return undefined;
  const values = Object.entries(info).filter(([name, value]) => !NO_VALUES.has(name) && value !== undefined);
  return Object.fromEntries(values.map(([name, value]) => [name, new Decimal(value).toFixed()]));
}

/** What the venue says of the ticker of a pair at this moment. */
export function tickerTruth(
  stage: Stage,
  tradingPair: string,
  by: "rest" | "stream",
): PlainValues | undefined {
  const { venue } = stage;
  must(venue.tickerOf !== undefined, "a simulated venue that has tickerOf");
  return plainValues(venue.tickerOf(stage.symbolOf(tradingPair), by));
}

/** What the venue says of the funding of a pair at this moment. */
export function fundingTruth(stage: Stage, tradingPair: string): PlainValues | undefined {
  const { venue } = stage;
  must(venue.fundingOf !== undefined, "a simulated venue that has fundingOf");
  return plainValues(venue.fundingOf(stage.symbolOf(tradingPair)));
}

/** When funding of a pair is paid next, in ms since 1970-01-01 UTC. */
export function nextFundingOf(stage: Stage, tradingPair: string): number {
  return Number(fundingTruth(stage, tradingPair)?.nextFundingTimestamp);
}

/** What the venue says of the open interest of a pair at this moment. */
export function openInterestTruth(stage: Stage, tradingPair: string): string {
  const { venue } = stage;
  must(venue.openInterestOf !== undefined, "a simulated venue that has openInterestOf");
  return new Decimal(venue.openInterestOf(stage.symbolOf(tradingPair))).toFixed();
}

/** Lets the venue send a funding message of a part, and waits until it has arrived. */
export async function sendFunding(
  stage: Stage,
  tradingPair: string,
  part: VenueFundingPart,
  exchangeTimestamp?: number,
): Promise<void> {
  const { venue, world } = stage;
  must(venue.sendFunding !== undefined, "a simulated venue that has sendFunding");
  venue.sendFunding(stage.symbolOf(tradingPair), part, exchangeTimestamp);
  await world.advance(1);
}

/** The venue's names of the streams of a pair that carry something. */
export function streamsOf(
  stage: Stage,
  tradingPair: string,
  ...carries: readonly StreamTopic["carries"][]
): string[] {
  return stage.definition.orderBooks
    .topics(stage.instrumentOf(stage.symbolOf(tradingPair)))
    .filter((topic) => carries.includes(topic.carries))
    .map(({ topic }) => topic);
}

/** Keeps the streams of pairs that carry something from arriving, until all of the faults are canceled. */
export function withholdStreams(
  stage: Stage,
  tradingPairs: readonly string[],
  carries: StreamTopic["carries"],
): readonly Fault[] {
  return tradingPairs
    .flatMap((pair) => streamsOf(stage, pair, carries))
    .map((stream) => stage.venue.faults.lose({ stream }, Number.POSITIVE_INFINITY));
}

/** The path of the first call by which the connector asks for funding. */
export function fundingPath(stage: Stage): string {
  const [call] = stage.definition.fundingInfo?.(stage.symbols.slice(0, 1)) ?? [];
  must(call !== undefined, "a definition that says how to ask for funding");
  return new URL(`${stage.venue.urls.rest}${call.path}`).pathname;
}
