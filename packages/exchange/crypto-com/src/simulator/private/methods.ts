import {
  changeAccountSettings,
  getAccountSettings,
  getAccounts,
  getCurrencyNetworks,
  getFeeRate,
  getInstrumentFeeRate,
  userBalance,
} from "./account-methods.js";
import type { MethodAnswer, OrderMethods } from "./order-methods.js";
import type { PrivateCall } from "./private-context.js";
import { getOpenOrders, getOrderDetail, getOrderHistory, getTrades } from "./query-methods.js";

/** A private method. */
export interface PrivateMethod {
  /** Whether the key must be allowed to trade. */
  readonly trades: boolean;
  /** Whether it can be asked for on a user socket too. */
  readonly onSocket: boolean;
  answer(call: PrivateCall): MethodAnswer;
}

type Answer = PrivateMethod["answer"];

/**
 * The private methods, and where the venue takes them.
 *
 * @see https://exchange-docs.crypto.com/exchange/v1/rest-ws/index.html Applies To
 */
export function privateMethods(orders: OrderMethods): ReadonlyMap<string, PrivateMethod> {
  const trade = (answer: Answer): PrivateMethod => ({ trades: true, onSocket: true, answer });
  const read = (answer: Answer, onSocket: boolean): PrivateMethod => ({ trades: false, onSocket, answer });
  return new Map<string, PrivateMethod>([
    ["private/create-order", trade(orders.createOrder)],
    ["private/amend-order", trade(orders.amendOrder)],
    ["private/cancel-order", trade(orders.cancelOrder)],
    ["private/cancel-all-orders", trade(orders.cancelAllOrders)],
    ["private/create-order-list", trade(orders.createOrderList)],
    ["private/cancel-order-list", trade(orders.cancelOrderList)],
    ["private/get-open-orders", read(getOpenOrders, true)],
    ["private/get-order-detail", read(getOrderDetail, false)],
    ["private/get-order-history", read(getOrderHistory, false)],
    ["private/get-trades", read(getTrades, false)],
    ["private/user-balance", read(userBalance, true)],
    ["private/get-fee-rate", read(getFeeRate, false)],
    ["private/get-instrument-fee-rate", read(getInstrumentFeeRate, false)],
    ["private/get-currency-networks", read(getCurrencyNetworks, false)],
    ["private/get-accounts", read(getAccounts, false)],
    ["private/get-account-settings", read(getAccountSettings, false)],
    ["private/change-account-settings", { trades: true, onSocket: false, answer: changeAccountSettings }],
  ]);
}
