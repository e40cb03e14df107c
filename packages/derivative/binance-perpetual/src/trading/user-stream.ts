import {
  type FillUpdate,
  type OrderUpdate,
  ProtocolError,
  parseJson,
  type UserStreamDataSource,
  type UserStreamMessage,
} from "@conn/core";
import * as v from "valibot";
import { MAX_CONNECTION_AGE_MS, REQUEST_WEIGHT, SOCKET_LIMITS } from "../constants.js";
import { decimal, id, parseOrderType, parseTimeInForce, side, status, timestamp } from "./order-words.js";

const LISTEN_KEY = v.object({ listenKey: v.pipe(v.string(), v.nonEmpty()) });
const LISTEN_KEY_CALL = {
  path: "/fapi/v1/listenKey",
  access: "key",
  cost: { [REQUEST_WEIGHT.id]: 1 },
} as const;

const EVENT = v.object({ e: v.string() });

const ORDER_TRADE_UPDATE = v.object({
  T: timestamp,
  o: v.object({
    s: v.string(),
    c: v.string(),
    S: side,
    o: v.string(),
    f: v.string(),
    q: decimal,
    p: decimal,
    x: v.string(),
    X: status,
    i: id,
    l: decimal,
    z: decimal,
    ap: v.optional(decimal),
    L: decimal,
    N: v.nullish(v.string()),
    n: v.nullish(decimal),
    T: timestamp,
    t: id,
    m: v.optional(v.boolean()),
    R: v.optional(v.boolean(), false),
    er: v.optional(v.union([v.string(), v.number()])),
  }),
});

const TRADE_LITE = v.object({
  T: timestamp,
  s: v.string(),
  c: v.string(),
  S: side,
  L: decimal,
  l: decimal,
  t: id,
  i: id,
  m: v.boolean(),
});

const ACCOUNT_UPDATE = v.object({
  T: timestamp,
  a: v.object({ B: v.optional(v.array(v.object({ a: v.string(), wb: decimal })), []) }),
});

/** Events that say nothing of orders, fills or balances. */
const IGNORED = new Set([
  "ACCOUNT_CONFIG_UPDATE",
  "MARGIN_CALL",
  "ALGO_UPDATE",
  "CONDITIONAL_ORDER_TRIGGER_REJECT",
  "STRATEGY_UPDATE",
  "GRID_UPDATE",
]);

/**
 * The private stream, by a key that lives for an hour after it was last kept alive. It is the same for all programs of
 * an account, and is not closed here: others may listen.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/user-data-streams
 */
export const userStream: UserStreamDataSource = {
  route: "private",
  access: {
    kind: "listenKey",
    open: {
      ...LISTEN_KEY_CALL,
      method: "POST",
      parse: (body) => v.parse(LISTEN_KEY, parseJson(body)).listenKey,
    },
    keepAlive: () => ({ ...LISTEN_KEY_CALL, method: "PUT", parse: () => undefined }),
    keepAliveMs: 1_800_000,
    validMs: 3_600_000,
    path: (listenKey) => `/ws/${listenKey}`,
  },
  limits: SOCKET_LIMITS,
  maxAgeMs: MAX_CONNECTION_AGE_MS,
  parse(data) {
    let event: unknown;
    try {
      event = parseJson(data);
      return parseEvent(event);
    } catch (cause) {
      throw new ProtocolError("MALFORMED_FRAME", "an event of the user stream cannot be read", { cause });
    }
  },
};

function parseEvent(event: unknown): readonly UserStreamMessage[] {
  const { e: name } = v.parse(EVENT, event);
  switch (name) {
    case "ORDER_TRADE_UPDATE":
      return parseOrderEvent(v.parse(ORDER_TRADE_UPDATE, event));
    case "TRADE_LITE":
      return [{ type: "fill", fill: parseTradeLite(v.parse(TRADE_LITE, event)) }];
    case "ACCOUNT_UPDATE": {
      const { T, a } = v.parse(ACCOUNT_UPDATE, event);
      // What is available it does not tell: `cw` is the wallet, without what orders and positions hold.
      const balances = a.B.map(({ a: asset, wb: total }) => ({
        asset,
        total,
        available: undefined,
        exchangeTimestamp: T,
      }));
      return balances.length === 0 ? [{ type: "ignored" }] : [{ type: "balances", balances }];
    }
    case "listenKeyExpired":
      return [{ type: "expired" }];
    default:
      return [IGNORED.has(name) ? { type: "ignored" } : { type: "unknown", what: name }];
  }
}

/** @see https://developers.binance.com/docs/derivatives/usds-margined-futures/user-data-streams/Event-Order-Update */
function parseOrderEvent({ T, o }: v.InferOutput<typeof ORDER_TRADE_UPDATE>): readonly UserStreamMessage[] {
  const orderType = parseOrderType(o.o, o.f);
  const timeInForce = parseTimeInForce(o.f);
  const update: OrderUpdate = {
    exchangeSymbol: o.s,
    clientOrderId: o.c,
    exchangeOrderId: o.i,
    status: o.X,
    filledAmount: o.z,
    side: o.S,
    reduceOnly: o.R,
    amount: o.q,
    exchangeTimestamp: T,
    ...(o.ap?.gt(0) && { averagePrice: o.ap }),
    ...(o.p.gt(0) && { price: o.p }),
    ...(orderType && { orderType }),
    ...(timeInForce && { timeInForce }),
    ...(o.er !== undefined &&
      String(o.er) !== "0" && { venueCode: String(o.er), message: `${o.x}, reason ${o.er}` }),
  };
  if (o.x !== "TRADE" || o.t === "0") return [{ type: "order", update }];
  const fill: FillUpdate = {
    exchangeSymbol: o.s,
    exchangeOrderId: o.i,
    clientOrderId: o.c,
    tradeId: o.t,
    side: o.S,
    price: o.L,
    amount: o.l,
    // Both can be missing where the fee is taken in another asset: the list of trades tells it then.
    fees: o.N && o.n ? [{ asset: o.N, amount: o.n }] : undefined,
    liquidity: o.m === undefined ? undefined : o.m ? "maker" : "taker",
    exchangeTimestamp: o.T,
  };
  // The trade first: it is what the new state of the order comes from.
  return [
    { type: "fill", fill },
    { type: "order", update },
  ];
}

/** A trade told early, without its fee, which the event of the order brings. */
function parseTradeLite(trade: v.InferOutput<typeof TRADE_LITE>): FillUpdate {
  return {
    exchangeSymbol: trade.s,
    exchangeOrderId: trade.i,
    clientOrderId: trade.c,
    tradeId: trade.t,
    side: trade.S,
    price: trade.L,
    amount: trade.l,
    fees: undefined,
    liquidity: trade.m ? "maker" : "taker",
    exchangeTimestamp: trade.T,
  };
}
