import type { OrderRequest } from "@conn/core";
import { quote } from "../arguments/read-arguments.js";
import { UsageError } from "../arguments/usage-error.js";

/** Options of `conn trade … place`. */
export const ORDER_ARGUMENTS = {
  price: { type: "string" },
  type: { type: "string" },
  tif: { type: "string" },
  "reduce-only": { type: "boolean" },
  quantize: { type: "boolean" },
} as const;

const ORDER_TYPES = ["limit", "limitMaker", "market"] as const;
const TIMES_IN_FORCE = ["gtc", "ioc", "fok", "day"] as const;

/** Their values. */
export interface OrderValues {
  readonly price?: string | undefined;
  readonly type?: string | undefined;
  readonly tif?: string | undefined;
  readonly "reduce-only"?: boolean | undefined;
  readonly quantize?: boolean | undefined;
}

/** The order that a command line asks for; its pair is as the person wrote it. @throws {UsageError} */
export function readOrder(operands: readonly string[], values: OrderValues): OrderRequest {
  const [tradingPair, side, amount, unexpected] = operands;
  if (tradingPair === undefined || side === undefined || amount === undefined || unexpected !== undefined)
    throw new UsageError("place takes a pair, a side and an amount, such as place BTC-USDT buy 0.01");
  const orderType = oneOf("--type", values.type ?? "limit", ORDER_TYPES);
  if (orderType === "market" && values.price !== undefined)
    throw new UsageError("a market order has no --price");
  if (orderType !== "market" && values.price === undefined)
    throw new UsageError(`a ${orderType} order needs --price; --type market takes any`);
  return {
    tradingPair,
    side: oneOf("the side", side, ["buy", "sell"]),
    orderType,
    amount: readNumber("the amount", amount),
    ...(values.price !== undefined && { price: readNumber("--price", values.price) }),
    ...(values.tif !== undefined && { timeInForce: oneOf("--tif", values.tif, TIMES_IN_FORCE) }),
    reduceOnly: values["reduce-only"] === true,
    quantize: values.quantize === true,
  };
}

function oneOf<const Word extends string>(what: string, word: string, words: readonly Word[]): Word {
  const found = words.find((known) => known === word);
  if (found !== undefined) return found;
  throw new UsageError(`${what} must be ${words.join(", ")}, not ${quote(word)}`);
}

/** Stays text: it is money. */
function readNumber(what: string, text: string): string {
  if (/^\d{1,30}(\.\d{1,30})?$/.test(text)) return text;
  throw new UsageError(`${what} must be a plain decimal number such as 0.01, not ${quote(text)}`);
}
