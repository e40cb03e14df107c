import { Decimal } from "@conn/core";
import type { OrderRequest } from "@conn/simulator";
import type { ContractMarket } from "../market/contract-market.js";
import type { RestRefusal } from "../rest/rest-answer.js";
import { drawText } from "./accounts.js";
import { exceedsPositionLimit } from "./leverage-brackets.js";
import { SELF_TRADE_PREVENTION, type SelfTradePreventionWord, type TimeInForceWord } from "./order-flags.js";
import { optionalBoolean, optionalDecimal, optionalInteger, requiredText } from "./parameters.js";
import { matchedPrice } from "./price-match.js";
import { type PrivateCall, requiredMarket } from "./private-call.js";
import { privateRefusals } from "./private-refusals.js";
import { refuse } from "./refused.js";
import type { Parameters } from "./signed-request.js";

/** An order as it was asked for, checked against everything but the account's funds. */
export interface OrderForm {
  readonly market: ContractMarket;
  readonly request: OrderRequest;
  /** Whether the answer waits for what becomes of the order. */
  readonly wantsResult: boolean;
}

/** Open orders of an account in one contract: the filter MAX_NUM_ORDERS. */
export const MOST_OPEN_ORDERS = 200;

/** Types that only the Algo service takes, since 2025-12-09. */
const CONDITIONAL_TYPES = [
  "STOP",
  "STOP_MARKET",
  "TAKE_PROFIT",
  "TAKE_PROFIT_MARKET",
  "TRAILING_STOP_MARKET",
];
const TIMES_IN_FORCE: readonly TimeInForceWord[] = ["GTC", "IOC", "FOK", "GTX", "GTD"];
/** A good-till date lies between so many ms from now and the end of the year 9999. */
const NEAREST_GOOD_TILL_MS = 600_000;
const LAST_GOOD_TILL_DATE = 253_402_300_799_000;

/**
 * Reads a new order and checks it as the venue does before its matching engine sees it.
 *
 * @throws {Refused}
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api
 */
export function readOrderForm(call: PrivateCall): OrderForm {
  const { parameters, context, account, at } = call;
  const market = requiredMarket(call);
  const side = readSide(parameters);
  const type = readType(parameters);
  checkPositionSide(parameters);
  const reduceOnly = optionalBoolean(parameters, "reduceOnly") ?? false;
  const selfTradePreventionMode = readSelfTradePrevention(parameters);
  const wantsResult = readResponseType(parameters) === "RESULT";
  const clientOrderId = readClientOrderId(parameters) ?? drawText(context.random, 22);

  const timeInForce = readTimeInForce(parameters, type);
  const goodTillDate = readGoodTillDate(parameters, timeInForce, at);
  requiredText(parameters, "quantity");
  const amount = optionalDecimal(parameters, "quantity")!;
  const priceMatch = readPriceMatch(parameters, type);
  const price = readPrice(parameters, type, market, side, priceMatch);

  checkStatus(market, privateRefusals.symbolStatus);
  checkAmount(market, amount, type);
  if (price !== undefined) checkPrice(market, price, side);
  else checkCounterparty(market, side);
  if (!reduceOnly) checkNotional(market, amount, price);

  const name = context.instruments.nameOf(market);
  if (context.core.openOrders(account.name, name).length >= MOST_OPEN_ORDERS) {
    refuse(privateRefusals.tooManyOpenOrders);
  }
  if (!reduceOnly && exceedsPositionLimit(call, market, side, amount)) {
    refuse(privateRefusals.positionTooLarge);
  }

  return {
    market,
    wantsResult: wantsResult && (type === "MARKET" || timeInForce === "IOC" || timeInForce === "FOK"),
    request: {
      account: account.name,
      symbol: name,
      side,
      kind: type === "LIMIT" ? "limit" : "market",
      ...(price === undefined ? {} : { price: price.toFixed() }),
      amount: amount.toFixed(),
      timeInForce: type === "MARKET" ? "ioc" : coreTimeInForce(timeInForce),
      postOnly: timeInForce === "GTX",
      reduceOnly,
      // Only effective for these: https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api
      selfTradePrevention: ["IOC", "GTC", "GTD"].includes(timeInForce)
        ? SELF_TRADE_PREVENTION[selfTradePreventionMode]
        : "none",
      ...(goodTillDate === 0 ? {} : { expiresAt: goodTillDate }),
      clientOrderId,
      flags: { timeInForce, selfTradePreventionMode, priceMatch, goodTillDate },
    },
  };
}

