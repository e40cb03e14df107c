import { createMarket, createSeededRandom, type Market, type MarketListener } from "@conn/simulator";
import { type Contract, type ContractStatus, isPerpetual } from "../contracts/contract.js";
import { formatFixed, parseFixed } from "../text/fixed-point.js";
import { createDayStatistics, type DayStatistics } from "./day-statistics.js";
import { noise } from "./noise.js";
import { createTradeTape, type Trade, type TradeTape } from "./trade-tape.js";
import { createVenueBook, type VenueBook } from "./venue-book.js";

/** A funding payment of the past. Mark price in units of 10^-8, rate in units of 10^-8. */
export interface FundingEvent {
  readonly fundingTime: number;
  readonly rate: number;
  readonly markPrice: number;
}

/** One contract with its market and all that the venue remembers of it. Times are milliseconds since 1970. */
export interface ContractMarket {
  contract: Contract;
  readonly market: Market;
  /** The book as the venue shows it. */
  readonly book: VenueBook;
  readonly tape: TradeTape;
  readonly day: DayStatistics;
  readonly fundingEvents: readonly FundingEvent[];
  /** The lower-case symbol that stream names carry. */
  readonly streamSymbol: string;
  /** One tick and one lot, in units of the contract's precisions. */
  readonly tickUnits: number;
  readonly stepUnits: number;
  /** Lets everything up to and including `at` happen. */
  advance(at: number): void;
  setStatus(status: ContractStatus, at: number): void;
  priceText(tick: number): string;
  amountText(lots: number): string;
  /** Mark price in units of 10^-8. */
  markPrice(): number;
  /** Index price in units of 10^-8. */
  indexPrice(at: number): number;
  /** The funding rate that would be paid next, in units of 10^-8. */
  fundingRate(at: number): number;
  nextFundingTime(at: number): number;
}

/** How to make the market of a contract. */
export interface ContractMarketOptions {
  readonly contract: Contract;
  readonly seed: number;
  readonly startAt: number;
  readonly levels?: number;
  readonly eventsPerSecond?: number;
  /** How many level changes are remembered; a power of two. */
  readonly historySize: number;
}

/** A market is this old when the venue starts, so that it has trades to show. */
const WARM_UP_MS = 30_000;
const HOUR_MS = 3_600_000;
/** Funding payments that the venue remembers from before its start. */
const PAST_FUNDING_EVENTS = 100;

