import { Decimal } from "@conn/core";
import {
  type AccountSettings,
  createExchangeCore,
  createSeededRandom,
  createVenueMarket,
  type ExchangeCore,
  type OrderRequest,
  type Trade,
  type TradedInstrument,
  type VenueMarket,
  type VenueRules,
} from "../../src/index.js";

export const START = 1_700_000_000_000;
/** The price around which the markets of these tests wander. */
export const ANCHOR = 500;

export interface CoreWorld {
  readonly core: ExchangeCore;
  readonly market: VenueMarket;
  /** The public tape since the core was made. */
  readonly tape: Trade[];
  /** Places an order that must be accepted. */
  place(request: Partial<OrderRequest>, at?: number): string;
  total(account: string, asset: string): string;
  held(account: string, asset: string): string;
  /** Types of an account's events, without those of balances and positions. */
  told(account: string): string[];
}

export interface CoreWorldOptions {
  readonly seed?: number;
  readonly frozen?: boolean;
  readonly rules?: VenueRules;
  readonly instrument?: Partial<TradedInstrument>;
  readonly settings?: Partial<AccountSettings>;
  readonly accounts?: readonly string[];
  readonly credits?: Readonly<Record<string, string>>;
  readonly eventsPerSecond?: number;
}

/** A core with one market, BTC against USDT in ticks of 0.01 and lots of 0.001, and funded accounts a and b. */
export function createCoreWorld(options: CoreWorldOptions = {}): CoreWorld {
  const tape: Trade[] = [];
  const seed = options.seed ?? 1;
  const random = createSeededRandom(seed, "ids");
  const market = createVenueMarket({
    seed,
    name: "BTCUSDT",
    startAt: START,
    priceTick: "0.01",
    priceDecimals: 2,
    amountStep: "0.001",
    amountDecimals: 3,
    referencePrice: String(ANCHOR),
    typicalAmount: "0.04",
    levels: 40,
    eventsPerSecond: options.eventsPerSecond ?? 20,
    historySize: 2 ** 14,
    frozen: options.frozen ?? true,
    firstUpdateId: 100,
    firstTradeId: 1,
    drawIds: () => ({ skipped: 0, consumed: 1 + Math.floor(random.next() * 2) }),
    onTrade: (trade) => tape.push(trade),
  });
  market.advance(START);
  tape.length = 0;
  const core = createExchangeCore({
    startAt: START,
    instruments: [
      { symbol: "BTCUSDT", market, base: "BTC", quote: "USDT", kind: "spot", ...options.instrument },
    ],
    ...(options.rules === undefined ? {} : { rules: options.rules }),
  });
  const fees = { maker: "0.001", taker: "0.002" };
  for (const account of options.accounts ?? ["a", "b"]) {
    core.openAccount(account, { fees, ...options.settings });
    for (const [asset, amount] of Object.entries(options.credits ?? { BTC: "10", USDT: "10000" })) {
      core.credit(account, asset, amount, "deposit", START);
    }
  }
  return {
    core,
    market,
    tape,
    place(request, at = START) {
      const result = core.submit(
        { account: "a", symbol: "BTCUSDT", side: "buy", kind: "limit", amount: "0.01", ...request },
        at,
      );
      if (!result.ok) throw new Error(result.reason);
      return result.order.id;
    },
    total: (account, asset) => core.ledger.balance(account, asset).total.toString(),
    held: (account, asset) => core.ledger.balance(account, asset).held.toString(),
    told(account) {
      const types: string[] = [];
      for (let index = core.events.oldest; index < core.events.end; index++) {
        const event = core.events.get(index);
        if (event.account !== account || event.type === "balances" || event.type === "position") continue;
        types.push(event.type);
      }
      return types;
    },
  };
}

/** The best prices of a market. */
export function touchOf({ market }: VenueMarket): { bid: number; ask: number } {
  return { bid: market.bids.tickAt(0), ask: market.asks.tickAt(0) };
}

/** Fails where an account's balances contradict its entries, its open orders or themselves. */
export function checkSpotAccount(core: ExchangeCore, account: string, feeInQuote = false): void {
  const sums = new Map<string, Decimal>();
  for (const { asset, amount, total } of core.ledger.entries(account)) {
    const sum = (sums.get(asset) ?? new Decimal(0)).plus(amount);
    if (!sum.eq(total)) throw new Error(`entries of ${asset} do not add up`);
    sums.set(asset, sum);
  }
  const needed = new Map<string, Decimal>();
  for (const order of core.openOrders(account)) {
    const isBuy = order.side === "buy";
    const quote = order.price!.times(order.remainingAmount!);
    const fee = feeInQuote ? quote.times("0.002").toDecimalPlaces(8, Decimal.ROUND_UP) : new Decimal(0);
    const asset = isBuy ? "USDT" : "BTC";
    const need = isBuy ? quote.plus(fee) : order.remainingAmount!;
    needed.set(asset, (needed.get(asset) ?? new Decimal(0)).plus(need));
  }
  for (const { asset, total, held, available } of core.ledger.balances(account)) {
    if (!total.eq(sums.get(asset) ?? 0)) throw new Error(`balance of ${asset} is not its entries`);
    if (!held.eq(needed.get(asset) ?? 0))
      throw new Error(`${asset}: held ${held}, needed ${needed.get(asset)}`);
    if (total.isNegative() || held.gt(total) || !available.eq(total.minus(held))) {
      throw new Error(`${asset}: ${total} with ${held} held`);
    }
  }
}
