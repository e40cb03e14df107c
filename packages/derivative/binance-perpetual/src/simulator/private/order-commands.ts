import type { CommandResult, Order, RejectReason } from "@conn/simulator";
import type { RestAnswer, RestRefusal } from "../rest/rest-answer.js";
import { type JsonValue, jsonText } from "./json-text.js";
import {
  checkAmount,
  checkNotional,
  checkPrice,
  checkStatus,
  readOrderForm,
  readSide,
} from "./order-form.js";
import { acknowledgement, amendment } from "./order-texts.js";
import { optionalBoolean, optionalDecimal, optionalId, optionalInteger, requiredText } from "./parameters.js";
import { matchedPrice } from "./price-match.js";
import { findOrder, type PrivateCall, requiredMarket } from "./private-call.js";
import { privateRefusals } from "./private-refusals.js";
import { Refused, refuse } from "./refused.js";

/** `POST /fapi/v1/order`. */
export function placeOrder(call: PrivateCall): RestAnswer {
  return jsonText(place(call));
}

function place(call: PrivateCall): JsonValue {
  const { market, request, wantsResult } = readOrderForm(call);
  const result = call.context.core.submit(request, call.at);
  if (!result.ok) return refuse(submitRefusal(result.reason));
  // The answer tells that the order is accepted, and what became of it only if that was asked for.
  return acknowledgement(wantsResult ? result.order : asAccepted(result.order), market);
}

/** An order as it was before anything happened to it. */
function asAccepted(order: Order): Order {
  const nothing = order.filledAmount.times(0);
  return { ...order, status: "open", endCause: undefined, filledAmount: nothing, updatedAt: order.createdAt };
}

/**
 * `POST /fapi/v1/order/test`: checks the order and forgets it. Answered with an empty object.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api/New-Order-Test
 */
export function testOrder(call: PrivateCall): RestAnswer {
  readOrderForm(call);
  return "{}";
}

/** What the venue says when its matching engine refuses an order. */
function submitRefusal(reason: RejectReason): RestRefusal {
  switch (reason) {
    case "duplicateClientOrderId":
      return privateRefusals.duplicateClientOrderId;
    case "priceOffTick":
      return privateRefusals.priceOffTick;
    case "amountOffStep":
      return privateRefusals.quantityOffStep;
    case "insufficientBalance":
    case "insufficientMargin":
      return privateRefusals.margin;
    case "postOnlyWouldTake":
      return privateRefusals.postOnly;
    case "fillOrKillUnfilled":
      return privateRefusals.fillOrKill;
    case "reduceOnlyNotReducing":
      return privateRefusals.reduceOnly;
    case "priceOutOfBand":
      return privateRefusals.counterpartyPrice;
    case "expiresInPast":
      return privateRefusals.goodTillDate;
    case "unknownOrder":
    case "orderFinished":
      return privateRefusals.noSuchOrder;
    case "invalidOrder":
      return privateRefusals.invalidParameter("quantity");
  }
}

const MOST_PLACED_AT_ONCE = 5;
const MOST_CANCELED_AT_ONCE = 10;
const MOST_AMENDMENTS = 10_000;

/**
 * `POST /fapi/v1/batchOrders`: each order by itself, answered in the order of the list.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api/Place-Multiple-Orders
 */
export function placeOrders(call: PrivateCall): RestAnswer {
  return eachOf(call, place);
}

/** `PUT /fapi/v1/batchOrders`. */
export function amendOrders(call: PrivateCall): RestAnswer {
  return eachOf(call, amend);
}

function eachOf(call: PrivateCall, run: (one: PrivateCall) => JsonValue): RestAnswer {
  const list = readBatch(requiredText(call.parameters, "batchOrders"));
  if (list.length === 0 || list.length > MOST_PLACED_AT_ONCE) refuse(privateRefusals.batchSize);
  return jsonText(list.map((parameters) => resultOf(() => run({ ...call, parameters }))));
}

function resultOf(run: () => JsonValue): JsonValue {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { code: error.refusal.code, msg: error.refusal.msg };
  }
}

/** Reads a JSON list of objects; numbers in it keep their digits, since ids may be longer than a number is exact. */
function readBatch(text: string): Map<string, string>[] {
  let list: unknown;
  try {
    list = JSON.parse(text, (_name, value: unknown, context?: { readonly source?: string }) =>
      typeof value === "number" ? (context?.source ?? value) : value,
    );
  } catch {
    return refuse(privateRefusals.missing("batchOrders"));
  }
  if (!Array.isArray(list)) return refuse(privateRefusals.missing("batchOrders"));
  return list.map((entry: unknown) => {
    if (typeof entry !== "object" || entry === null) return refuse(privateRefusals.missing("batchOrders"));
    return new Map(Object.entries(entry).map(([name, value]) => [name, String(value)]));
  });
}

/** `PUT /fapi/v1/order`. */
export function amendOrder(call: PrivateCall): RestAnswer {
  return jsonText(amend(call));
}

/**
 * Amends a limit order. What the filters refuse leaves it as it is.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api/Modify-Order
 */
