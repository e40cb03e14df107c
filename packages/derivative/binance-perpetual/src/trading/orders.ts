import {
  type AmendCommand,
  type Instrument,
  type OrderInMarket,
  type OrderUpdate,
  parseJson,
  type RestCall,
  type RestRequest,
  type VenueRefusal,
} from "@conn/core";
import * as v from "valibot";
import { ORDERS_1M, ORDERS_10S, REQUEST_WEIGHT } from "../constants.js";
import {
  decimal,
  formatTimeInForce,
  id,
  parseOrderType,
  parseTimeInForce,
  side,
  status,
  timestamp,
} from "./order-words.js";

type Query = Readonly<Record<string, string>>;

/** Most orders that one request may place or cancel. */
export const MAX_BATCH_PLACE = 5;
export const MAX_BATCH_CANCEL = 10;

/** New orders and amendments count as orders; the weight of one request is that of its address. */
const orderCost = (weight: number, orders10s: number): RestRequest["cost"] => ({
  [REQUEST_WEIGHT.id]: weight,
  [ORDERS_10S.id]: orders10s,
  [ORDERS_1M.id]: 1,
});

const weight = (units: number): RestRequest["cost"] => ({ [REQUEST_WEIGHT.id]: units });

/**
 * An order as answers and lists have it. Acknowledgements since 2026-07-15 are without averages; no answer to a command is
 * read for fills.
 */
const ORDER = v.object({
  symbol: v.string(),
  orderId: id,
  clientOrderId: v.string(),
  status,
  side,
  type: v.string(),
  timeInForce: v.string(),
  reduceOnly: v.optional(v.boolean(), false),
  price: decimal,
  origQty: decimal,
  executedQty: v.optional(decimal),
  avgPrice: v.optional(decimal),
  updateTime: v.optional(timestamp),
});

const REFUSAL = v.object({ code: v.number(), msg: v.string() });

function toUpdate(order: v.InferOutput<typeof ORDER>): OrderUpdate {
  const { executedQty, avgPrice } = order;
  const orderType = parseOrderType(order.type, order.timeInForce);
  const timeInForce = parseTimeInForce(order.timeInForce);
  return {
    exchangeSymbol: order.symbol,
    clientOrderId: order.clientOrderId,
    exchangeOrderId: order.orderId,
    status: order.status,
    side: order.side,
    reduceOnly: order.reduceOnly,
    amount: order.origQty,
    exchangeTimestamp: order.updateTime,
    ...(executedQty && { filledAmount: executedQty }),
    ...(avgPrice?.gt(0) && { averagePrice: avgPrice }),
    // Market orders have the price 0 here.
    ...(order.price.gt(0) && { price: order.price }),
    ...(orderType && { orderType }),
    ...(timeInForce && { timeInForce }),
  };
}

const parseOrder = (body: Uint8Array): OrderUpdate => toUpdate(v.parse(ORDER, parseJson(body)));

/** The answer to a new order: that it was accepted. What has traded of it, the stream tells. */
function parseAcknowledgement(answer: v.InferOutput<typeof ORDER>): OrderUpdate {
  const { filledAmount: _, averagePrice: __, ...update } = toUpdate(answer);
  return update;
}

const parseBatch =
  (toUpdateOf: (order: v.InferOutput<typeof ORDER>) => OrderUpdate) =>
  (body: Uint8Array): readonly (OrderUpdate | VenueRefusal)[] =>
    v
      .parse(v.array(v.union([REFUSAL, ORDER])), parseJson(body))
      .map((entry) =>
        "orderId" in entry ? toUpdateOf(entry) : { venueCode: String(entry.code), message: entry.msg },
      );

function formatOrder({ order, instrument }: OrderInMarket): Query {
  const { clientOrderId, amount, price, expireTimestamp, reduceOnly } = order;
  if (amount === undefined) throw new TypeError("orders of this venue have an amount");
  const timeInForce = formatTimeInForce(order);
  return {
    symbol: instrument.exchangeSymbol,
    side: order.side === "buy" ? "BUY" : "SELL",
    type: order.orderType === "market" ? "MARKET" : "LIMIT",
    quantity: amount.toFixed(),
    ...(price && { price: price.toFixed() }),
    ...(timeInForce && { timeInForce }),
    ...(expireTimestamp !== undefined && { goodTillDate: String(expireTimestamp) }),
    // In one-way mode the venue takes it with any order; it is left out where it says nothing.
    ...(reduceOnly && { reduceOnly: "true" }),
    newClientOrderId: clientOrderId,
    newOrderRespType: "ACK",
  };
}

