import { Decimal, type InFlightOrder, type OrderType, type OrderUpdate, type TimeInForce } from "@conn/core";
import * as v from "valibot";

/** Plain decimal text, as the venue writes prices and amounts. */
export const decimal = v.pipe(
  v.string(),
  v.regex(/^-?\d+(\.\d+)?$/),
  v.transform((text) => new Decimal(text)),
);

/** An id: a number on the wire, which a double may not hold. */
export const id = v.pipe(v.union([v.string(), v.number()]), v.transform(String));

export const timestamp = v.pipe(v.number(), v.safeInteger());

/** @see https://developers.binance.com/docs/derivatives/usds-margined-futures/common-definition (Order status) */
const STATUSES = {
  NEW: "open",
  PENDING_NEW: "open",
  PARTIALLY_FILLED: "open",
  PENDING_CANCEL: "open",
  // Orders that the venue makes itself, in a liquidation.
  NEW_INSURANCE: "open",
  NEW_ADL: "open",
  FILLED: "filled",
  CANCELED: "canceled",
  EXPIRED: "expired",
  // Self-trade prevention took it out of the book.
  EXPIRED_IN_MATCH: "canceled",
  REJECTED: "rejected",
} as const satisfies Record<string, OrderUpdate["status"]>;

/** The venue's word for where an order is. Unknown ones are an error, never guessed. */
export const status = v.pipe(
  v.picklist(Object.keys(STATUSES) as (keyof typeof STATUSES)[]),
  v.transform((word) => STATUSES[word]),
);

export const side = v.pipe(
  v.picklist(["BUY", "SELL"]),
  v.transform((word) => (word === "BUY" ? "buy" : "sell")),
);

const TIMES_IN_FORCE: Readonly<Record<Exclude<TimeInForce, "day">, string>> = {
  gtc: "GTC",
  ioc: "IOC",
  fok: "FOK",
  gtd: "GTD",
};

/** Post-only is a time in force here, GTX; market orders have none. */
export function formatTimeInForce({
  orderType,
  timeInForce,
}: Pick<InFlightOrder, "orderType" | "timeInForce">): string | undefined {
  if (orderType === "market") return undefined;
  if (orderType === "limitMaker") return "GTX";
  if (timeInForce === "day") throw new TypeError("this venue has no day orders");
  return TIMES_IN_FORCE[timeInForce];
}

/** What a foreign order is, where this library has a word for it. */
export function parseOrderType(type: string, timeInForce: string): OrderType | undefined {
  if (type === "MARKET") return "market";
  if (type !== "LIMIT") return undefined;
  return timeInForce === "GTX" ? "limitMaker" : "limit";
}

export function parseTimeInForce(word: string): TimeInForce | undefined {
  const found = Object.entries(TIMES_IN_FORCE).find(([, theirs]) => theirs === word);
  // as: the keys of the table are times in force.
  return word === "GTX" ? "gtc" : (found?.[0] as TimeInForce | undefined);
}
