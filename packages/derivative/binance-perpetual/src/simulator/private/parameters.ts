import { Decimal } from "@conn/core";
import { privateRefusals } from "./private-refusals.js";
import { refuse } from "./refused.js";
import type { Parameters } from "./signed-request.js";

/** The largest time that the venue reads. */
const LAST_TIME = 8_999_999_999_999_999;

/** A parameter that must be there. */
export function requiredText(parameters: Parameters, name: string): string {
  const text = parameters.get(name);
  return text === undefined || text === "" ? refuse(privateRefusals.missing(name)) : text;
}

/** A plain decimal number, or `undefined` if it is not sent. */
export function optionalDecimal(parameters: Parameters, name: string): Decimal | undefined {
  const text = parameters.get(name);
  if (text === undefined || text === "") return undefined;
  if (!/^\d{1,20}(\.\d{1,20})?$/.test(text)) {
    refuse(privateRefusals.illegalCharacters(name, "^([0-9]{1,20})(\\.[0-9]{1,20})?$"));
  }
  return new Decimal(text);
}

/** A whole number, or `undefined` if it is not sent. */
export function optionalInteger(
  parameters: Parameters,
  name: string,
  range: { readonly min: number; readonly max: number } = { min: 0, max: LAST_TIME },
): number | undefined {
  const text = parameters.get(name);
  if (text === undefined || text === "") return undefined;
  if (!/^\d{1,16}$/.test(text)) refuse(privateRefusals.illegalCharacters(name, "^[0-9]{1,20}$"));
  const value = Number(text);
  return value < range.min || value > range.max ? refuse(privateRefusals.invalidParameter(name)) : value;
}

/** An id: digits, of any length that the venue has. */
export function optionalId(parameters: Parameters, name: string): string | undefined {
  const text = parameters.get(name);
  if (text === undefined || text === "") return undefined;
  return /^\d{1,20}$/.test(text) ? text : refuse(privateRefusals.illegalCharacters(name, "^[0-9]{1,20}$"));
}

/** `true` or `false`, in any case; `undefined` if it is not sent. */
export function optionalBoolean(parameters: Parameters, name: string): boolean | undefined {
  const text = parameters.get(name)?.toLowerCase();
  if (text === undefined || text === "") return undefined;
  if (text !== "true" && text !== "false") refuse(privateRefusals.invalidParameter(name));
  return text === "true";
}

/** A window of time, both ends included, in ms since 1970. */
export interface TimeWindow {
  readonly from: number;
  readonly to: number;
  /** Whether its beginning was asked for: then lists begin there, and otherwise end at its end. */
  readonly fromStart: boolean;
}

const DAY_MS = 86_400_000;

/**
 * Reads `startTime` and `endTime`: the last `days` if neither is sent, and no more than so many between them.
 * Where only one is sent, the window reaches `days` from it: the documents do not say.
 */
export function readTimeWindow(parameters: Parameters, days: number, at: number): TimeWindow {
  const start = optionalInteger(parameters, "startTime");
  const end = optionalInteger(parameters, "endTime");
  const longest = days * DAY_MS;
  if (start !== undefined && end !== undefined) {
    if (start > end) refuse(privateRefusals.startAfterEnd);
    if (end - start > longest) refuse(privateRefusals.windowTooLong(days));
  }
  const to = end ?? (start === undefined ? at : Math.min(at, start + longest));
  return { from: start ?? to - longest, to, fromStart: start !== undefined };
}
