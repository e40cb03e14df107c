import { Decimal, type ServerResponse } from "@conn/core";
import type { Order } from "@conn/simulator";
import type { OwnFault, SimulatedAccount, StartTradingVenue } from "@conn/testkit/simulation";
import { type CommandKind, type CryptoComSimulator, DEFAULT_ACCOUNT } from "../src/simulator/index.js";
import { startVenue } from "./conformance-simulator.js";

const JSON_HEADERS = { "content-type": "application/json" };
/** The venue's first trade has this id. */
const FIRST_TRADE_ID = 5_755_600_460_443_882_762n;

/** The simulated venue with its account, as simulations want it. */
export const startTrading: StartTradingVenue = async (options) => {
  const { running, venue } = await startVenue(options);
  return { venue, account: toAccount(running) };
};

function error(status: number, code: number, message: string): ServerResponse {
  const body = JSON.stringify({ id: -1, method: "ERROR", code, message });
  return { status, headers: JSON_HEADERS, body };
}

const call = (name: string): { readonly method: string; readonly kind: string } => ({
  method: "POST",
  kind: `/exchange/v1/private/${name}`,
});

function toAccount({ machine, credentials, faults }: CryptoComSimulator): SimulatedAccount {
  const account = DEFAULT_ACCOUNT;
  const slow = (kind: CommandKind): OwnFault => ({
    name: `${kind} takes long`,
    begin: (delayMs) => machine.delayCommands(kind, delayMs),
    undo: () => machine.delayCommands(kind, 0),
  });
  const lost = (kind: CommandKind): OwnFault => ({
    name: `${kind} is acknowledged and lost`,
    begin: () => machine.loseCommands(kind, 1),
    undo: () => machine.loseCommands(kind, 0),
  });
  const rejected = (code: number): OwnFault => ({
    name: `rejected after the acknowledgement with ${code}`,
    begin: () => machine.rejectOrders(code, 1),
    undo: () => machine.rejectOrders(code, 0),
  });
  return {
    credentials: { ...credentials, account: "simulated" },
    route: "user",
    frames: { route: "user" },
    requests: {
      place: call("create-order"),
      placeBatch: call("create-order-list"),
      cancel: call("cancel-order"),
      cancelBatch: call("cancel-order-list"),
      cancelForeign: call("cancel-all-orders"),
      amend: call("amend-order"),
      query: call("get-order-detail"),
      openOrders: call("get-open-orders"),
      fills: call("get-trades"),
      balances: call("user-balance"),
    },
    // https://exchange-developer.crypto.com/exchange/v1/docs/api/rest-common-api-reference
    undetermined: [error(500, 50_001, "INTERNAL_ERROR"), error(408, 40_801, "TIMEOUT")],
    refusals: [
      error(500, 306, "INSUFFICIENT_AVAILABLE_BALANCE"),
      error(500, 9_010_001, "SYSTEM_MAINTENANCE"),
    ],
    keyRefused: error(401, 40_101, "UNAUTHORIZED"),
    withoutFees: undefined,
    ownFaults: [
      slow("create"),
      slow("cancel"),
      slow("amend"),
      lost("create"),
      lost("cancel"),
      lost("amend"),
      rejected(306),
      rejected(43_005),
      {
        name: "orders are announced as NEW",
        begin: () => machine.announceOrders("NEW"),
        undo: () => machine.announceOrders(undefined),
      },
      {
        name: "orders are announced as PENDING",
        begin: () => machine.announceOrders("PENDING"),
        undo: () => machine.announceOrders(undefined),
      },
      {
        name: "answers refuse",
        begin: () => machine.answerRefusals(true),
        undo: () => machine.answerRefusals(false),
      },
    ],
    // The second is refused by its nonce.
    mayRepeat: ({ url }) => url.endsWith("/private/create-order"),
    orders: () => machine.ordersOf(account),
    fills: () => machine.fillsOf(account),
    balances: () => machine.balancesOf(account),
    assets: { USDT: "123.45", BTC: "0.01", ETH: "0.1" },
    statusOf: (order) => (isSpent(order) ? "filled" : order.status),
    tradeIdOf: ({ index }) => String(FIRST_TRADE_ID + BigInt(index)),
    place: ({ symbol, side, price, amount, clientOrderId }) =>
      machine.placeOrder(account, {
        instrument_name: symbol,
        side: side.toUpperCase(),
        quantity: amount,
        client_oid: clientOrderId,
        ...(price === undefined ? { type: "MARKET" } : { type: "LIMIT", price }),
      }),
    cancel: (orderId) => machine.cancelOrder(account, orderId),
    fill: (orderId, amount) => machine.fillOrder(orderId, amount),
    expire: (orderId) => machine.expireOrder(orderId),
    tradeThrough: (symbol, trade) => machine.tradeThrough(symbol, trade),
    deposit: (asset, amount) => machine.deposit(account, asset, amount),
    lagQueries: (lagMs) => machine.lagQueries(lagMs),
    endStreamAccess: () => void faults.drop({ route: "user" }, { code: 1000 }),
  };

  /** Whether an order by notional has spent all that buys another step: that is filled, in the venue's words. */
  function isSpent({ quoteAmount, endCause, averagePrice, filledQuote, symbol }: Order): boolean {
    if (quoteAmount === undefined || endCause !== "noLiquidity" || averagePrice === undefined) return false;
    const { quantityTickSize } = machine.instrumentOf(symbolOf(symbol));
    return quoteAmount.minus(filledQuote).lt(averagePrice.times(new Decimal(quantityTickSize)).times(2));
  }

  function symbolOf(name: string): string {
    return machine.listings().find(({ symbol }) => symbol === name)?.symbol ?? name;
  }
}