/** By the venue's id, which is unique for ever; ours is so only among open orders. */
function formatId({ order }: OrderInMarket): Query {
  return order.exchangeOrderId === undefined
    ? { origClientOrderId: order.clientOrderId }
    : { orderId: order.exchangeOrderId };
}

/** @see https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api/New-Order */
export function place(command: OrderInMarket): RestCall<OrderUpdate> {
  return {
    method: "POST",
    path: "/fapi/v1/order",
    query: formatOrder(command),
    access: "signed",
    cost: orderCost(0, 1),
    parse: (body) => parseAcknowledgement(v.parse(ORDER, parseJson(body))),
  };
}

/** @see https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api/Place-Multiple-Orders */
export function placeBatch(
  commands: readonly OrderInMarket[],
): RestCall<readonly (OrderUpdate | VenueRefusal)[]> {
  return {
    method: "POST",
    path: "/fapi/v1/batchOrders",
    query: { batchOrders: JSON.stringify(commands.map(formatOrder)) },
    access: "signed",
    // Whatever their number, the venue counts five.
    cost: orderCost(5, 5),
    parse: parseBatch(parseAcknowledgement),
  };
}

/** @see https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api/Cancel-Order */
export function cancel(command: OrderInMarket): RestCall<OrderUpdate> {
  return {
    method: "DELETE",
    path: "/fapi/v1/order",
    query: { symbol: command.instrument.exchangeSymbol, ...formatId(command) },
    access: "signed",
    cost: weight(1),
    parse: parseOrder,
  };
}

/** @see https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api/Cancel-Multiple-Orders */
export function cancelBatch(
  commands: readonly OrderInMarket[],
): RestCall<readonly (OrderUpdate | VenueRefusal)[]> {
  // One list or the other: ours name every order.
  const ids = commands.map(({ order }) => order.clientOrderId);
  return {
    method: "DELETE",
    path: "/fapi/v1/batchOrders",
    query: {
      symbol: commands[0]?.instrument.exchangeSymbol ?? "",
      origClientOrderIdList: JSON.stringify(ids),
    },
    access: "signed",
    cost: weight(1),
    parse: parseBatch(toUpdate),
  };
}

/** @see https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api/Cancel-All-Open-Orders */
export function cancelAll({ exchangeSymbol }: Instrument): RestCall<void> {
  return {
    method: "DELETE",
    path: "/fapi/v1/allOpenOrders",
    query: { symbol: exchangeSymbol },
    access: "signed",
    cost: weight(1),
    parse: () => undefined,
  };
}

/** Price and amount are both sent. @see https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api/Modify-Order */
export function amend(command: AmendCommand): RestCall<OrderUpdate> {
  const { instrument, order, price, amount } = command;
  return {
    method: "PUT",
    path: "/fapi/v1/order",
    query: {
      symbol: instrument.exchangeSymbol,
      side: order.side === "buy" ? "BUY" : "SELL",
      ...formatId(command),
      quantity: amount.toFixed(),
      price: price.toFixed(),
    },
    access: "signed",
    cost: orderCost(0, 1),
    parse: parseOrder,
  };
}

/** @see https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api/Query-Order */
export function query(command: OrderInMarket): RestCall<OrderUpdate> {
  return {
    method: "GET",
    path: "/fapi/v1/order",
    query: { symbol: command.instrument.exchangeSymbol, ...formatId(command) },
    access: "signed",
    cost: weight(1),
    parse: parseOrder,
  };
}

/** @see https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api/Current-All-Open-Orders */
export function openOrders(instrument: Instrument | undefined): RestCall<readonly OrderUpdate[]> {
  return {
    method: "GET",
    path: "/fapi/v1/openOrders",
    ...(instrument && { query: { symbol: instrument.exchangeSymbol } }),
    access: "signed",
    cost: weight(instrument === undefined ? 40 : 1),
    parse: (body) => v.parse(v.array(ORDER), parseJson(body)).map(toUpdate),
  };
}
