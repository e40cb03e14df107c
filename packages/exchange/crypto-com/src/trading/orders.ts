import type {
  AmendCommand,
  Instrument,
  JsonValue,
  OrderInMarket,
  OrderUpdate,
  RestCall,
  VenueRefusal,
} from "@conn/core";
import * as v from "valibot";
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
import { privateCall } from "./private-call.js";

/** Most orders in one list. */
export const MAX_BATCH = 10;

/** An order as lists and events have it. */
export const ORDER = v.object({
  instrument_name: v.string(),
  order_id: id,
  client_oid: v.optional(v.string()),
  order_type: v.string(),
  time_in_force: v.optional(v.string()),
  side,
  exec_inst: v.optional(v.array(v.string()), []),
  quantity: v.optional(decimal),
  limit_price: v.optional(decimal),
  avg_price: v.optional(decimal),
  cumulative_quantity: decimal,
  status,
  reason: v.optional(v.string()),
  update_time: v.optional(timestamp),
});

export function toUpdate(order: v.InferOutput<typeof ORDER>): OrderUpdate {
  const { avg_price: averagePrice, limit_price: price, quantity, reason, exec_inst: instructions } = order;
  const orderType = parseOrderType(order.order_type, instructions);
  const timeInForce = parseTimeInForce(order.time_in_force);
  return {
    exchangeSymbol: order.instrument_name,
    clientOrderId: order.client_oid,
    exchangeOrderId: order.order_id,
    status: order.status,
    filledAmount: order.cumulative_quantity,
    side: order.side,
    reduceOnly: instructions.includes("REDUCE_ONLY"),
    exchangeTimestamp: order.update_time,
    ...(averagePrice?.gt(0) && { averagePrice }),
    ...(price?.gt(0) && { price }),
    ...(quantity?.gt(0) && { amount: quantity }),
    ...(orderType && { orderType }),
    ...(timeInForce && { timeInForce }),
    // 0 where nothing is wrong.
    ...(reason !== undefined && reason !== "0" && reason !== "" && { venueCode: reason }),
  };
}

const ACK = v.object({ order_id: id, client_oid: v.optional(v.string()) });

/** That a request has been received: what becomes of it, `user.order` tells. */
function toAcknowledgement(ack: v.InferOutput<typeof ACK>, { instrument }: OrderInMarket): OrderUpdate {
  return {
    exchangeSymbol: instrument.exchangeSymbol,
    clientOrderId: ack.client_oid,
    exchangeOrderId: ack.order_id,
    status: undefined,
    exchangeTimestamp: undefined,
  };
}

type Params = Readonly<Record<string, JsonValue>>;

/** @see https://exchange-developer.crypto.com/exchange/v1/docs/api/trading-rest (private/create-order) */
function formatOrder({ order, instrument }: OrderInMarket): Params {
  const { amount, quoteAmount, price, clientOrderId } = order;
  const timeInForce = formatTimeInForce(order);
  return {
    instrument_name: instrument.exchangeSymbol,
    side: order.side === "buy" ? "BUY" : "SELL",
    type: order.orderType === "market" ? "MARKET" : "LIMIT",
    ...(amount && { quantity: amount.toFixed() }),
    ...(quoteAmount && { notional: quoteAmount.toFixed() }),
    ...(price && { price: price.toFixed() }),
    ...(timeInForce !== undefined && { time_in_force: timeInForce }),
    ...(order.orderType === "limitMaker" && { exec_inst: ["POST_ONLY"] }),
    client_oid: clientOrderId,
  };
}

/** By the venue's id where it is known. */
function formatId({ order }: OrderInMarket): Params {
  return order.exchangeOrderId === undefined
    ? { client_oid: order.clientOrderId }
    : { order_id: order.exchangeOrderId };
}

/** @see https://exchange-developer.crypto.com/exchange/v1/docs/api/trading-rest (private/create-order) */
export function place(command: OrderInMarket): RestCall<OrderUpdate> {
  return privateCall("private/create-order", formatOrder(command), (result) =>
    toAcknowledgement(v.parse(ACK, result), command),
  );
}

const LEG = v.object({
  // exact: a place in a list of ten.
  index: v.pipe(v.string(), v.regex(/^\d{1,3}$/), v.transform(Number)),
  code: v.string(),
  message: v.optional(v.string(), ""),
  order_id: v.optional(v.string()),
});