/** Makes the market of a contract. @throws {TypeError} if the contract's numbers contradict each other. */
export function createContractMarket(options: ContractMarketOptions): ContractMarket {
  const { seed, startAt } = options;
  const symbol = options.contract.exchangeSymbol;
  const { pricePrecision, quantityPrecision } = options.contract;
  const tickUnits = parseFixed(options.contract.tickSize, pricePrecision);
  const stepUnits = parseFixed(options.contract.stepSize, quantityPrecision);
  /** One tick in units of 10^-8. */
  const tickMarkUnits = tickUnits * 10 ** (8 - pricePrecision);
  const anchorTicks = Math.round(parseFixed(options.contract.referencePrice, pricePrecision) / tickUnits);
  const typicalLots = Math.round(parseFixed(options.contract.typicalAmount, quantityPrecision) / stepUnits);

  const market = createMarket({
    random: createSeededRandom(seed, `market ${symbol}`),
    startAt: startAt - WARM_UP_MS,
    anchorTicks,
    typicalLots,
    // A book needs room above price zero.
    levels: Math.min(options.levels ?? 400, Math.floor(anchorTicks / 8)),
    ...(options.eventsPerSecond === undefined ? {} : { eventsPerSecond: options.eventsPerSecond }),
  });
  const random = createSeededRandom(seed, `ids ${symbol}`);
  const tape = createTradeTape(1_000_000_000 + Math.floor(random.next() * 2_000_000_000));
  const day = createDayStatistics();
  const fundingEvents: FundingEvent[] = [];
  // Ids of the venue are far beyond 32 bits: 11671659683245 in September 2026.
  const firstUpdateId = 11_600_000_000_000 + Math.floor(random.next() * 100_000_000_000);
  let nextTradeId = 2_000_000_000 + Math.floor(random.next() * 6_000_000_000);

  const intervalMs = (options.contract.funding?.intervalHours ?? 8) * HOUR_MS;
  const nextFundingTime = (at: number): number => (Math.floor(at / intervalMs) + 1) * intervalMs;
  let dueFundingTime = nextFundingTime(startAt);

  const markPrice = (): number =>
    Math.floor(((market.bids.tickAt(0) + market.asks.tickAt(0)) * tickMarkUnits) / 2);
  /** Changes every minute; the rate shown in the last minute is the one paid. */
  const fundingRate = (at: number): number =>
    Math.round(5_000 + 9_000 * noise(seed, `funding ${symbol}`, Math.floor(at / 60_000)));
  /** The venue pays a few milliseconds after the full hour. */
  const jitter = (fundingTime: number): number =>
    Math.floor(3 + 3 * noise(seed, `jitter ${symbol}`, fundingTime / HOUR_MS));

  const settleFunding = (fundingTime: number, mark: number): void => {
    fundingEvents.push({
      fundingTime: fundingTime + jitter(fundingTime),
      rate: fundingRate(fundingTime - 1),
      markPrice: mark,
    });
  };

  if (isPerpetual(options.contract)) {
    for (let count = PAST_FUNDING_EVENTS; count >= 1; count--) {
      const fundingTime = dueFundingTime - count * intervalMs;
      const drift = 1 + 0.02 * noise(seed, `past ${symbol}`, fundingTime / HOUR_MS);
      settleFunding(fundingTime, Math.floor(anchorTicks * tickMarkUnits * drift));
    }
  }

  const priceText = (tick: number): string => formatFixed(tick * tickUnits, pricePrecision);
  const amountText = (lots: number): string => formatFixed(lots * stepUnits, quantityPrecision);

  const book = createVenueBook({
    market,
    firstUpdateId,
    startAt: startAt - WARM_UP_MS,
    historySize: options.historySize,
    priceText,
    amountText,
    // Other contracts and orders that change no level consume ids in between: ids are never consecutive
    // from one event to the next.
    drawIds: () => ({
      skipped: Math.floor(random.next() * 1500),
      consumed: 1 + Math.floor(random.next() * 4),
    }),
  });

  const self: ContractMarket = {
    contract: options.contract,
    market,
    book,
    tape,
    day,
    fundingEvents,
    streamSymbol: lowerAscii(symbol),
    tickUnits,
    stepUnits,
    advance(at) {
      while (dueFundingTime <= at) {
        market.advance(dueFundingTime, listener);
        if (isPerpetual(self.contract) && self.contract.status === "TRADING") {
          settleFunding(dueFundingTime, markPrice());
        }
        dueFundingTime += intervalMs;
      }
      market.advance(at, listener);
    },
    setStatus(status, at) {
      self.contract = { ...self.contract, status };
      if (status === "TRADING") market.unfreeze(at);
      else market.freeze();
    },
    priceText,
    amountText,
    markPrice,
    indexPrice(at) {
      const premium = 0.0003 * noise(seed, `index ${symbol}`, Math.floor(at / 1000));
      return Math.round(markPrice() * (1 + premium));
    },
    fundingRate,
    nextFundingTime,
  };

  const listener: MarketListener = {
    change(_at, ladder, tick, lots, previousLots) {
      book.change(ladder, tick, lots, previousLots);
    },
    trade(at, tick, lots, buyerIsMaker) {
      const trade: Trade = { id: nextTradeId++, at, tick, lots, buyerIsMaker };
      tape.add(trade);
      day.add(trade);
    },
    commit: book.commit,
  };

  if (options.contract.status === "TRADING") market.advance(startAt, listener);
  else market.freeze();
  return self;
}

/** Lower case as the venue means it: only A to Z change. */
export function lowerAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
