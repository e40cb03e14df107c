import { ConnError, type Connector, type Decimal, type OrderRequest, type Random } from "@conn/core";
import type { OrderRequestKind } from "./order-venue.ts";

/** How to trade. */
export interface RandomTradingOptions {
  readonly connector: Connector;
  readonly random: Random;
  readonly tradingPairs: readonly string[];
  /** How many orders are placed. */
  readonly orders: number;
  /** How many commands are under way at a time. */
  readonly parallel: number;
  /** Called before each command. */
  readonly onCommand?: (command: OrderRequestKind) => void;
  readonly signal: AbortSignal;
}

/** Commands by what they were; orders that were placed, one by one or together. */
export type CommandCounts = Record<string, number>;

/** Worth of an order, in quote. */
const LEAST_WORTH = 120;
const MOST_WORTH = 400;
/** Above so many open orders, more are canceled than placed. */
const MANY_OPEN = 60;
const BATCH = 3;
/** Prices are asked for anew after so many commands. */
const PRICES_FOR = 100;

/**
 * Gives commands drawn from random numbers, as fast as they are answered: orders that rest, take and are refused,
 * alone and several at once, cancellations and amendments. What fails is left to the connector. Resolves with what
 * was done.
 */
export async function tradeAtRandom(options: RandomTradingOptions): Promise<CommandCounts> {
  const { connector, random, tradingPairs, onCommand, signal } = options;
  const counts: CommandCounts = { placed: 0 };
  let prices: ReadonlyMap<string, Decimal> = new Map();
  let pricesLeft = 0;

  const chance = (probability: number): boolean => random.next() < probability;
  const between = (low: number, high: number): number => low + (high - low) * random.next();
  const pick = <Item>(items: readonly Item[]): Item | undefined =>
    items[Math.floor(random.next() * items.length)];

  const request = (): OrderRequest | undefined => {
    const tradingPair = pick(tradingPairs) ?? "";
    const last = prices.get(tradingPair);
    if (last === undefined) return undefined;
    const side = chance(0.5) ? "buy" : "sell";
    const amount = last.pow(-1).times(between(LEAST_WORTH, MOST_WORTH).toFixed(2));
    const common = { tradingPair, side, amount, quantize: true } as const;
    if (chance(0.25)) return { ...common, orderType: "market" };
    // On the right side of the last price it rests, on the wrong side it takes.
    const distance = chance(0.7) ? between(0.0002, 0.02) : -between(0, 0.002);
    const price = last.times((side === "buy" ? 1 - distance : 1 + distance).toFixed(6));
    if (chance(0.1)) return { ...common, price, orderType: "limitMaker" };
    const timeInForce = chance(0.1) ? "ioc" : chance(0.05) ? "fok" : "gtc";
    return { ...common, price, timeInForce };
  };

  const place = async (): Promise<void> => {
    const order = request();
    if (order !== undefined) await connector.placeOrder(order);
  };
  const placeBatch = async (): Promise<void> => {
    const orders = Array.from({ length: BATCH }, request).filter((order) => order !== undefined);
    await connector.placeOrders(orders);
  };
  const openIds = (): string[] => [...connector.orders.keys()];
  const cancel = async (): Promise<void> => {
    const id = pick(openIds());
    if (id !== undefined) await connector.cancelOrder(id);
  };
  const cancelBatch = async (): Promise<void> => {
    await connector.cancelOrders(openIds().filter(() => chance(0.2)));
  };
  const amend = async (): Promise<void> => {
    const open = [...connector.orders.values()].filter(({ status, price }) => status === "open" && price);
    const order = pick(open);
    if (order?.price === undefined || order.amount === undefined) return;
    const rules = connector.instruments.get(order.tradingPair)?.rules;
    const step = chance(0.5) ? rules?.priceIncrement : undefined;
    await connector.amendOrder(
      order.clientOrderId,
      step === undefined
        ? { amount: order.amount.plus(rules?.amountIncrement ?? 0) }
        : { price: order.side === "buy" ? order.price.minus(step) : order.price.plus(step) },
    );
  };

  const commands: Readonly<Record<OrderRequestKind, () => Promise<void>>> = {
    place,
    placeBatch,
    cancel,
    cancelBatch,
    amend,
  };
  const draw = (): OrderRequestKind => {
    const { size } = connector.orders;
    if (size > 2 * MANY_OPEN) return "cancelBatch";
    if (size > MANY_OPEN && chance(0.7)) return chance(0.8) ? "cancel" : "cancelBatch";
    const drawn = random.next();
    if (drawn < 0.5) return "place";
    if (drawn < 0.6) return "placeBatch";
    if (drawn < 0.8) return "cancel";
    return drawn < 0.83 ? "cancelBatch" : "amend";
  };

  const learnPrices = async (): Promise<void> => {
    pricesLeft = PRICES_FOR;
    prices = await connector.fetchLastTradedPrices([...tradingPairs], { signal });
  };
  const trade = async (): Promise<void> => {
    while (!signal.aborted && (counts.placed ?? 0) < options.orders) {
      try {
        if (pricesLeft <= 0) await learnPrices();
        pricesLeft -= 1;
        const name = draw();
        onCommand?.(name);
        if (name === "place") counts.placed = (counts.placed ?? 0) + 1;
        if (name === "placeBatch") counts.placed = (counts.placed ?? 0) + BATCH;
        counts[name] = (counts[name] ?? 0) + 1;
        await commands[name]();
      } catch (error) {
        if (!(error instanceof ConnError)) throw error;
        counts[error.code] = (counts[error.code] ?? 0) + 1;
      }
    }
  };
  while (prices.size === 0 && !signal.aborted) {
    try {
      await learnPrices();
    } catch (error) {
      if (!(error instanceof ConnError)) throw error;
    }
  }
  await Promise.all(Array.from({ length: options.parallel }, trade));
  return counts;
}
