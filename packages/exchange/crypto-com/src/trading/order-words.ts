import { Decimal, type InFlightOrder, type OrderType, type OrderUpdate, type TimeInForce } from "@conn/core";
import * as v from "valibot";

/** Numbers are texts by the venue's rule and numbers in some of its answers; either way they are read as written. */
export const decimal = v.pipe(
  v.string(),
  v.regex(/^-?\d+(\.\d+)?([eE][-+]?\d+)?$/),
  v.transform((text) => new Decimal(text)),
);

export const id = v.pipe(v.string(), v.nonEmpty());

/** Ms since 1970-01-01 UTC; ids and times are read as texts. */
export const timestamp = v.pipe(
  v.string(),
  v.regex(/^\d{1,15}$/),
  // exact: a time in ms of at most 15 digits.
  v.transform(Number),
);

/** @see https://exchange-developer.crypto.com/exchange/v1/docs/api/trading-rest (order status) */
const STATUSES = {
  // On its way to the book: neither accepted nor refused.
  NEW: undefined,
  PENDING: undefined,
  ACTIVE: "open",
  FILLED: "filled",
  CANCELED: "canceled",
  EXPIRED: "expired",
  REJECTED: "rejected",
} as const satisfies Record<string, OrderUpdate["status"]>;

/** The venue's word for where an order is. Unknown ones are an error, never guessed. */
export const status = v.pipe(
  v.picklist(Object.keys(STATUSES) as (keyof typeof STATUSES)[]),
  v.transform((word): OrderUpdate["status"] => STATUSES[word]),
);

export const side = v.pipe(
  v.picklist(["BUY", "SELL"]),
  v.transform((word) => (word === "BUY" ? "buy" : "sell")),
);

const TIMES_IN_FORCE: Readonly<Partial<Record<TimeInForce, string>>> = {
  gtc: "GOOD_TILL_CANCEL",
  ioc: "IMMEDIATE_OR_CANCEL",
  fok: "FILL_OR_KILL",
};

/** Market orders have none. */
export function formatTimeInForce({
  orderType,
  timeInForce,
}: Pick<InFlightOrder, "orderType" | "timeInForce">): string | undefined {
  if (orderType === "market") return undefined;
  const word = TIMES_IN_FORCE[timeInForce];
  if (word === undefined) throw new TypeError(`this venue has no ${timeInForce} orders`);
  return word;
}

export function parseTimeInForce(word: string | undefined): TimeInForce | undefined {
  // as: the keys of the table are times in force.
  return Object.entries(TIMES_IN_FORCE).find(([, theirs]) => theirs === word)?.[0] as TimeInForce | undefined;
}

/** What a foreign order is, where this library has a word for it. */
export function parseOrderType(type: string, instructions: readonly string[]): OrderType | undefined {
  if (type === "MARKET") return "market";
  if (type !== "LIMIT") return undefined;
  return instructions.includes("POST_ONLY") ? "limitMaker" : "limit";
}
