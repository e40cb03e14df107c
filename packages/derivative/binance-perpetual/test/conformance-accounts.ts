import { Decimal } from "@conn/core";
import type { Order } from "@conn/simulator";
import type { VenueAccount, VenueAccounts } from "@conn/testkit";
import { type BinancePerpetualSimulator, DEFAULT_FEES, DEFAULT_FUNDS } from "../src/simulator/index.js";

const ORDER = "/fapi/v1/order";
const BATCH = "/fapi/v1/batchOrders";
const EVENT = "ORDER_TRADE_UPDATE";

const error = (
  status: number,
  code: number,
  msg: string,
): { readonly status: number; readonly body: string } => ({
  status,
  body: JSON.stringify({ code, msg }),
});

/** Accounts and orders of the simulated venue, in the words of the conformance kit. */
export function toVenueAccounts({ machine }: BinancePerpetualSimulator): VenueAccounts {
  return {
    route: "private",
    requests: {
      place: { method: "POST", kind: ORDER },
      placeBatch: { method: "POST", kind: BATCH },
      cancel: { method: "DELETE", kind: ORDER },
      cancelBatch: { method: "DELETE", kind: BATCH },
      amend: { method: "PUT", kind: ORDER },
      query: { method: "GET", kind: ORDER },
      openOrders: { kind: "/fapi/v1/openOrders" },
      fills: { kind: "/fapi/v1/userTrades" },
      balances: { kind: "/fapi/v3/balance" },
    },
    frames: {
      created: [{ kind: EVENT, action: "NEW" }],
      filled: [{ kind: EVENT, action: "TRADE" }, { kind: "TRADE_LITE" }],
      canceled: [{ kind: EVENT, action: "CANCELED" }],
      balances: [{ kind: "ACCOUNT_UPDATE" }],
    },
    // https://developers.binance.com/docs/derivatives/usds-margined-futures/general-info (HTTP Return Codes)
    busyAnswer: error(503, -1000, "Service Unavailable."),
    undeterminedAnswer: error(503, -1000, "Unknown error, please check your request or try again later."),
    duplicateAnswer: error(400, -4116, "ClientOrderId is duplicated."),
    timestampAnswer: error(400, -1021, "Timestamp for this request is outside of the recvWindow."),
    harmless: ["POST /fapi/v1/listenKey", "PUT /fapi/v1/listenKey"],
    noFillsAnswer: "[]",
    enlargeFill(frame, amount) {
      const event = JSON.parse(frame);
      const large = new Decimal(amount).times(10).toFixed();
      if (event.e === "TRADE_LITE") return frame.replace(`"l":"${event.l}"`, `"l":"${large}"`);
      return frame
        .replace(`"l":"${event.o.l}"`, `"l":"${large}"`)
        .replace(`"z":"${event.o.z}"`, `"z":"${large}"`);
    },
    malformedFrame: '{"e":"ORDER_TRADE_UPDATE","T":1767225600000,"o":{"s":"BTCUSDT","c":',
    // No figure is published; lists of the venue have been seen to lag by seconds.
    queryLagMs: 9_000,
    otherAsset: "USDC",
    open(name) {
      machine.createAccount(name, { funds: DEFAULT_FUNDS, fees: DEFAULT_FEES });
      return toVenueAccount(machine, name);
    },
    tradeThrough: (symbol, trade) => machine.tradeThrough(symbol, trade),
    lagQueries: (lagMs) => machine.lagQueries(lagMs),
  };
}

/** What ends by itself has expired, in the words of this venue. */
function toStatus({ status, endCause }: Order): Order["status"] {
  const byHand = endCause === "user" || endCause === "amended" || endCause === "postOnly";
  return status === "canceled" && !byHand && endCause !== "selfTrade" ? "expired" : status;
}

function toVenueAccount(machine: BinancePerpetualSimulator["machine"], name: string): VenueAccount {
  const credentials = machine.createApiKey(name);
  const idOf = (clientOrderId: string): string => {
    const order = machine.orderOf(name, clientOrderId);
    if (order === undefined) throw new TypeError(`the venue has no order ${clientOrderId}`);
    return order.id;
  };
  return {
    credentials,
    revokeKey: () => machine.revokeApiKey(credentials.apiKey),
    keyThatWithdraws: () => machine.createApiKey(name, { withdraw: true }),
    endStreamAccess: () => void machine.expireListenKey(name),
    deposit: (asset, amount) => machine.deposit(name, asset, amount),
    setFees: (fees, symbol) => machine.setFees(name, fees, symbol),
    placeOrder: ({ symbol, side, price, amount, clientOrderId }) =>
      machine.placeOrder(name, {
        symbol,
        side: side.toUpperCase(),
        quantity: amount,
        ...(price === undefined ? { type: "MARKET" } : { type: "LIMIT", timeInForce: "GTC", price }),
        ...(clientOrderId !== undefined && { newClientOrderId: clientOrderId }),
      }),
    cancelOrder: (clientOrderId) => machine.cancelOrder(name, idOf(clientOrderId)),
    fillOrder: (clientOrderId, amount) => machine.fillOrder(idOf(clientOrderId), amount),
    expireOrder: (clientOrderId) => machine.expireOrder(idOf(clientOrderId)),
    orders: () =>
      machine.ordersOf(name).map((order) => ({
        exchangeOrderId: order.id,
        clientOrderId: order.clientOrderId,
        symbol: order.symbol,
        side: order.side,
        status: toStatus(order),
        price: order.price?.toFixed(),
        amount: order.amount?.toFixed(),
        filledAmount: order.filledAmount.toFixed(),
      })),
    fills: () =>
      machine.fillsOf(name).map((fill) => ({
        exchangeOrderId: fill.orderId,
        tradeId: String(fill.tradeId),
        side: fill.side,
        price: fill.price.toFixed(),
        amount: fill.amount.toFixed(),
        fee: fill.fee.toFixed(),
        feeAsset: fill.feeAsset,
        liquidity: fill.maker ? "maker" : "taker",
        exchangeTimestamp: fill.at,
      })),
    balances: () =>
      machine.balancesOf(name).map(({ asset, total, available }) => ({
        asset,
        total: total.toFixed(),
        available: available.toFixed(),
      })),
    balancesAnswerWithout: (asset) =>
      JSON.stringify(
        machine
          .balancesOf(name)
          .filter((balance) => balance.asset !== asset)
          .map((balance) => ({
            asset: balance.asset,
            balance: balance.total.toFixed(),
            availableBalance: balance.available.toFixed(),
          })),
      ),
  };
}
