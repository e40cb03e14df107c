import { isObject, type JsonObject, type JsonValue, readJson, scalarText } from "./json-value.js";
import { refusals, refuse } from "./refusal.js";

/** What every request has around its parameters. */
export interface Envelope {
  /** Digits; -1 if there is none, as the venue answers. */
  readonly id: string;
  /** `ERROR` if there is none, as the venue answers. */
  readonly method: string;
  readonly nonce: string | undefined;
  readonly params: JsonValue | undefined;
  readonly apiKey: string | undefined;
  readonly signature: string | undefined;
}

/** Ids are integers of 64 bits: https://exchange-developer.crypto.com/exchange/v1/docs/api/rest-common-api-reference */
const LARGEST_ID = 2n ** 63n - 1n;

/** Reads a request; `undefined` if it is no JSON object. */
export function readEnvelope(text: string): Envelope | undefined {
  const message = readJson(text);
  if (!isObject(message)) return undefined;
  const id = scalarText(message.id);
  const hasId = id !== undefined && /^\d{1,19}$/.test(id) && BigInt(id) <= LARGEST_ID;
  const { method, params } = message;
  return {
    id: hasId ? id : "-1",
    method: typeof method === "string" ? method : "ERROR",
    nonce: scalarText(message.nonce),
    params,
    apiKey: typeof message.api_key === "string" ? message.api_key : undefined,
    signature: typeof message.sig === "string" ? message.sig : undefined,
  };
}

/**
 * The parameters of a request, which may not be left out, and not be an empty list.
 *
 * @see https://exchange-developer.crypto.com/exchange/v1/docs/api/rest-common-api-reference Request Format
 */
export function requiredParams({ params }: Envelope): JsonObject {
  return isObject(params) ? params : refuse(refusals.invalidRequest);
}

/** A text parameter; `undefined` if it is absent or empty. Ids and the like are taken as numbers too. */
export function optionalText(params: JsonObject, name: string): string | undefined {
  const value = params[name];
  if (value === undefined || value === null || value === "") return undefined;
  return scalarText(value) ?? refuse(refusals.missingArgument);
}

/** A text parameter that must be there. */
export function requiredText(params: JsonObject, name: string): string {
  return optionalText(params, name) ?? refuse(refusals.missingArgument);
}

/**
 * A price or an amount. The venue demands that numbers are sent as texts; others than ids and counts are refused
 * where they are not.
 *
 * @see https://exchange-developer.crypto.com/exchange/v1/docs/api/rest-common-api-reference
 */
export function optionalNumber(params: JsonObject, name: string): string | undefined {
  const value = params[name];
  if (value === undefined || value === null || value === "") return undefined;
  return typeof value === "string" ? value : refuse(refusals.invalidRequest);
}
