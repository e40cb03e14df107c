import type { ServerResponse } from "@conn/core";

/** A refusal in the venue's words. */
export interface RestRefusal {
  readonly status: number;
  readonly code: number;
  readonly msg: string;
}

/** The JSON text of a successful answer, or a refusal. */
export type RestAnswer = string | RestRefusal;

/** @see https://developers.binance.com/docs/derivatives/usds-margined-futures/error-code */
export const refusals = {
  invalidSymbol: { status: 400, code: -1121, msg: "Invalid symbol." },
  invalidSymbolStatus: { status: 400, code: -1122, msg: "Invalid symbol status." },
  missing: (parameter: string): RestRefusal => ({
    status: 400,
    code: -1102,
    msg: `Mandatory parameter '${parameter}' was not sent, was empty/null, or malformed.`,
  }),
  invalidParameter: (parameter: string): RestRefusal => ({
    status: 400,
    code: -1130,
    msg: `Data sent for parameter '${parameter}' is not valid.`,
  }),
  invalidDepthLimit: (limit: string): RestRefusal => ({
    status: 400,
    code: -4021,
    msg: `${limit} is not valid depth limit`,
  }),
  windowTooOld: {
    status: 400,
    code: -4166,
    msg: "Search window is restricted to recent 2 days only.",
  },
  unknownPath: (path: string, method: string): RestRefusal => ({
    status: 404,
    code: -5000,
    msg: `Path ${path}, Method ${method} is invalid`,
  }),
} as const;

/** Puts an answer into its HTTP form. */
export function toResponse(
  answer: RestAnswer,
  headers: Readonly<Record<string, string>> = {},
): ServerResponse {
  const json = { "content-type": "application/json", ...headers };
  if (typeof answer === "string") return { status: 200, headers: json, body: answer };
  return {
    status: answer.status,
    headers: json,
    body: JSON.stringify({ code: answer.code, msg: answer.msg }),
  };
}
