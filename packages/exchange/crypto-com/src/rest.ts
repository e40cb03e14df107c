import { Decimal, parseJson, type RestCall, type RestRequest, type RestRules, VenueError } from "@conn/core";
import * as v from "valibot";
import type { PublicMethod } from "./constants.js";
import { errors } from "./errors.js";

/** Codes are numbers on the wire and strings in the venue's own examples. */
const ENVELOPE = v.object({
  code: v.union([v.number(), v.pipe(v.string(), v.regex(/^-?\d+$/))]),
  message: v.optional(v.string()),
  result: v.optional(v.unknown()),
});

function parseEnvelope(
  body: Uint8Array,
  options?: Parameters<typeof parseJson>[1],
): v.InferOutput<typeof ENVELOPE> {
  return v.parse(ENVELOPE, parseJson(body, options));
}

/**
 * The `result` of an answer. A refusal can come with HTTP status 200, so the code decides.
 *
 * @throws {VenueError} VENUE_REFUSED if the venue's code is not 0.
 */
export function parseResult(body: Uint8Array, options?: Parameters<typeof parseJson>[1]): unknown {
  const { code, message = "", result } = parseEnvelope(body, options);
  if (String(code) === "0") return result;
  throw refusal(String(code), message);
}

/** An answer with another code than 0, whose meaning `errors` tells. */
export function refusal(venueCode: string, message: string): VenueError {
  return new VenueError("VENUE_REFUSED", message, { venueCode });
}

/**
 * There are no rate-limit headers; exhaustion is 429 with code 42901.
 *
 * @see https://exchange-developer.crypto.com/exchange/v1/docs/api/rest-common-api-reference (response and reason codes)
 */
export const restRules: RestRules = {
  usageHeaders: {},
  // Each method has its own limit.
  limitStatuses: { 429: { code: "RATE_LIMITED", stops: "pools" } },
  defaultRetryAfterMs: 1_000,
  errors,
  parseError(body) {
    try {
      const { code, message = "" } = parseEnvelope(body);
      return { venueCode: String(code), message };
    } catch {
      return undefined;
    }
  },
};

/** What to send for a public method, whose name is its path. */
export function publicRequest(method: PublicMethod, query: Readonly<Record<string, string>>): RestRequest {
  return { method: "GET", path: `/${method}`, query, cost: { [method]: 1 } };
}

/** Describes a public method. */
export function publicCall<Answer>(
  method: PublicMethod,
  query: Readonly<Record<string, string>>,
  read: (result: unknown) => Answer,
): RestCall<Answer> {
  return { ...publicRequest(method, query), parse: (body) => read(parseResult(body)) };
}

/** A price may be absent before the first trade. */
const TICKERS = v.object({
  data: v.array(v.object({ i: v.string(), a: v.nullish(v.pipe(v.string(), v.regex(/^\d+(\.\d+)?$/))) })),
});

/** Last prices of one instrument or of all. @see https://exchange-developer.crypto.com/exchange/v1/docs/api/market-data-rest (public/get-tickers) */
export function lastTradedPrices(exchangeSymbol: string | undefined): RestCall<ReadonlyMap<string, Decimal>> {
  const query = exchangeSymbol === undefined ? {} : { instrument_name: exchangeSymbol };
  return publicCall("public/get-tickers", query, (result) => {
    const prices = new Map<string, Decimal>();
    for (const { i, a } of v.parse(TICKERS, result).data) if (a) prices.set(i, new Decimal(a));
    return prices;
  });
}

/** The venue has no ping: the smallest ticker request shows that it is there. */
export const networkCheck: RestCall<void> = publicCall(
  "public/get-tickers",
  { instrument_name: "BTC_USD" },
  () => undefined,
);
