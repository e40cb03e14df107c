import { Decimal } from "@conn/core";
import type { PreventionSettings } from "./accounts.js";
import { isList, type JsonObject } from "./json-value.js";
import { type PrivateCall, requiredMarket } from "./private-context.js";
import { optionalNumber, optionalText, requiredText } from "./private-request.js";
import { type Refusal, refusals, refuse } from "./refusal.js";
import type { OrderForm } from "./venue-order.js";

/** https://exchange-developer.crypto.com/exchange/v1/docs/api/rest/private-create-order client_oid */
const LONGEST_CLIENT_OID = 36;

const TIMES_IN_FORCE = new Set(["GOOD_TILL_CANCEL", "IMMEDIATE_OR_CANCEL", "FILL_OR_KILL"]);

/**
 * Reads an order as far as it can be judged for itself: what is wrong with its form is refused at once, whatever
 * becomes of other orders.
 *
 * Trigger orders moved to `private/advanced/create-order` in December 2025, and are no types of orders here.
 *
 * @see https://exchange-docs.crypto.com/exchange/v1/rest-ws/index.html#private-create-order
 */
export function readOrderForm(
  call: Pick<PrivateCall, "context" | "at" | "account">,
  params: JsonObject,
): OrderForm {
  const market = requiredMarket(call, params);
  const side = requiredText(params, "side");
  if (side !== "BUY" && side !== "SELL") return refuse(refusals.invalidSide);
  const type = requiredText(params, "type");
  if (type !== "LIMIT" && type !== "MARKET") return refuse(refusals.invalidOrderType);
  const price = type === "LIMIT" ? requiredNumber(params, "price", refusals.invalidPrice) : undefined;
  const timeInForce = optionalText(params, "time_in_force") ?? "GOOD_TILL_CANCEL";
  if (!isTimeInForce(timeInForce)) return refuse(refusals.invalidTimeInForce);
  const postOnly = readPostOnly(params);
  // POST_ONLY goes with GOOD_TILL_CANCEL and with limit orders alone.
  if (postOnly && (type === "MARKET" || timeInForce !== "GOOD_TILL_CANCEL")) refuse(refusals.postOnly);
  if (optionalText(params, "spot_margin") === "MARGIN") refuse(refusals.missingArgument);
  const { baseCurrency, quoteCurrency } = market.instrument;
  const feeToken = optionalText(params, "fee_instrument_name");
  // Other tokens than the default one are not served here.
  if (feeToken !== undefined && feeToken !== (side === "BUY" ? baseCurrency : quoteCurrency)) {
    refuse(refusals.invalidFeeCurrency);
  }
  return {
    market,
    side,
    type,
    price,
    ...readSize(params, side, type),
    timeInForce,
    postOnly,
    prevention: readPrevention(params) ?? call.account.prevention,
    clientOid: readClientOid(params, "client_oid"),
  };
}

function isTimeInForce(text: string): text is OrderForm["timeInForce"] {
  return TIMES_IN_FORCE.has(text);
}

/** Limit orders and sales have a quantity; a market order that buys has either a quantity or a notional. */
function readSize(
  params: JsonObject,
  side: OrderForm["side"],
  type: OrderForm["type"],
): Pick<OrderForm, "quantity" | "notional"> {
  const notional = optionalNumber(params, "notional");
  if (type === "LIMIT" || side === "SELL" || notional === undefined) {
    return { quantity: requiredNumber(params, "quantity", refusals.invalidQuantity), notional: undefined };
  }
  if (optionalNumber(params, "quantity") !== undefined) refuse(refusals.missingArgument);
  return { quantity: undefined, notional: requiredNumber(params, "notional", refusals.invalidQuantity) };
}

/** A positive decimal number without sign and exponent. */
export function requiredNumber(params: JsonObject, name: string, refusal: Refusal): string {
  const text = optionalNumber(params, name) ?? refuse(refusals.missingArgument);
  if (!/^\d+(?:\.\d+)?$/.test(text) || !new Decimal(text).gt(0)) refuse(refusal);
  return text;
}

export function readClientOid(params: JsonObject, name: string): string | undefined {
  const clientOid = optionalText(params, name);
  if (clientOid !== undefined && clientOid.length > LONGEST_CLIENT_OID) refuse(refusals.missingArgument);
  return clientOid;
}

function readPostOnly(params: JsonObject): boolean {
  const given = params.exec_inst;
  if (given === undefined || given === null || given === "") return false;
  // What SMART_POST_ONLY does is not documented.
  if (!isList(given) || given.some((one) => one !== "POST_ONLY")) return refuse(refusals.invalidExecInst);
  return given.length > 0;
}

/**
 * How an order, or an account, prevents trades with itself. With a scope there must be an instruction; an id alone is
 * refused.
 *
 * @see https://exchange-docs.crypto.com/exchange/v1/rest-ws/index.html#private-create-order stp_scope
 */
export function readPrevention(params: JsonObject): PreventionSettings | undefined {
  const scope = optionalText(params, "stp_scope");
  const instruction = optionalText(params, "stp_inst");
  const id = optionalText(params, "stp_id");
  if (scope === undefined && instruction === undefined && id === undefined) return undefined;
  if (scope !== "M" && scope !== "S") return refuse(refusals.missingArgument);
  if (instruction !== "M" && instruction !== "T" && instruction !== "B")
    return refuse(refusals.missingArgument);
  if (id !== undefined && !(/^\d{1,5}$/.test(id) && Number(id) <= 32_767)) refuse(refusals.missingArgument);
  return { scope, instruction, id: Number(id ?? "0") };
}