function coreTimeInForce(word: TimeInForceWord): "gtc" | "ioc" | "fok" | "gtd" {
  switch (word) {
    case "IOC":
      return "ioc";
    case "FOK":
      return "fok";
    case "GTD":
      return "gtd";
    default:
      return "gtc";
  }
}

/** `BUY` or `SELL`. */
export function readSide(parameters: Parameters): "buy" | "sell" {
  const side = requiredText(parameters, "side");
  if (side !== "BUY" && side !== "SELL") return refuse(privateRefusals.side);
  return side === "BUY" ? "buy" : "sell";
}

function readType(parameters: Parameters): "LIMIT" | "MARKET" {
  const type = requiredText(parameters, "type");
  // https://developers.binance.com/docs/derivatives/change-log 2025-12-10
  if (CONDITIONAL_TYPES.includes(type)) return refuse(privateRefusals.conditionalType);
  return type === "LIMIT" || type === "MARKET" ? type : refuse(privateRefusals.orderType);
}

function checkPositionSide(parameters: Parameters): void {
  const positionSide = parameters.get("positionSide") ?? "BOTH";
  if (positionSide === "LONG" || positionSide === "SHORT") refuse(privateRefusals.positionSideMismatch);
  if (positionSide !== "BOTH") refuse(privateRefusals.positionSide);
}

function readSelfTradePrevention(parameters: Parameters): SelfTradePreventionWord {
  const word = parameters.get("selfTradePreventionMode") ?? "EXPIRE_MAKER";
  if (!Object.hasOwn(SELF_TRADE_PREVENTION, word)) return refuse(privateRefusals.selfTradePrevention);
  // as: it is a key of the table.
  return word as SelfTradePreventionWord;
}

function readResponseType(parameters: Parameters): "ACK" | "RESULT" {
  const type = parameters.get("newOrderRespType") ?? "ACK";
  return type === "ACK" || type === "RESULT" ? type : refuse(privateRefusals.responseType);
}

function readClientOrderId(parameters: Parameters): string | undefined {
  const id = parameters.get("newClientOrderId");
  if (id === undefined || id === "") return undefined;
  return /^[.A-Z:/a-z0-9_-]{1,36}$/.test(id) ? id : refuse(privateRefusals.clientOrderId);
}

function readTimeInForce(parameters: Parameters, type: "LIMIT" | "MARKET"): TimeInForceWord {
  const sent = parameters.get("timeInForce");
  if (type === "MARKET") {
    // The venue shows market orders as GTC.
    return sent === undefined ? "GTC" : refuse(privateRefusals.notRequired("timeinforce"));
  }
  const word = TIMES_IN_FORCE.find((one) => one === requiredText(parameters, "timeInForce"));
  return word ?? refuse(privateRefusals.timeInForce);
}

function readGoodTillDate(parameters: Parameters, timeInForce: TimeInForceWord, at: number): number {
  const sent = optionalInteger(parameters, "goodTillDate");
  if (timeInForce !== "GTD") return 0;
  if (sent === undefined) return refuse(privateRefusals.missing("goodTillDate"));
  if (sent <= at + NEAREST_GOOD_TILL_MS || sent >= LAST_GOOD_TILL_DATE) refuse(privateRefusals.goodTillDate);
  // Only retained to the second.
  return Math.floor(sent / 1000) * 1000;
}

function readPriceMatch(parameters: Parameters, type: "LIMIT" | "MARKET"): string {
  const priceMatch = parameters.get("priceMatch") ?? "NONE";
  if (priceMatch === "NONE") return priceMatch;
  if (type !== "LIMIT") refuse(privateRefusals.priceMatchType);
  if (parameters.has("price")) refuse(privateRefusals.notRequired("price"));
  return priceMatch;
}

