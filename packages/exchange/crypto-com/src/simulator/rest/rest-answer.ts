import type { ServerResponse } from "@conn/core";

/** A refusal in the venue's words. */
export interface RestRefusal {
  readonly status: number;
  readonly code: number;
  readonly message: string;
}

/** The JSON text of a result, or a refusal. */
export type RestAnswer = string | RestRefusal;

/**
 * Codes and their HTTP statuses as documented, texts as measured.
 *
 * @see https://exchange-developer.crypto.com/exchange/v1/docs/api/rest-common-api-reference
 * @see https://github.com/nemanull/arbitrage-observatory/blob/11b37323d167f62679e92ac345d317fad916371c/docs/profiles/cryptocom/rest.md
 */
export const refusals = {
  missing: (parameter: string): RestRefusal => ({
    status: 400,
    code: 40004,
    message: `Missing ${parameter} param`,
  }),
  invalid: (parameter: string): RestRefusal => ({
    status: 400,
    code: 40004,
    message: `Invalid ${parameter}`,
  }),
  invalidDate: { status: 400, code: 40005, message: "Invalid date" },
  tooManyRequests: { status: 429, code: 42901, message: "TOO_MANY_REQUESTS" },
} as const;

const JSON_HEADERS = { "content-type": "application/json" };

/**
 * Puts an answer into the venue's envelope. A request of GET has no id, and the answer then says -1.
 *
 * @see https://exchange-developer.crypto.com/exchange/v1/docs/api/rest-common-api-reference
 */
export function toResponse(method: string, answer: RestAnswer): ServerResponse {
  const head = `{"id":-1,"method":"${method}"`;
  if (typeof answer === "string") {
    return { status: 200, headers: JSON_HEADERS, body: `${head},"code":0,"result":${answer}}` };
  }
  const { status, code, message } = answer;
  return {
    status,
    headers: JSON_HEADERS,
    body: `${head},"code":${code},"message":${JSON.stringify(message)}}`,
  };
}

/** The answer for a path that is none; measured with a time in it besides. */
export function notFound(path: string): ServerResponse {
  return {
    status: 404,
    headers: JSON_HEADERS,
    body: JSON.stringify({ status: 404, error: "Not Found", path: path.replace(/^\/exchange/, "") }),
  };
}
