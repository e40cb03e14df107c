import type { ServerResponse } from "@conn/core";
import type { SimulatedAccount, StartTradingVenue } from "@conn/testkit/simulation";
import {
  type BinancePerpetualSimulator,
  DEFAULT_ACCOUNT,
  withoutCommission,
} from "../src/simulator/index.js";
import { startVenue } from "./conformance-simulator.js";

const ORDER = "/fapi/v1/order";
const BATCH = "/fapi/v1/batchOrders";
const JSON_HEADERS = { "content-type": "application/json" };

/** The simulated venue with its account, as simulations want it. */
export const startTrading: StartTradingVenue = async (options) => {
  const { running, venue } = await startVenue(options);
  return { venue, account: toAccount(running) };
};

function error(status: number, code: number, msg: string): ServerResponse {
  return { status, headers: JSON_HEADERS, body: JSON.stringify({ code, msg }) };
}

function toAccount({ machine, credentials }: BinancePerpetualSimulator): SimulatedAccount {
  const account = DEFAULT_ACCOUNT;
  return {
    credentials: { ...credentials, account: "simulated" },
    route: "private",
    frames: { route: "private" },
    requests: {
      place: { method: "POST", kind: ORDER },
      placeBatch: { method: "POST", kind: BATCH },
      cancel: { method: "DELETE", kind: ORDER },
      cancelBatch: { method: "DELETE", kind: BATCH },
      cancelForeign: { method: "DELETE", kind: "/fapi/v1/allOpenOrders" },
      amend: { method: "PUT", kind: ORDER },
      query: { method: "GET", kind: ORDER },
      openOrders: { method: "GET", kind: "/fapi/v1/openOrders" },
      fills: { method: "GET", kind: "/fapi/v1/userTrades" },
      balances: { method: "GET", kind: "/fapi/v3/balance" },
    },
    // https://developers.binance.com/docs/derivatives/usds-margined-futures/general-info (HTTP Return Codes)
    undetermined: [
      error(503, -1000, "Unknown error, please check your request or try again later."),
      error(
        408,
        -1007,
        "Timeout waiting for response from backend server. Send status unknown; execution status unknown.",
      ),
    ],
    refusals: [
      error(503, -1000, "Service Unavailable."),
      error(
        503,
        -1008,
        "Server is currently overloaded with other requests. Please try again in a few minutes.",
      ),
    ],
    keyRefused: error(401, -2015, "Invalid API-key, IP, or permissions for action."),
    withoutFees: withoutCommission,
    ownFaults: [],
    // A GTX order rests or is refused, and an id is unique among open orders.
    mayRepeat: ({ method, url, body }) =>
      method === "POST" && url.includes(`${ORDER}?`) && `${url}${body}`.includes("timeInForce=GTX"),
    orders: () => machine.ordersOf(account),
    fills: () => machine.fillsOf(account),
    balances: () => machine.balancesOf(account),
    assets: { USDT: "123.45" },
    statusOf({ status, endCause }) {
      // What ends by itself has expired, in the words of this venue.
      const byHand =
        endCause === "user" || endCause === "amended" || endCause === "postOnly" || endCause === "selfTrade";
      return status === "canceled" && !byHand ? "expired" : status;
    },
    tradeIdOf: ({ tradeId }) => String(tradeId),
    place: ({ symbol, side, price, amount, clientOrderId }) =>
      machine.placeOrder(account, {
        symbol,
        side: side.toUpperCase(),
        quantity: amount,
        newClientOrderId: clientOrderId,
        ...(price === undefined ? { type: "MARKET" } : { type: "LIMIT", timeInForce: "GTC", price }),
      }),
    cancel: (orderId) => machine.cancelOrder(account, orderId),
    fill: (orderId, amount) => machine.fillOrder(orderId, amount),
    expire: (orderId) => machine.expireOrder(orderId),
    tradeThrough: (symbol, trade) => machine.tradeThrough(symbol, trade),
    deposit: (asset, amount) => machine.deposit(account, asset, amount),
    lagQueries: (lagMs) => machine.lagQueries(lagMs),
    endStreamAccess: () => void machine.expireListenKey(account),
  };
}