/** Legs by their index: one that is not told of is left open. */
function readLegs(
  result: unknown,
  commands: readonly OrderInMarket[],
): readonly (OrderUpdate | VenueRefusal)[] {
  const legs = new Map(v.parse(v.array(LEG), result).map((leg) => [leg.index, leg]));
  return commands.map((command, index): OrderUpdate | VenueRefusal => {
    const leg = legs.get(index);
    if (leg === undefined) return UNTOLD;
    if (leg.code !== "0") return { venueCode: leg.code, message: leg.message };
    return {
      exchangeSymbol: command.instrument.exchangeSymbol,
      clientOrderId: command.order.clientOrderId,
      exchangeOrderId: leg.order_id ?? command.order.exchangeOrderId,
      status: undefined,
      exchangeTimestamp: undefined,
    };
  });
}

/** A leg that the answer leaves out: a code that no rule knows proves nothing. */
const UNTOLD: VenueRefusal = { venueCode: "untold", message: "the answer does not tell of this order" };

/** @see https://exchange-developer.crypto.com/exchange/v1/docs/api/trading-rest (private/create-order-list) */
export function placeBatch(
  commands: readonly OrderInMarket[],
): RestCall<readonly (OrderUpdate | VenueRefusal)[]> {
  const params = { contingency_type: "LIST", order_list: commands.map(formatOrder) };
  return privateCall("private/create-order-list", params, (result) => readLegs(result, commands));
}

/** @see https://exchange-developer.crypto.com/exchange/v1/docs/api/trading-rest (private/cancel-order) */
export function cancel(command: OrderInMarket): RestCall<OrderUpdate> {
  return privateCall("private/cancel-order", formatId(command), (result) =>
    toAcknowledgement(v.parse(ACK, result), command),
  );
}

/** @see https://exchange-developer.crypto.com/exchange/v1/docs/api/trading-rest (private/cancel-order-list) */
export function cancelBatch(
  commands: readonly OrderInMarket[],
): RestCall<readonly (OrderUpdate | VenueRefusal)[]> {
  const params = {
    contingency_type: "LIST",
    order_list: commands.map((command) => ({
      instrument_name: command.instrument.exchangeSymbol,
      ...formatId(command),
    })),
  };
  return privateCall("private/cancel-order-list", params, (result) => readLegs(result, commands));
}

/** @see https://exchange-developer.crypto.com/exchange/v1/docs/api/trading-rest (private/cancel-all-orders) */
export function cancelAll({ exchangeSymbol }: Instrument): RestCall<void> {
  return privateCall("private/cancel-all-orders", { instrument_name: exchangeSymbol }, () => undefined);
}

/**
 * Both values are needed, and our id: without it the venue gives the order another one.
 *
 * @see https://exchange-developer.crypto.com/exchange/v1/docs/api/trading-rest (private/amend-order)
 */
export function amend(command: AmendCommand): RestCall<OrderUpdate> {
  const { order, price, amount } = command;
  const { exchangeOrderId, clientOrderId } = order;
  if (exchangeOrderId === undefined) throw new TypeError("this venue amends orders by its own id");
  const params = {
    order_id: exchangeOrderId,
    client_oid: clientOrderId,
    new_price: price.toFixed(),
    new_quantity: amount.toFixed(),
  };
  return privateCall("private/amend-order", params, (result) =>
    toAcknowledgement(v.parse(ACK, result), command),
  );
}

/** @see https://exchange-developer.crypto.com/exchange/v1/docs/api/trading-rest (private/get-order-detail) */
export function query(command: OrderInMarket): RestCall<OrderUpdate> {
  return privateCall("private/get-order-detail", formatId(command), (result) =>
    toUpdate(v.parse(ORDER, result)),
  );
}

const LISTING = v.object({ data: v.array(ORDER) });

/** @see https://exchange-developer.crypto.com/exchange/v1/docs/api/trading-rest (private/get-open-orders) */
export function openOrders(instrument: Instrument | undefined): RestCall<readonly OrderUpdate[]> {
  const params = instrument === undefined ? {} : { instrument_name: instrument.exchangeSymbol };
  return privateCall("private/get-open-orders", params, (result) =>
    v.parse(LISTING, result).data.map(toUpdate),
  );
}
