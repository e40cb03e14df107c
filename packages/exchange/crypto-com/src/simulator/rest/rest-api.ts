import type { ServerRequest, ServerResponse } from "@conn/core";
import type { RequestFacts } from "@conn/simulator";
import { type PrivateSide, symbolIn } from "../private/private-side.js";
import { book } from "./book.js";
import { candlesticks } from "./candlesticks.js";
import { instruments } from "./instruments.js";
import type { RequestLimits } from "./request-limits.js";
import { notFound, type RestAnswer, refusals, toResponse } from "./rest-answer.js";
import { tickers } from "./tickers.js";
import { trades } from "./trades.js";
import { valuations } from "./valuations.js";
import type { RestRequest, VenueData } from "./venue-data.js";

/** Where all methods are: the rest of a path is the method's name. */
const ROOT = "/exchange/v1/";

/**
 * The public methods; all are GET.
 *
 * @see https://exchange-developer.crypto.com/exchange/v1/docs/api/rest-introduction
 */
const METHODS: ReadonlyMap<string, (request: RestRequest) => RestAnswer> = new Map([
  ["public/get-instruments", instruments],
  ["public/get-book", book],
  ["public/get-tickers", tickers],
  ["public/get-trades", trades],
  ["public/get-candlestick", candlesticks],
  ["public/get-valuations", valuations],
]);

/** Answers a plain request. */
export function answerRequest(
  venue: VenueData,
  limits: RequestLimits,
  privateSide: PrivateSide,
  request: ServerRequest,
  at: number,
): ServerResponse {
  const { path, query } = splitPath(request.path);
  const method = methodOf(path);
  if (isPrivate(request)) return privateSide.answerRest(method, request, at);
  const answer = request.method === "GET" ? METHODS.get(method) : undefined;
  if (answer === undefined) return notFound(path);
  if (!limits.admit(request.remoteAddress, method, at)) return tooManyRequests(request);
  return toResponse(method, answer({ venue, query, at }));
}

/**
 * The venue's answer to too many requests. It has no header that tells when to come back, and no bans.
 *
 * @see https://exchange-developer.crypto.com/exchange/v1/docs/api/rest-common-api-reference
 */
export function tooManyRequests(request: ServerRequest): ServerResponse {
  return toResponse(methodOf(splitPath(request.path).path), refusals.tooManyRequests);
}

/** What a plain request is about. */
export function describeRestRequest(request: ServerRequest): RequestFacts {
  const { path, query } = splitPath(request.path);
  const symbol = isPrivate(request)
    ? symbolIn(new TextDecoder().decode(request.body))
    : (query.get("instrument_name") ?? undefined);
  return { route: "rest", kind: path, ...(symbol === undefined ? {} : { symbol }) };
}

/** Private methods are POST. @see https://exchange-developer.crypto.com/exchange/v1/docs/api/rest-introduction */
function isPrivate({ method, path }: ServerRequest): boolean {
  return method === "POST" && path.startsWith(`${ROOT}private/`);
}

function methodOf(path: string): string {
  return path.startsWith(ROOT) ? path.slice(ROOT.length) : path;
}

function splitPath(target: string): { path: string; query: URLSearchParams } {
  const mark = target.indexOf("?");
  return mark < 0
    ? { path: target, query: new URLSearchParams() }
    : { path: target.slice(0, mark), query: new URLSearchParams(target.slice(mark + 1)) };
}
