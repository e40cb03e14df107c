import type { Order } from "@conn/simulator";
import type { ContractMarket } from "../market/contract-market.js";
import { idNumber, type JsonValue } from "./json-text.js";
import { flagsOf } from "./order-flags.js";

/** Words of the venue for the state of an order. */
export type OrderStatusWord =
  | "NEW"
  | "PARTIALLY_FILLED"
  | "FILLED"
  | "CANCELED"
  | "EXPIRED"
  | "EXPIRED_IN_MATCH";

/**
 * The venue's word for the state of an order.
 *
 * EXPIRED_IN_MATCH is what self-trade prevention leaves. The documents call a GTX order that an amendment would
 * have let take, and an order that is amended to no more than was filled, canceled.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/common-definition
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api/Modify-Order
 */
export function statusWord(order: Order): OrderStatusWord {
  if (order.status === "filled") return "FILLED";
  if (order.status === "open" || order.status === "rejected") {
    return order.filledAmount.isZero() ? "NEW" : "PARTIALLY_FILLED";
  }
  switch (order.endCause) {
    case "selfTrade":
      return "EXPIRED_IN_MATCH";
    case "user":
    case "amended":
    case "postOnly":
      return "CANCELED";
    default:
      return "EXPIRED";
  }
}

/** The average price of the fills, to as many decimals as the venue writes; zero without fills. */
export function averagePriceText(order: Order, market: ContractMarket): string {
  const decimals = Math.max(5, market.contract.pricePrecision);
  return order.averagePrice === undefined ? "0.00000" : order.averagePrice.toFixed(decimals);
}

type Fields = Readonly<Record<string, JsonValue | undefined>>;

const priceText = (order: Order, market: ContractMarket): string =>
  order.price === undefined ? "0" : order.price.toFixed(market.contract.pricePrecision);

const amountText = (amount: Order["filledAmount"] | undefined, market: ContractMarket): string =>
  amount === undefined ? "0" : amount.toFixed(market.contract.quantityPrecision);

/** What stands at the end of every order. */
function tail(order: Order): Fields {
  const { selfTradePreventionMode, priceMatch, goodTillDate } = flagsOf(order);
  return { priceMatch, selfTradePreventionMode, goodTillDate };
}

const typeWord = (order: Order): string => (order.kind === "limit" ? "LIMIT" : "MARKET");

/**
 * The answer to an order that was placed or canceled: since 2026-07-15 without average price and quote amount.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api
 * @see https://github.com/binance/binance-connector-js/blob/master/clients/derivatives-trading-usds-futures/CHANGELOG.md 34.0.0
 */
export function acknowledgement(order: Order, market: ContractMarket): JsonValue {
  return {
    clientOrderId: order.clientOrderId,
    cumQty: amountText(order.filledAmount, market),
    executedQty: amountText(order.filledAmount, market),
    orderId: idNumber(order.id),
    origQty: amountText(order.amount, market),
    price: priceText(order, market),
    reduceOnly: order.reduceOnly,
    side: order.side.toUpperCase(),
    positionSide: "BOTH",
    status: statusWord(order),
    stopPrice: "0",
    closePosition: false,
    symbol: market.contract.exchangeSymbol,
    timeInForce: flagsOf(order).timeInForce,
    type: typeWord(order),
    origType: typeWord(order),
    updateTime: order.updatedAt,
    workingType: "CONTRACT_PRICE",
    priceProtect: false,
    ...tail(order),
  };
}

/**
 * The answer to an amendment.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api/Modify-Order
 */
export function amendment(order: Order, market: ContractMarket, modifyId: string | undefined): JsonValue {
  return {
    orderId: idNumber(order.id),
    symbol: market.contract.exchangeSymbol,
    pair: market.contract.pair,
    status: statusWord(order),
    clientOrderId: order.clientOrderId,
    modifyId: modifyId === undefined ? undefined : idNumber(modifyId),
    price: priceText(order, market),
    origQty: amountText(order.amount, market),
    executedQty: amountText(order.filledAmount, market),
    cumQty: amountText(order.filledAmount, market),
    timeInForce: flagsOf(order).timeInForce,
    type: typeWord(order),
    reduceOnly: order.reduceOnly,
    closePosition: false,
    side: order.side.toUpperCase(),
    positionSide: "BOTH",
    stopPrice: "0",
    workingType: "CONTRACT_PRICE",
    priceProtect: false,
    origType: typeWord(order),
    ...tail(order),
    updateTime: order.updatedAt,
  };
}

/**
 * An order as queries show it.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api/Query-Order
 */
export function queriedOrder(order: Order, market: ContractMarket): JsonValue {
  return {
    avgPrice: averagePriceText(order, market),
    clientOrderId: order.clientOrderId,
    cumQuote: order.filledQuote.toFixed(),
    executedQty: amountText(order.filledAmount, market),
    orderId: idNumber(order.id),
    origQty: amountText(order.amount, market),
    origType: typeWord(order),
    price: priceText(order, market),
    reduceOnly: order.reduceOnly,
    side: order.side.toUpperCase(),
    positionSide: "BOTH",
    status: statusWord(order),
    stopPrice: "0",
    closePosition: false,
    symbol: market.contract.exchangeSymbol,
    time: order.createdAt,
    timeInForce: flagsOf(order).timeInForce,
    type: typeWord(order),
    updateTime: order.updatedAt,
    workingType: "CONTRACT_PRICE",
    priceProtect: false,
    ...tail(order),
  };
}