function amend(call: PrivateCall): JsonValue {
  const { context, account, parameters, at } = call;
  const market = requiredMarket(call);
  const side = readSide(parameters);
  requiredText(parameters, "quantity");
  const amount = optionalDecimal(parameters, "quantity")!;
  const priceMatch = parameters.get("priceMatch") ?? "NONE";
  if (priceMatch === "NONE") requiredText(parameters, "price");
  const price =
    priceMatch === "NONE" ? optionalDecimal(parameters, "price")! : matchedPrice(market, side, priceMatch);
  const modifyId = optionalId(parameters, "modifyId");
  const reduceOnly = optionalBoolean(parameters, "reduceOnly") ?? false;

  const order = findOrder(call, context.instruments.nameOf(market));
  if (order === undefined || order.status !== "open") return refuse(privateRefusals.noSuchOrder);
  if (order.side !== side) refuse(privateRefusals.side);
  if (order.kind !== "limit") refuse(privateRefusals.limitOnly);
  if (reduceOnly && !order.reduceOnly) refuse(privateRefusals.notReduceOnly);
  checkStatus(market, privateRefusals.amendWhileNotTrading);
  checkAmount(market, amount, "LIMIT");
  checkPrice(market, price, side);
  if (!reduceOnly) checkNotional(market, amount, price);
  if (order.amount?.eq(amount) === true && order.price?.eq(price) === true) {
    refuse(privateRefusals.nothingToAmend);
  }
  const amendments = account.amendments.get(order.id) ?? 0;
  if (amendments + 1 >= MOST_AMENDMENTS) refuse(privateRefusals.tooManyAmendments);

  const change = { price: price.toFixed(), amount: amount.toFixed() };
  const result: CommandResult = context.core.amend(account.name, { id: order.id }, change, at);
  if (!result.ok) {
    // The order is canceled by an amendment that would have a GTX order take.
    if (result.reason !== "postOnlyWouldTake") return refuse(submitRefusal(result.reason));
    context.core.cancel(account.name, { id: order.id }, at);
    return amendment(context.core.order(account.name, { id: order.id }) ?? order, market, modifyId);
  }
  account.amendments.set(order.id, amendments + 1);
  return amendment(result.order, market, modifyId);
}

/** `DELETE /fapi/v1/order`. */
export function cancelOrder(call: PrivateCall): RestAnswer {
  return jsonText(cancel(call));
}

function cancel(call: PrivateCall): JsonValue {
  const market = requiredMarket(call);
  const order = findOrder(call, call.context.instruments.nameOf(market));
  if (order === undefined) return refuse(privateRefusals.unknownToCancel);
  const result = call.context.core.cancel(call.account.name, { id: order.id }, call.at);
  return result.ok ? acknowledgement(result.order, market) : refuse(privateRefusals.unknownToCancel);
}

/**
 * `DELETE /fapi/v1/batchOrders`.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api/Cancel-Multiple-Orders
 */
export function cancelOrders(call: PrivateCall): RestAnswer {
  requiredMarket(call);
  const ids = call.parameters.get("orderIdList");
  const clientIds = call.parameters.get("origClientOrderIdList");
  const [name, list] =
    ids !== undefined && ids !== ""
      ? ["orderId", readIdList(ids)]
      : clientIds !== undefined && clientIds !== ""
        ? ["origClientOrderId", readTextList(clientIds)]
        : refuse(privateRefusals.missingEither("orderIdList", "origClientOrderIdList"));
  if (list.length > MOST_CANCELED_AT_ONCE) refuse(privateRefusals.tooManyToCancel);
  const symbol = requiredText(call.parameters, "symbol");
  return jsonText(
    list.map((id) =>
      resultOf(() =>
        cancel({
          ...call,
          parameters: new Map([
            ["symbol", symbol],
            [name!, id],
          ]),
        }),
      ),
    ),
  );
}

function readIdList(text: string): string[] {
  if (!/^\[\s*\d+(\s*,\s*\d+)*\s*\]$/.test(text)) refuse(privateRefusals.missing("orderIdList"));
  return text.match(/\d+/g) ?? [];
}

function readTextList(text: string): string[] {
  try {
    const list: unknown = JSON.parse(text);
    if (Array.isArray(list)) return list.map(String);
  } catch {
    // Refused below.
  }
  return refuse(privateRefusals.missing("origClientOrderIdList"));
}

/**
 * `DELETE /fapi/v1/allOpenOrders`.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api/Cancel-All-Open-Orders
 */
export function cancelAllOrders(call: PrivateCall): RestAnswer {
  const symbol = call.context.instruments.nameOf(requiredMarket(call));
  call.context.core.cancelAll(call.account.name, { symbol }, call.at);
  return jsonText({ code: 200, msg: "The operation of cancel all open order is done." });
}

/**
 * `POST /fapi/v1/countdownCancelAll`: all orders of a contract are canceled unless this is called again in time.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api/Auto-Cancel-All-Open-Orders
 */
export function startCountdown(call: PrivateCall): RestAnswer {
  const market = requiredMarket(call);
  const text = requiredText(call.parameters, "countdownTime");
  const countdownMs = optionalInteger(call.parameters, "countdownTime")!;
  const name = call.context.instruments.nameOf(market);
  if (countdownMs === 0) call.account.countdowns.delete(name);
  else call.account.countdowns.set(name, call.at + countdownMs);
  return jsonText({ symbol: market.contract.exchangeSymbol, countdownTime: text });
}
