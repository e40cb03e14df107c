import type { ServerRequest, ServerResponse } from "@conn/core";
import type { RateLimitNotice, RequestFacts } from "@conn/simulator";
import { PRIVATE_ENDPOINTS } from "../private/endpoints.js";
import type { PrivateSide } from "../private/private-side.js";
import { depth, depthWeight } from "./depth.js";
import { exchangeInfo } from "./exchange-info.js";
import { fundingInfo, fundingRate, premiumIndex } from "./funding.js";
import type { Cost, IpLimits } from "./ip-limits.js";
import { openInterest } from "./open-interest.js";
import { type RestAnswer, refusals, toResponse } from "./rest-answer.js";
import { bookTicker, ticker24h, tickerPrice } from "./tickers.js";
import { aggregateTrades, trades } from "./trades.js";
import type { RestRequest, VenueData } from "./venue-data.js";

interface Endpoint {
  cost(query: URLSearchParams): Cost;
  answer(request: RestRequest): RestAnswer;
}

const oneOrAll =
  (one: number, all: number) =>
  (query: URLSearchParams): number =>
    query.has("symbol") ? one : all;

/**
 * The public endpoints and what they cost.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api
 */
const ENDPOINTS: ReadonlyMap<string, Endpoint> = new Map([
  ["GET /fapi/v1/ping", { cost: () => 1, answer: () => "{}" }],
  ["GET /fapi/v1/time", { cost: () => 1, answer: ({ at }) => `{"serverTime":${at}}` }],
  ["GET /fapi/v1/exchangeInfo", { cost: () => 1, answer: exchangeInfo }],
  ["GET /fapi/v1/depth", { cost: depthWeight, answer: depth }],
  ["GET /fapi/v1/ticker/price", { cost: oneOrAll(1, 2), answer: tickerPrice }],
  ["GET /fapi/v2/ticker/price", { cost: oneOrAll(1, 2), answer: tickerPrice }],
  ["GET /fapi/v1/ticker/bookTicker", { cost: oneOrAll(2, 5), answer: bookTicker }],
  ["GET /fapi/v1/ticker/24hr", { cost: oneOrAll(1, 40), answer: ticker24h }],
  ["GET /fapi/v1/premiumIndex", { cost: oneOrAll(1, 10), answer: premiumIndex }],
  ["GET /fapi/v1/openInterest", { cost: () => 1, answer: openInterest }],
  ["GET /fapi/v1/fundingInfo", { cost: () => "funding", answer: fundingInfo }],
  ["GET /fapi/v1/fundingRate", { cost: () => "funding", answer: fundingRate }],
  ["GET /fapi/v1/trades", { cost: () => 5, answer: trades }],
  ["GET /fapi/v1/aggTrades", { cost: () => 20, answer: aggregateTrades }],
] satisfies [string, Endpoint][]);

/** Answers a plain request. */
export function answerRequest(
  venue: VenueData,
  ipLimits: IpLimits,
  privateSide: PrivateSide,
  request: ServerRequest,
  at: number,
): ServerResponse {
  const { path, query } = splitPath(request.path);
  const endpoint = ENDPOINTS.get(`${request.method} ${path}`);
  const privateEndpoint = PRIVATE_ENDPOINTS.get(`${request.method} ${path}`);
  const cost = endpoint?.cost(query) ?? privateEndpoint?.weight(query) ?? 1;
  const charge = ipLimits.charge(request.remoteAddress, cost, at);
  // Funding endpoints have a limit of their own and tell no weight:
  // https://github.com/dilettante-trading/polyoxide/blob/main/docs/specs/binance/OBSERVED.md
  const headers = cost === "funding" ? {} : { "x-mbx-used-weight-1m": String(charge.usedWeight) };
  if (charge.verdict !== "ok") {
    const answer = limitAnswer(
      { banned: charge.verdict === "banned", retryAfterMs: charge.retryAfterMs },
      request,
      at,
      venue.limits.weightPerMinute,
    );
    return { ...answer, headers: { ...answer.headers, ...headers } };
  }
  if (privateEndpoint !== undefined) {
    const { answer, headers: counts } = privateSide.answer(privateEndpoint, request, at);
    return toResponse(answer, { ...headers, ...counts });
  }
  if (endpoint === undefined) return toResponse(refusals.unknownPath(path, request.method), headers);
  return toResponse(endpoint.answer({ venue, query, at }), headers);
}

/**
 * The venue's answer to too many requests: 429, or 418 for a banned address.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/general-info
 */
export function limitAnswer(
  { banned, retryAfterMs }: RateLimitNotice,
  request: ServerRequest,
  at: number,
  weightPerMinute: number,
): ServerResponse {
  const headers = { "retry-after": String(Math.max(1, Math.ceil(retryAfterMs / 1000))) };
  const ip = request.remoteAddress;
  const advice = "Please use the websocket for live updates to avoid";
  return banned
    ? toResponse(
        {
          status: 418,
          code: -1003,
          msg: `Way too many requests; IP(${ip}) banned until ${at + retryAfterMs}. ${advice} bans.`,
        },
        headers,
      )
    : toResponse(
        {
          status: 429,
          code: -1003,
          msg: `Too many requests; current limit of IP(${ip}) is ${weightPerMinute} requests per minute. ${advice} polling the API.`,
        },
        headers,
      );
}

/** What a plain request is about. */
export function describeRestRequest(request: ServerRequest): RequestFacts {
  const { path, query } = splitPath(request.path);
  // Parameters of other methods may be in the body.
  const body = request.method === "GET" ? "" : new TextDecoder().decode(request.body);
  const symbol = query.get("symbol") ?? new URLSearchParams(body).get("symbol");
  return { route: "rest", kind: path, ...(symbol === null ? {} : { symbol }) };
}

function splitPath(target: string): { path: string; query: URLSearchParams } {
  const mark = target.indexOf("?");
  return mark < 0
    ? { path: target, query: new URLSearchParams() }
    : { path: target.slice(0, mark), query: new URLSearchParams(target.slice(mark + 1)) };
}
