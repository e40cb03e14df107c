import type { RestAnswer } from "../rest/rest-answer.js";
import { jsonText } from "./json-text.js";
import { maxNotionalAt } from "./leverage-brackets.js";
import { markPriceOf } from "./order-form.js";
import { requiredText } from "./parameters.js";
import { type PrivateCall, requiredMarket } from "./private-call.js";
import { privateRefusals } from "./private-refusals.js";
import { refuse } from "./refused.js";

/**
 * `POST /fapi/v1/leverage`.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api/Change-Initial-Leverage
 */
export function setLeverage(call: PrivateCall): RestAnswer {
  const { context, account, parameters, at } = call;
  const market = requiredMarket(call);
  const text = requiredText(parameters, "leverage");
  const leverage = Number(text);
  if (!/^\d{1,3}$/.test(text) || leverage < 1 || leverage > 125) {
    return refuse(privateRefusals.invalidLeverage(text));
  }
  const name = context.instruments.nameOf(market);
  const position = context.core.positions(account.name, name)[0];
  if (position?.amount.abs().times(markPriceOf(market)).gt(maxNotionalAt(leverage)) === true) {
    return refuse(privateRefusals.positionTooLarge);
  }
  const changes = context.core.leverage(account.name, name) !== leverage;
  if (context.core.setLeverage(account.name, name, leverage, at) !== undefined) {
    return refuse(privateRefusals.leverageTooSmall);
  }
  if (changes) context.leverageChanged(account.name, market.contract.exchangeSymbol, leverage, at);
  return jsonText({
    leverage,
    maxNotionalValue: String(maxNotionalAt(leverage)),
    symbol: market.contract.exchangeSymbol,
  });
}

/**
 * `POST /fapi/v1/marginType`: every contract is in cross margin, and isolated margin is not simulated.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api/Change-Margin-Type
 */
export function setMarginType(call: PrivateCall): RestAnswer {
  const { context, account, parameters } = call;
  const name = context.instruments.nameOf(requiredMarket(call));
  const marginType = requiredText(parameters, "marginType");
  if (marginType === "CROSSED") return refuse(privateRefusals.sameMarginType);
  if (marginType !== "ISOLATED") return refuse(privateRefusals.invalidParameter("marginType"));
  if (context.core.openOrders(account.name, name).length > 0) {
    return refuse(privateRefusals.marginTypeWithOrders);
  }
  const position = context.core.positions(account.name, name)[0];
  if (position?.amount.isZero() === false) return refuse(privateRefusals.marginTypeWithPosition);
  return refuse(privateRefusals.notYet);
}

/**
 * `POST /fapi/v1/positionSide/dual`: every account is in one-way mode, and hedge mode is not simulated.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api/Change-Position-Mode
 */
export function setPositionMode(call: PrivateCall): RestAnswer {
  const { context, account, parameters } = call;
  const dual = requiredText(parameters, "dualSidePosition").toLowerCase();
  if (dual === "false") return refuse(privateRefusals.samePositionMode);
  if (dual !== "true") return refuse(privateRefusals.invalidParameter("dualSidePosition"));
  if (context.core.openOrders(account.name).length > 0) return refuse(privateRefusals.positionModeWithOrders);
  if (context.core.positions(account.name).some(({ amount }) => !amount.isZero())) {
    return refuse(privateRefusals.positionModeWithPosition);
  }
  return refuse(privateRefusals.notYet);
}

/**
 * `POST /fapi/v1/listenKey`: the account's listen key, made if there is none, for another 60 minutes.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/user-data-streams/Start-User-Data-Stream
 */
export function startListenKey({ context, account, at }: PrivateCall): RestAnswer {
  return jsonText({ listenKey: context.listenKeys.start(account.name, at) });
}

/** `PUT /fapi/v1/listenKey`: another 60 minutes for the account's listen key. */
export function keepListenKeyAlive({ context, account, at }: PrivateCall): RestAnswer {
  const listenKey = context.listenKeys.keepAlive(account.name, at);
  return listenKey === undefined ? refuse(privateRefusals.listenKey) : jsonText({ listenKey });
}

/** `DELETE /fapi/v1/listenKey`: ends the account's listen key and its streams. */
export function closeListenKey({ context, account }: PrivateCall): RestAnswer {
  const listenKey = context.listenKeys.close(account.name);
  if (listenKey === undefined) return refuse(privateRefusals.listenKey);
  context.listenKeyClosed(listenKey);
  return "{}";
}
