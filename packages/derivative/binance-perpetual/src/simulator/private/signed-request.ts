import type { ServerRequest } from "@conn/core";
import type { RestRefusal } from "../rest/rest-answer.js";
import type { Accounts, ApiKey } from "./accounts.js";
import { privateRefusals } from "./private-refusals.js";
import { isSigned } from "./verify-signature.js";

/** What a request must prove. `key`: that it has an API key; `read` and `trade`: its signature too. */
export type Access = "key" | "read" | "trade";

/** A request's parameters, each as text. */
export type Parameters = ReadonlyMap<string, string>;

/** Who asks, and for what. */
export interface Authorized {
  readonly key: ApiKey;
  readonly parameters: Parameters;
}

const DEFAULT_RECEIVE_WINDOW_MS = 5_000;
const LONGEST_RECEIVE_WINDOW_MS = 60_000;
/** A timestamp may be this far ahead of the venue's clock, in ms. */
const AHEAD_MS = 1_000;

/**
 * Checks key, time and signature of a request.
 *
 * The signature covers the query string and the body, put together without anything between them, as they were
 * sent; it is the end part of the one or the other. Where a parameter is in both, the query string's counts.
 * The documents do not say what is checked first; here it is key, parameters, time, signature, permission.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/general-info
 */
export function authorize(
  request: ServerRequest,
  access: Access,
  accounts: Accounts,
  at: number,
): Authorized | RestRefusal {
  const apiKey = request.headers["x-mbx-apikey"];
  if (apiKey === undefined || !/^[A-Za-z0-9]{64}$/.test(apiKey)) return privateRefusals.keyFormat;
  const key = accounts.findKey(apiKey);
  if (key === undefined) return privateRefusals.keyRejected;
  if (key.addresses !== undefined && !key.addresses.includes(request.remoteAddress)) {
    return privateRefusals.keyRejected;
  }

  const mark = request.path.indexOf("?");
  const query = mark < 0 ? "" : request.path.slice(mark + 1);
  // Parameters of GET requests come in the query string only.
  const body = request.method === "GET" ? "" : new TextDecoder().decode(request.body);
  const parameters = readParameters(query, body);
  if (isDuplicate(parameters)) return privateRefusals.duplicateParameter;
  if (access === "key") return { key, parameters };

  const signed = splitSignature(query, body);
  if (signed === undefined) {
    return parameters.has("signature") ? privateRefusals.signature : privateRefusals.missing("signature");
  }
  const refusal = checkTime(parameters, at);
  if (refusal !== undefined) return refusal;
  // What is not percent-encoded before it is signed has no valid signature since 2026-01-15:
  // https://developers.binance.com/docs/binance-spot-api-docs/rest-api/request-security
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII is meant.
  if (!/^[\x00-\x7f]*$/.test(signed.payload)) return privateRefusals.signature;
  if (!isSigned(signed.payload, signed.signature, key.verifier)) return privateRefusals.signature;
  if (access === "trade" && !key.trade) return privateRefusals.keyRejected;
  return { key, parameters };
}

function checkTime(parameters: Parameters, at: number): RestRefusal | undefined {
  const timestamp = parameters.get("timestamp");
  if (timestamp === undefined || timestamp === "") return privateRefusals.missing("timestamp");
  if (!/^\d{1,16}$/.test(timestamp)) return privateRefusals.illegalCharacters("timestamp", "^[0-9]{1,20}$");
  const receiveWindow = parameters.get("recvWindow") ?? String(DEFAULT_RECEIVE_WINDOW_MS);
  if (!/^\d{1,16}$/.test(receiveWindow)) {
    return privateRefusals.illegalCharacters("recvWindow", "^[0-9]{1,20}$");
  }
  if (Number(receiveWindow) > LONGEST_RECEIVE_WINDOW_MS) return privateRefusals.receiveWindowTooLong;
  if (Number(timestamp) >= at + AHEAD_MS) return privateRefusals.timestampAhead;
  if (at - Number(timestamp) > Number(receiveWindow)) return privateRefusals.timestampTooOld;
  return undefined;
}

/** The signature and what it signs; `undefined` if neither query string nor body ends with one. */
function splitSignature(
  query: string,
  body: string,
): { readonly payload: string; readonly signature: string } | undefined {
  const ending = /(?:^|&)signature=([^&]*)$/;
  const inBody = ending.exec(body);
  const found = inBody ?? ending.exec(query);
  if (found === null) return undefined;
  const signature = decode(found[1]!);
  if (signature === undefined || signature === "") return undefined;
  return inBody === null
    ? { payload: query.slice(0, found.index) + body, signature }
    : { payload: query + body.slice(0, found.index), signature };
}

function decode(text: string): string | undefined {
  try {
    // A plus sign that is not percent-encoded is a space, as in all forms.
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return undefined;
  }
}

function isDuplicate(parameters: Parameters | "duplicate"): parameters is "duplicate" {
  return parameters === "duplicate";
}

function readParameters(query: string, body: string): Parameters | "duplicate" {
  const parameters = new Map<string, string>();
  for (const part of [body, query]) {
    const seen = new Set<string>();
    for (const [name, value] of new URLSearchParams(part)) {
      if (seen.has(name)) return "duplicate";
      seen.add(name);
      parameters.set(name, value);
    }
  }
  return parameters;
}
