import { Decimal } from "../decimal/decimal.js";
import { OrderError } from "../errors/index.js";
import type { Instrument, OrderType, TimeInForce, TradingRules } from "../instrument/index.js";
import type { OrderAdjustment, OrderSide } from "../model/index.js";
import type { Amount, OrderRequest } from "./order-request.js";

/** An order request that has been checked against the instrument's rules, with everything it left out. */
export interface PreparedOrder {
  readonly tradingPair: string;
  readonly side: OrderSide;
  readonly orderType: OrderType;
  readonly timeInForce: TimeInForce;
  readonly price: Decimal | undefined;
  readonly amount: Decimal | undefined;
  readonly quoteAmount: Decimal | undefined;
  readonly reduceOnly: boolean;
  readonly expireTimestamp: number | undefined;
  readonly adjustments: readonly OrderAdjustment[];
}

/** What the rules are held against beside the request. */
export interface MarketFacts {
  /** Price that market orders are valued at, and price bounds refer to; undefined if there is none to trust. */
  readonly referencePrice: Decimal | undefined;
  /** Orders of ours in the instrument that have not ended. */
  readonly openOrders: number;
  /** Now, ms since 1970-01-01 UTC by the venue's clock. */
  readonly now: number;
}

/** What a connector takes beside the instrument's rules. */
export interface OrderSupport {
  readonly venue: string;
  readonly orderTypes: readonly OrderType[];
  readonly timeInForce: readonly TimeInForce[];
  readonly reduceOnly: boolean;
  readonly quoteAmount: boolean;
}

/**
 * Checks a request against every rule of its instrument and fills in what it leaves out. With `quantize`, price and
 * amount are first brought onto the instrument's steps: the price away from the other side of the book, the amount
 * down; what that changes is in `adjustments`.
 *
 * @throws {OrderError} ORDER_INVALID with the rule as `details.rule`.
 * @throws {TypeError} if a number is none, or what cannot go together is given together.
 */
export function prepareOrder(
  request: OrderRequest,
  instrument: Instrument,
  support: OrderSupport,
  facts: MarketFacts,
): PreparedOrder {
  const { tradingPair, side, orderType = "limit", reduceOnly = false, expireTimestamp } = request;
  const { rules } = instrument;
  const refuse = (rule: string, message: string, details: Record<string, unknown> = {}): never => {
    throw new OrderError("ORDER_INVALID", `${tradingPair}: ${message}`, {
      venue: support.venue,
      outcome: "notSent",
      details: { rule, tradingPair, ...details },
    });
  };
  if (side !== "buy" && side !== "sell") throw new TypeError("side must be buy or sell");
  const isMarket = orderType === "market";
  const timeInForce = request.timeInForce ?? (isMarket ? "ioc" : "gtc");
  if (instrument.status !== "trading") refuse("status", `takes no orders: ${instrument.venueStatus}`);
  if (!(rules.orderTypes.includes(orderType) && support.orderTypes.includes(orderType)))
    refuse("orderTypes", `takes no ${orderType} orders`);
  // A market order fills at once or not at all, whatever the venue calls that.
  const isTaken = rules.timeInForce.includes(timeInForce) && support.timeInForce.includes(timeInForce);
  if (!isMarket && !isTaken) refuse("timeInForce", `takes no ${timeInForce}`);
  if (orderType === "limitMaker" && timeInForce !== "gtc" && timeInForce !== "gtd")
    refuse("timeInForce", `limitMaker does not go with ${timeInForce}`);
  if ((timeInForce === "gtd") !== (expireTimestamp !== undefined))
    throw new TypeError("expireTimestamp belongs to gtd, and gtd needs it");
  if (expireTimestamp !== undefined && !(expireTimestamp > facts.now))
    refuse("expireTimestamp", "would have expired already", { expireTimestamp });
  if (reduceOnly && !support.reduceOnly) refuse("reduceOnly", "knows no reduce-only orders");
  if (isMarket === (request.price !== undefined))
    throw new TypeError(isMarket ? "a market order has no price" : "a limit order needs a price");
  if ((request.amount === undefined) === (request.quoteAmount === undefined))
    throw new TypeError("an order has either amount or quoteAmount");
  if (request.quoteAmount !== undefined && !(isMarket && support.quoteAmount))
    refuse("quoteAmount", "takes quoteAmount for no such order");

  const adjustments: OrderAdjustment[] = [];
  const onStep = (
    field: OrderAdjustment["field"],
    rule: string,
    value: Decimal,
    step: Decimal,
    rounding: typeof Decimal.ROUND_FLOOR | typeof Decimal.ROUND_CEIL,
  ): Decimal => {
    if (step.isZero() || value.mod(step).isZero()) return value;
    if (request.quantize !== true)
      refuse(rule, `${field} ${value} is no multiple of ${step}`, { [field]: value });
    const rounded = value.div(step).toDecimalPlaces(0, rounding).times(step);
    adjustments.push({ field, from: value, to: rounded, rule });
    return rounded;
  };
  let price = parseAmount("price", request.price);
  if (price !== undefined) {
    const away = side === "buy" ? Decimal.ROUND_FLOOR : Decimal.ROUND_CEIL;
    price = onStep("price", "priceIncrement", price, rules.priceIncrement, away);
    checkPrice(price, side, rules, facts.referencePrice, refuse);
  }
  let amount = parseAmount("amount", request.amount);
  if (amount !== undefined) {
    const { minAmount, maxAmount, amountIncrement } = boundsOf(rules, isMarket);
    amount = onStep("amount", "amountIncrement", amount, amountIncrement, Decimal.ROUND_FLOOR);
    if (amount.isZero() || (minAmount !== undefined && amount.lt(minAmount)))
      refuse("minAmount", `amount ${amount} is below ${minAmount ?? amountIncrement}`, { amount });
    if (maxAmount !== undefined && amount.gt(maxAmount))
      refuse("maxAmount", `amount ${amount} is above ${maxAmount}`, { amount });
  }
  const quoteAmount = parseAmount("quoteAmount", request.quoteAmount);
  const notional = quoteAmount ?? notionalOf(instrument, amount, price ?? facts.referencePrice);
  if (notional !== undefined) {
    // Venues let a position be closed however small it is; those that do not will say so.
    if (rules.minNotional !== undefined && notional.lt(rules.minNotional) && !reduceOnly)
      refuse("minNotional", `worth ${notional}, below ${rules.minNotional}`, { notional });
    if (rules.maxNotional !== undefined && notional.gt(rules.maxNotional))
      refuse("maxNotional", `worth ${notional}, above ${rules.maxNotional}`, { notional });
  }
  if (rules.maxOpenOrders !== undefined && facts.openOrders >= rules.maxOpenOrders)
    refuse("maxOpenOrders", `has ${facts.openOrders} open orders already`);
  return {
    tradingPair,
    side,
    orderType,
    timeInForce,
    price,
    amount,
    quoteAmount,
    reduceOnly,
    expireTimestamp,
    adjustments,
  };
}

