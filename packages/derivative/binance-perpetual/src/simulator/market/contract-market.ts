import { createSeededRandom, createVenueMarket, noise, parseFixed, type VenueMarket } from "@conn/simulator";
import { type Contract, type ContractStatus, isPerpetual } from "../contracts/contract.js";
import { createTradeTape, type TradeTape } from "./trade-tape.js";

/** A funding payment of the past. Mark price in units of 10^-8, rate in units of 10^-8. */
export interface FundingEvent {
  readonly fundingTime: number;
  readonly rate: number;
  readonly markPrice: number;
}

/** One contract with its market and all that the venue remembers of it. Times are milliseconds since 1970. */
export interface ContractMarket extends VenueMarket {
  contract: Contract;
  /** Decimals in which the market writes its own prices, whatever becomes of the contract's. */
  readonly priceDecimals: number;
  readonly tape: TradeTape;
  readonly fundingEvents: readonly FundingEvent[];
  /** The lower-case symbol that stream names carry. */
  readonly streamSymbol: string;
  setStatus(status: ContractStatus, at: number): void;
  /** Mark price in units of 10^-8. */
  markPrice(): number;
  /** Index price in units of 10^-8. */
  indexPrice(at: number): number;
  /** The funding rate that would be paid next, in units of 10^-8. */
  fundingRate(at: number): number;
  nextFundingTime(at: number): number;
  /** Time between two payments, in ms. */
  readonly fundingIntervalMs: number;
  /** Contracts held, in lots: the longs, which are as many as the shorts. */
  openInterest(): number;
}

/** How to make the market of a contract. */
export interface ContractMarketOptions {
  readonly contract: Contract;
  readonly seed: number;
  readonly startAt: number;
  readonly levels?: number;
  readonly eventsPerSecond?: number;
  /** Longest time in ms for which a market that nobody has looked at makes up. Default: all of it. */
  readonly catchUpMs?: number;
  /** How many level changes are remembered; a power of two. */
  readonly historySize: number;
}

const HOUR_MS = 3_600_000;
/** Positions open at the start, in usual orders. */
const OPEN_AT_START = 2_000;
/** Funding payments that the venue remembers from before its start. */
const PAST_FUNDING_EVENTS = 100;

/** Makes the market of a contract. @throws {TypeError} if the contract's numbers contradict each other. */
export function createContractMarket(options: ContractMarketOptions): ContractMarket {
  const { contract, seed, startAt } = options;
  const symbol = contract.exchangeSymbol;
  const random = createSeededRandom(seed, `ids ${symbol}`);
  const tape = createTradeTape(1_000_000_000 + Math.floor(random.next() * 2_000_000_000));
  const fundingEvents: FundingEvent[] = [];
  let openLots = 0;
  const base = createVenueMarket({
    seed,
    name: symbol,
    startAt,
    priceTick: contract.tickSize,
    priceDecimals: contract.pricePrecision,
    amountStep: contract.stepSize,
    amountDecimals: contract.quantityPrecision,
    referencePrice: contract.referencePrice,
    typicalAmount: contract.typicalAmount,
    ...(options.levels === undefined ? {} : { levels: options.levels }),
    ...(options.eventsPerSecond === undefined ? {} : { eventsPerSecond: options.eventsPerSecond }),
    ...(options.catchUpMs === undefined ? {} : { catchUpMs: options.catchUpMs }),
    historySize: options.historySize,
    frozen: contract.status !== "TRADING",
    // Ids of the venue are far beyond 32 bits: 11671659683245 in September 2026.
    firstUpdateId: 11_600_000_000_000 + Math.floor(random.next() * 100_000_000_000),
    firstTradeId: 2_000_000_000 + Math.floor(random.next() * 6_000_000_000),
    // Other contracts and orders that change no level consume ids in between: ids are never consecutive
    // from one event to the next.
    drawIds: () => ({
      skipped: Math.floor(random.next() * 1500),
      consumed: 1 + Math.floor(random.next() * 4),
    }),
    onTrade(trade) {
      tape.add(trade);
      // Of three trades one opens a position on both sides, one closes both, and one hands a position on.
      const kind = Math.round(1.5 * noise(seed, `positions ${symbol}`, trade.id));
      openLots = Math.max(0, openLots + Math.sign(kind) * trade.lots);
    },
  });
  openLots = (OPEN_AT_START * parseFixed(contract.typicalAmount, contract.quantityPrecision)) / base.lotUnits;
  const { market, anchorTicks } = base;
  /** One tick in units of 10^-8. */
  const tickMarkUnits = base.tickUnits * 10 ** (8 - contract.pricePrecision);

  const intervalMs = (contract.funding?.intervalHours ?? 8) * HOUR_MS;
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

  if (isPerpetual(contract)) {
    for (let count = PAST_FUNDING_EVENTS; count >= 1; count--) {
      const fundingTime = dueFundingTime - count * intervalMs;
      const drift = 1 + 0.02 * noise(seed, `past ${symbol}`, fundingTime / HOUR_MS);
      settleFunding(fundingTime, Math.floor(anchorTicks * tickMarkUnits * drift));
    }
  }

  const self: ContractMarket = {
    ...base,
    contract,
    tape,
    fundingEvents,
    priceDecimals: contract.pricePrecision,
    get streamSymbol() {
      return lowerAscii(self.contract.exchangeSymbol);
    },
    advance(at) {
      while (dueFundingTime <= at) {
        base.advance(dueFundingTime);
        if (isPerpetual(self.contract) && self.contract.status === "TRADING") {
          settleFunding(dueFundingTime, markPrice());
        }
        dueFundingTime += intervalMs;
      }
      base.advance(at);
    },
    setStatus(status, at) {
      self.contract = { ...self.contract, status };
      if (status === "TRADING") market.unfreeze(at);
      else market.freeze();
    },
    markPrice,
    indexPrice(at) {
      const premium = 0.0003 * noise(seed, `index ${symbol}`, Math.floor(at / 1000));
      return Math.round(markPrice() * (1 + premium));
    },
    fundingRate,
    nextFundingTime,
    fundingIntervalMs: intervalMs,
    openInterest: () => openLots,
  };

  base.advance(startAt);
  return self;
}

/** Lower case as the venue means it: only A to Z change. */
function lowerAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
