import { Decimal } from "../decimal/decimal.js";
import type { FundingInfo, Ticker } from "../model/index.js";
import type { FundingMessage, TickerMessage } from "./frame-sink.js";
import { LatestValues, type ValueUpdate } from "./latest-values.js";

/** Told of what is new. */
export interface MarketInfoOwner {
  onTicker(ticker: Ticker): void;
  onFundingInfo(fundingInfo: FundingInfo): void;
}

type Values<Info> = Omit<Info, "tradingPair" | "exchangeTimestamp" | "receivedTimestamp">;

/** One pair's values, and the last object made of them. */
interface Kept<Info> {
  readonly latest: LatestValues<Values<Info>>;
  info: Info | undefined;
}

/**
 * Keeps tickers and funding of many pairs: merges what streams and answers tell in part, and makes a whole
 * of it as soon as nothing is missing.
 */
export class MarketInfo {
  readonly #owner: MarketInfoOwner;
  readonly #tickers = new Map<string, Kept<Ticker>>();
  readonly #fundings = new Map<string, Kept<FundingInfo>>();

  constructor(owner: MarketInfoOwner) {
    this.#owner = owner;
  }

  /** The latest ticker of a pair, once a last price is known. */
  ticker(tradingPair: string): Ticker | undefined {
    return this.#tickers.get(tradingPair)?.info;
  }

  /** The latest funding of a pair, once all of it is known. */
  fundingInfo(tradingPair: string): FundingInfo | undefined {
    return this.#fundings.get(tradingPair)?.info;
  }

  /**
   * A message of a pair arrived.
   *
   * @throws {Error} if a number in it is none; nothing of it is then taken.
   */
  merge(tradingPair: string, message: TickerMessage | FundingMessage, receivedTimestamp: number): void {
    if (message.type === "ticker") this.#mergeTicker(tradingPair, message, receivedTimestamp);
    else this.#mergeFunding(tradingPair, message, receivedTimestamp);
  }

  /** Forgets a pair. */
  forget(tradingPair: string): void {
    this.#tickers.delete(tradingPair);
    this.#fundings.delete(tradingPair);
  }

  #mergeTicker(tradingPair: string, message: TickerMessage, receivedTimestamp: number): void {
    const kept = keptOf(this.#tickers, tradingPair);
    const { latest } = kept;
    if (!latest.merge(readTicker(message), message.exchangeTimestamp)) return;
    const { values, exchangeTimestamp } = latest;
    const { lastPrice } = values;
    kept.info =
      lastPrice === undefined
        ? undefined
        : { tradingPair, ...values, lastPrice, exchangeTimestamp, receivedTimestamp };
    if (kept.info !== undefined) this.#owner.onTicker(kept.info);
  }

  #mergeFunding(tradingPair: string, message: FundingMessage, receivedTimestamp: number): void {
    const kept = keptOf(this.#fundings, tradingPair);
    const { latest } = kept;
    if (!latest.merge(readFunding(message), message.exchangeTimestamp)) return;
    const { values, exchangeTimestamp } = latest;
    const { markPrice, indexPrice, fundingRate, nextFundingTimestamp } = values;
    if (
      markPrice === undefined ||
      indexPrice === undefined ||
      fundingRate === undefined ||
      nextFundingTimestamp === undefined
    ) {
      return;
    }
    kept.info = {
      tradingPair,
      ...values,
      markPrice,
      indexPrice,
      fundingRate,
      nextFundingTimestamp,
      exchangeTimestamp,
      receivedTimestamp,
    };
    this.#owner.onFundingInfo(kept.info);
  }
}

function keptOf<Info extends object>(all: Map<string, Kept<Info>>, tradingPair: string): Kept<Info> {
  let kept = all.get(tradingPair);
  if (kept === undefined) {
    kept = { latest: new LatestValues(), info: undefined };
    all.set(tradingPair, kept);
  }
  return kept;
}

function readTicker(message: TickerMessage): ValueUpdate<Values<Ticker>> {
  return {
    lastPrice: readNumber(message.lastPrice),
    bestBid: readNumber(message.bestBid),
    bestBidAmount: readNumber(message.bestBidAmount),
    bestAsk: readNumber(message.bestAsk),
    bestAskAmount: readNumber(message.bestAskAmount),
    openPrice: readNumber(message.openPrice),
    highPrice: readNumber(message.highPrice),
    lowPrice: readNumber(message.lowPrice),
    baseVolume: readNumber(message.baseVolume),
    quoteVolume: readNumber(message.quoteVolume),
  };
}

function readFunding(message: FundingMessage): ValueUpdate<Values<FundingInfo>> {
  const { nextFundingTimestamp, fundingIntervalMs } = message;
  return {
    markPrice: readNumber(message.markPrice),
    indexPrice: readNumber(message.indexPrice),
    fundingRate: readNumber(message.fundingRate),
    nextFundingTimestamp,
    fundingIntervalMs,
  };
}

function readNumber<Absent extends null | undefined>(text: string | Absent): Decimal | Absent {
  return typeof text === "string" ? new Decimal(text) : text;
}