/** What an amount is worth in quote at a price. */
export function notionalOf(
  { amountUnit, payoff, contractSize }: Instrument,
  amount: Decimal | undefined,
  price: Decimal | undefined,
): Decimal | undefined {
  if (amount === undefined) return undefined;
  const size = amountUnit === "base" ? amount : amount.times(contractSize);
  if (payoff === "inverse" && amountUnit === "contracts") return size;
  return price === undefined ? undefined : size.times(price);
}

/** Reads an exact number that a program gave. @throws {TypeError} if it is none, or not positive. */
export function parseAmount(name: string, value: Amount | undefined): Decimal | undefined {
  if (value === undefined) return undefined;
  // A floating-point number may already be another than the one that was meant.
  if (typeof value === "number")
    throw new TypeError(`${name} must be a Decimal or decimal text, not a number`);
  const isText = typeof value === "string";
  if (isText && !/^\d+(\.\d+)?$/.test(value))
    throw new TypeError(`${name} must be plain decimal text: ${value}`);
  if (!isText && !Decimal.isDecimal(value)) throw new TypeError(`${name} must be a Decimal or decimal text`);
  const parsed = new Decimal(value);
  if (!parsed.isFinite() || !parsed.isPositive() || parsed.isZero())
    throw new TypeError(`${name} must be positive: ${value}`);
  return parsed;
}

type Refuse = (rule: string, message: string, details?: Record<string, unknown>) => never;

function checkPrice(
  price: Decimal,
  side: OrderSide,
  rules: TradingRules,
  referencePrice: Decimal | undefined,
  refuse: Refuse,
): void {
  const { minPrice, maxPrice, maxPriceRatio, minPriceRatio } = rules;
  if (price.isZero() || (minPrice !== undefined && price.lt(minPrice)))
    refuse("minPrice", `price ${price} is below ${minPrice ?? rules.priceIncrement}`, { price });
  if (maxPrice !== undefined && price.gt(maxPrice))
    refuse("maxPrice", `price ${price} is above ${maxPrice}`, { price });
  if (referencePrice === undefined) return;
  if (side === "buy" && maxPriceRatio !== undefined && price.gt(referencePrice.times(maxPriceRatio)))
    refuse("maxPriceRatio", `price ${price} is above ${maxPriceRatio} × ${referencePrice}`, { price });
  if (side === "sell" && minPriceRatio !== undefined && price.lt(referencePrice.times(minPriceRatio)))
    refuse("minPriceRatio", `price ${price} is below ${minPriceRatio} × ${referencePrice}`, { price });
}

function boundsOf(
  rules: TradingRules,
  isMarket: boolean,
): Pick<TradingRules, "minAmount" | "maxAmount" | "amountIncrement"> {
  return isMarket ? { ...rules, ...rules.market } : rules;
}
