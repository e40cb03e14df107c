import { Decimal } from "@conn/core";
import type { VenueAccount, VenueAccounts } from "@conn/testkit";
import { type CryptoComSimulator, DEFAULT_FEES, DEFAULT_FUNDS } from "../src/simulator/index.js";
import { FIRST_TRADE_ID } from "../src/simulator/private/order-texts.js";

const method = (name: string): { readonly method: string; readonly kind: string } => ({
  method: "POST",
  kind: `/exchange/v1/private/${name}`,
});

const error = (
  status: number,
  code: number,
  message: string,
): { readonly status: number; readonly body: string } => ({
  status,
  body: JSON.stringify({ id: 1, method: "private/create-order", code, message }),
});

/** Accounts and orders of the simulated venue, in the words of the conformance kit. */
export function toVenueAccounts({ machine, faults }: CryptoComSimulator): VenueAccounts {
  return {
    route: "user",
    requests: {
      place: method("create-order"),
      placeBatch: method("create-order-list"),
      cancel: method("cancel-order"),
      cancelBatch: method("cancel-order-list"),
      amend: method("amend-order"),
      query: method("get-order-detail"),
      openOrders: method("get-open-orders"),
      fills: method("get-trades"),
      balances: method("user-balance"),
    },
    frames: {
      created: [{ kind: "user.order", action: "ACTIVE" }],
      filled: [
        { kind: "user.trade" },
        { kind: "user.order", action: "FILLED" },
        { kind: "user.order", action: "ACTIVE" },
      ],
      canceled: [{ kind: "user.order", action: "CANCELED" }],
      balances: [{ kind: "user.balance" }],
    },
    // https://exchange-developer.crypto.com/exchange/v1/docs/api/rest-common-api-reference (response and reason codes)
    busyAnswer: error(500, 9_010_001, "SYSTEM_MAINTENANCE"),
    undeterminedAnswer: error(408, 40_801, "REQUEST_TIMEOUT"),
    duplicateAnswer: error(400, 204, "DUPLICATE_CLORDID"),
    timestampAnswer: error(400, 40_102, "INVALID_NONCE"),
    harmless: [
      "private/user-balance",
      "private/get-open-orders",
      "private/get-trades",
      "private/get-order-detail",
    ].map((name) => `POST /exchange/v1/${name}`),
    noFillsAnswer: '{"id":1,"method":"private/get-trades","code":0,"result":{"data":[]}}',
    enlargeFill: (frame, amount) =>
      frame.replace(/"traded_quantity":"([^"]*)"/, (whole, text: string) =>
        new Decimal(text).eq(amount)
          ? `"traded_quantity":"${new Decimal(amount).times(10).toFixed()}"`
          : whole,
      ),
    malformedFrame:
      '{"id":-1,"method":"subscribe","code":0,"result":{"channel":"user.order","data":[{"order_id":',
    // Orders are taken up asynchronously, and no figure is published.
    queryLagMs: 9_000,
    otherAsset: "CRO",
    open(name) {
      machine.createAccount(name, { funds: DEFAULT_FUNDS, fees: DEFAULT_FEES });
      return toVenueAccount(machine, name, () => void faults.drop({ route: "user" }));
    },
    tradeThrough: (symbol, trade) => machine.tradeThrough(symbol, trade),
    lagQueries: (lagMs) => machine.lagQueries(lagMs),
  };
}

function toVenueAccount(
  machine: CryptoComSimulator["machine"],
  name: string,
  endStreamAccess: () => void,
): VenueAccount {
  const credentials = machine.createApiKey(name);
  const idOf = (id: string): string => machine.orderOf(name, id)?.id ?? id;
  return {
    credentials,
    revokeKey: () => machine.revokeApiKey(credentials.apiKey),
    // A login lasts as long as its connection.
    endStreamAccess,
    deposit: (asset, amount) => machine.deposit(name, asset, amount),
    setFees: (fees, symbol) => machine.setFees(name, fees, symbol),
    placeOrder: ({ symbol, side, price, amount, clientOrderId }) =>
      machine.placeOrder(name, {
        instrument_name: symbol,
        side: side.toUpperCase(),
        quantity: amount,
        ...(price === undefined ? { type: "MARKET" } : { type: "LIMIT", price }),
        ...(clientOrderId !== undefined && { client_oid: clientOrderId }),
      }),
    cancelOrder: (id) => machine.cancelOrder(name, idOf(id)),
    fillOrder: (id, amount) => machine.fillOrder(idOf(id), amount),
    expireOrder: (id) => machine.expireOrder(idOf(id)),
    orders: () =>
      machine.ordersOf(name).map((order) => ({
        exchangeOrderId: order.id,
        clientOrderId: order.clientOrderId,
        symbol: order.symbol,
        side: order.side,
        // What its money no longer buys is filled.
        status: order.quoteAmount !== undefined && order.endCause === "noLiquidity" ? "filled" : order.status,
        price: order.price?.toFixed(),
        amount: order.amount?.toFixed(),
        filledAmount: order.filledAmount.toFixed(),
      })),
    fills: () =>
      machine.fillsOf(name).map((fill) => ({
        exchangeOrderId: fill.orderId,
        tradeId: String(FIRST_TRADE_ID + BigInt(fill.index)),
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
    balancesAnswerWithout: (asset) => {
      const position_balances = machine
        .balancesOf(name)
        .filter((balance) => balance.asset !== asset)
        .map((balance) => ({
          instrument_name: balance.asset,
          quantity: balance.total.toFixed(),
          reserved_qty: balance.held.toFixed(),
        }));
      return JSON.stringify({
        id: 1,
        method: "private/user-balance",
        code: 0,
        result: { data: [{ position_balances }] },
      });
    },
  };
}