function readPrice(
  parameters: Parameters,
  type: "LIMIT" | "MARKET",
  market: ContractMarket,
  side: "buy" | "sell",
  priceMatch: string,
): Decimal | undefined {
  if (type === "MARKET") {
    return parameters.has("price") ? refuse(privateRefusals.notRequired("price")) : undefined;
  }
  if (priceMatch !== "NONE") return matchedPrice(market, side, priceMatch);
  requiredText(parameters, "price");
  return optionalDecimal(parameters, "price");
}

/** Refuses what a contract that does not trade cannot do. */
export function checkStatus(market: ContractMarket, refusal: RestRefusal): void {
  const { status } = market.contract;
  if (status === "TRADING") return;
  const ended = ["CLOSE", "SETTLING", "PRE_SETTLE", "DELIVERING", "DELIVERED"].includes(status);
  refuse(ended ? privateRefusals.symbolClosed : refusal);
}

/** The filters LOT_SIZE and MARKET_LOT_SIZE, and the precision of amounts. */
export function checkAmount(market: ContractMarket, amount: Decimal, type: "LIMIT" | "MARKET"): void {
  const { contract } = market;
  if (amount.isZero()) refuse(privateRefusals.quantityNotPositive);
  if (amount.decimalPlaces() > contract.quantityPrecision) refuse(privateRefusals.precision);
  if (amount.lt(contract.minQuantity)) refuse(privateRefusals.quantityBelowMinimum);
  const most = type === "LIMIT" ? contract.maxQuantity : contract.maxMarketQuantity;
  if (amount.gt(most)) refuse(privateRefusals.quantityAboveMaximum);
  if (!amount.mod(contract.stepSize).isZero()) refuse(privateRefusals.quantityOffStep);
}

/** The filters PRICE_FILTER and PERCENT_PRICE, and the precision of prices. */
export function checkPrice(market: ContractMarket, price: Decimal, side: "buy" | "sell"): void {
  const { contract } = market;
  if (price.isZero()) refuse(privateRefusals.priceNotPositive);
  if (price.decimalPlaces() > contract.pricePrecision) refuse(privateRefusals.precision);
  if (price.lt(contract.minPrice)) refuse(privateRefusals.priceBelowMinimum);
  if (price.gt(contract.maxPrice)) refuse(privateRefusals.priceAboveMaximum);
  if (!price.mod(contract.tickSize).isZero()) refuse(privateRefusals.priceOffTick);
  const bound = percentBound(market, side);
  if (side === "buy" && price.gt(bound)) refuse(privateRefusals.priceAboveCap(bound.toFixed()));
  if (side === "sell" && price.lt(bound)) refuse(privateRefusals.priceBelowFloor(bound.toFixed()));
}

/** The worst price that PERCENT_PRICE leaves to a side. */
function percentBound(market: ContractMarket, side: "buy" | "sell"): Decimal {
  const { multiplierUp, multiplierDown, pricePrecision } = market.contract;
  return markPriceOf(market)
    .times(side === "buy" ? multiplierUp : multiplierDown)
    .toDecimalPlaces(pricePrecision, side === "buy" ? Decimal.ROUND_DOWN : Decimal.ROUND_UP);
}

/** A market order must find a price within the filter PERCENT_PRICE. */
function checkCounterparty(market: ContractMarket, side: "buy" | "sell"): void {
  const ladder = side === "buy" ? market.market.asks : market.market.bids;
  if (ladder.size === 0) refuse(privateRefusals.counterpartyPrice);
  const best = new Decimal(market.priceText(ladder.tickAt(0)));
  const bound = percentBound(market, side);
  if (side === "buy" ? best.gt(bound) : best.lt(bound)) refuse(privateRefusals.counterpartyPrice);
}

/** The filter MIN_NOTIONAL: at the mark price for an order without a price. */
export function checkNotional(market: ContractMarket, amount: Decimal, price: Decimal | undefined): void {
  const notional = amount.times(price ?? markPriceOf(market));
  const least = market.contract.minNotional;
  if (notional.lt(least)) refuse(privateRefusals.minNotional(least));
}

/** The mark price of a contract, to its eight decimals. */
export function markPriceOf(market: ContractMarket): Decimal {
  return new Decimal(market.markPrice()).div(1e8);
}
