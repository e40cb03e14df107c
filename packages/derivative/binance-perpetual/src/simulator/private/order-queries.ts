import type { Fill, Order } from "@conn/simulator";
import type { RestAnswer } from "../rest/rest-answer.js";
import { idNumber, type JsonValue, jsonText } from "./json-text.js";
import { queriedOrder } from "./order-texts.js";
import { optionalId, optionalInteger, readTimeWindow } from "./parameters.js";
import { findOrder, optionalMarket, type PrivateCall, requiredMarket } from "./private-call.js";
import { privateRefusals } from "./private-refusals.js";
import { refuse } from "./refused.js";

const DAY_MS = 86_400_000;
/** Orders that ended without a fill are not found this long after they were made. */
const UNFILLED_KEPT_MS = 3 * DAY_MS;
/** No order is found this long after it was made. */
const KEPT_MS = 90 * DAY_MS;
/** Fills of the past three months can be queried. */
const FILLS_KEPT_MS = 92 * DAY_MS;

/**
 * Whether queries find an order.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api/Query-Order
 */
function isFound(order: Order, { context, at }: PrivateCall): boolean {
  const age = at - order.createdAt;
  if (age < context.queryLagMs || age > KEPT_MS) return false;
  return order.status === "open" || !order.filledAmount.isZero() || age <= UNFILLED_KEPT_MS;
}

function orderText(order: Order, { context }: PrivateCall): JsonValue {
  return queriedOrder(order, context.instruments.market(order.symbol));
}

/** `GET /fapi/v1/order`. */
export function queryOrder(call: PrivateCall): RestAnswer {
  const order = findOrder(call, call.context.instruments.nameOf(requiredMarket(call)));
  if (order === undefined || !isFound(order, call)) return refuse(privateRefusals.noSuchOrder);
  return jsonText(orderText(order, call));
}

/**
 * `GET /fapi/v1/openOrder`: as `order`, for an order that is open.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api/Query-Current-Open-Order
 */
export function queryOpenOrder(call: PrivateCall): RestAnswer {
  const order = findOrder(call, call.context.instruments.nameOf(requiredMarket(call)));
  if (order?.status !== "open" || !isFound(order, call)) return refuse(privateRefusals.noSuchOrder);
  return jsonText(orderText(order, call));
}

/** `GET /fapi/v1/openOrders`. */
export function queryOpenOrders(call: PrivateCall): RestAnswer {
  const market = optionalMarket(call);
  const name = market === undefined ? undefined : call.context.instruments.nameOf(market);
  const orders = call.context.core.openOrders(call.account.name, name);
  return jsonText(orders.filter((order) => isFound(order, call)).map((order) => orderText(order, call)));
}

/**
 * `GET /fapi/v1/allOrders`: those from an id on, or those made in a window: from its start on if that was asked
 * for, and otherwise the latest. The symbol is optional since 2026-08-25.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api/All-Orders
 */
export function queryAllOrders(call: PrivateCall): RestAnswer {
  const { parameters, context, account, at } = call;
  const market = optionalMarket(call);
  const fromId = optionalId(parameters, "orderId");
  const window = readTimeWindow(parameters, 7, at);
  const limit = optionalInteger(parameters, "limit", { min: 1, max: 1000 }) ?? 500;
  const symbol = market === undefined ? {} : { symbol: context.instruments.nameOf(market) };
  const found = context.core
    .orders(account.name, symbol)
    .filter((order) => isFound(order, call))
    .filter(({ id, createdAt }) =>
      fromId === undefined
        ? createdAt >= window.from && createdAt <= window.to
        : BigInt(id) >= BigInt(fromId),
    );
  const first = fromId !== undefined || window.fromStart;
  const orders = first ? found.slice(0, limit) : found.slice(-limit);
  return jsonText(orders.map((order) => orderText(order, call)));
}

/**
 * `GET /fapi/v1/userTrades`: fills from an id on, or of a window as for `allOrders`.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api/Account-Trade-List
 */
export function queryFills(call: PrivateCall): RestAnswer {
  const { parameters, context, account, at } = call;
  const market = requiredMarket(call);
  const fromTradeId = optionalInteger(parameters, "fromId");
  if (fromTradeId !== undefined && (parameters.has("startTime") || parameters.has("endTime"))) {
    refuse(privateRefusals.parameterCombination);
  }
  const orderId = optionalId(parameters, "orderId");
  const window = readTimeWindow(parameters, 7, at);
  const limit = optionalInteger(parameters, "limit", { min: 1, max: 1000 }) ?? 500;
  const oldest = at - FILLS_KEPT_MS;
  const fills = context.core.fills(account.name, {
    symbol: context.instruments.nameOf(market),
    ...(orderId === undefined ? {} : { orderId }),
    ...(fromTradeId === undefined
      ? { from: Math.max(window.from, oldest), to: Math.min(window.to, at - context.queryLagMs) }
      : { fromTradeId, from: oldest, to: at - context.queryLagMs }),
    limit,
    latest: fromTradeId === undefined && !window.fromStart,
  });
  return jsonText(fills.map((fill) => fillText(fill, call)));
}

function fillText(fill: Fill, { context }: PrivateCall): JsonValue {
  const { contract } = context.instruments.market(fill.symbol);
  return {
    buyer: fill.side === "buy",
    commission: fill.fee.toFixed(8),
    commissionAsset: fill.feeAsset,
    id: fill.tradeId,
    maker: fill.maker,
    orderId: idNumber(fill.orderId),
    price: fill.price.toFixed(contract.pricePrecision),
    qty: fill.amount.toFixed(contract.quantityPrecision),
    quoteQty: fill.quoteAmount.toFixed(),
    realizedPnl: fill.realizedPnl.toFixed(8),
    side: fill.side.toUpperCase(),
    positionSide: "BOTH",
    symbol: contract.exchangeSymbol,
    time: fill.at,
  };
}
