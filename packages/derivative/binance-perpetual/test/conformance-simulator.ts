import { Decimal } from "@conn/core";
import type { ConformanceSimulator, ConformanceStart, ConformanceVenue } from "@conn/testkit";
import {
  type BinancePerpetualLimits,
  type BinancePerpetualSimulator,
  type Contract,
  DEFAULT_CONTRACTS,
  DEFAULT_LIMITS,
  startSimulator,
} from "../src/simulator/index.js";
import { toVenueAccounts } from "./conformance-accounts.js";

/** Price levels a side: enough for every case, few enough to be compared after every change. */
const LEVELS = 60;

/** The simulated venue as the conformance kit wants it. */
export const simulator: ConformanceSimulator = {
  connectionLifetimeMs: DEFAULT_LIMITS.connectionLifetimeMs,
  hasAccounts: true,
  start: async (options) => (await startVenue(options)).venue,
};

/** The same, with the simulator behind it. */
export async function startVenue({
  levels = LEVELS,
  limits: lowered = {},
  ...options
}: ConformanceStart): Promise<{
  readonly running: BinancePerpetualSimulator;
  readonly venue: ConformanceVenue;
}> {
  const limits: BinancePerpetualLimits = {
    ...DEFAULT_LIMITS,
    streamsPerConnection: lowered.topicsPerConnection ?? DEFAULT_LIMITS.streamsPerConnection,
    messagesPerSecond: lowered.clientFrames ?? DEFAULT_LIMITS.messagesPerSecond,
    connectionLifetimeMs: lowered.connectionLifetimeMs ?? DEFAULT_LIMITS.connectionLifetimeMs,
  };
  const running = await startSimulator({ ...options, levels, limits });
  return { running, venue: toConformanceVenue(running, limits) };
}

function toConformanceVenue(
  running: BinancePerpetualSimulator,
  limits: BinancePerpetualLimits,
): ConformanceVenue {
  const { machine, urls, faults, log } = running;
  const delisted = new Map<string, Contract>();
  return {
    urls,
    faults,
    log,
    accounts: toVenueAccounts(running),
    now: () => running.now(),
    limits: {
      topicsPerConnection: limits.streamsPerConnection,
      clientFrames: {
        limit: limits.messagesPerSecond,
        intervalMs: 1_000,
        window: "sliding",
        counts: ["ping", "pong"],
      },
    },
    goOffline: () => running.goOffline(),
    goOnline: () => running.goOnline(),
    close: () => running.close(),
    // Delivery contracts are listed beside the perpetuals, and are another product.
    listings: () =>
      machine
        .symbols()
        .map((symbol) => machine.contractOf(symbol))
        .filter(({ contractType }) => contractType === "PERPETUAL" || contractType === "TRADIFI_PERPETUAL")
        .map(({ exchangeSymbol, status }) => ({ symbol: exchangeSymbol, trading: status === "TRADING" })),
    rulesOf: (symbol) => machine.rulesOf(symbol),
    lastPriceOf: (symbol) => machine.lastPriceOf(symbol),
    tradesOf: (symbol) =>
      machine.aggregateTradesOf(symbol).map(({ tradeId, at, takerSide, price, amount }) => ({
        tradeId: String(tradeId),
        side: takerSide,
        price,
        amount,
        exchangeTimestamp: at,
      })),
    bookOf: (symbol) => machine.bookOf(symbol),
    // The venue's ids stay below 2^53.
    bookAt: (symbol, updateId) => machine.bookAt(symbol, Number(updateId)),
    tickerOf(symbol, by) {
      const day = machine.dayTickerOf(symbol);
      const { bids, asks } = machine.bookOf(symbol);
      // The stream is without best prices.
      const [bid] = by === "rest" ? bids : [];
      const [ask] = by === "rest" ? asks : [];
      return (
        day && {
          lastPrice: day.lastPrice,
          openPrice: day.openPrice,
          highPrice: day.highPrice,
          lowPrice: day.lowPrice,
          baseVolume: day.volume,
          quoteVolume: day.quoteVolume,
          ...(bid && { bestBid: bid[0], bestBidAmount: bid[1] }),
          ...(ask && { bestAsk: ask[0], bestAskAmount: ask[1] }),
        }
      );
    },
    fundingOf(symbol) {
      const { nextFundingTime, ...funding } = machine.fundingOf(symbol);
      return { ...funding, nextFundingTimestamp: nextFundingTime };
    },
    sendFunding(symbol, { nextFundingTimestamp, ...part }, exchangeTimestamp) {
      const next = nextFundingTimestamp === undefined ? {} : { nextFundingTime: nextFundingTimestamp };
      machine.publishMarkPrice(symbol, { ...part, ...next }, exchangeTimestamp);
    },
    openInterestOf: (symbol) => machine.openInterestOf(symbol),
    freeze: (symbol) => machine.freeze(symbol),
    unfreeze: (symbol) => machine.unfreeze(symbol),
    publish: (symbol, rows) => machine.publish(symbol, rows),
    listAnother() {
      const [model] = DEFAULT_CONTRACTS;
      machine.addContract({ ...model!, exchangeSymbol: "NEWUSDT", pair: "NEWUSDT", baseAsset: "NEW" });
      return "NEWUSDT";
    },
    listMalformed: () =>
      machine.addMalformedSymbol('{"symbol":"BADUSDT","contractType":"PERPETUAL","filters":[]}'),
    halt: (symbol) => machine.setStatus(symbol, "TRADING_HALT"),
    resume: (symbol) => machine.setStatus(symbol, "TRADING"),
    refineTick(symbol) {
      const { tickSize, pricePrecision } = machine.contractOf(symbol);
      const finer = new Decimal(tickSize).div(10);
      machine.changeRules(symbol, {
        tickSize: finer.toFixed(),
        pricePrecision: Math.max(pricePrecision, finer.decimalPlaces()),
      });
      return finer.toFixed();
    },
    delist(symbol) {
      delisted.set(symbol, machine.contractOf(symbol));
      machine.removeContract(symbol);
    },
    relist(symbol) {
      machine.addContract(delisted.get(symbol)!);
    },
    rename(symbol) {
      machine.renameContract(symbol, `X${symbol}`);
      return `X${symbol}`;
    },
  };
}
