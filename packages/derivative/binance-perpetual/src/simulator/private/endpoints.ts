import type { RestAnswer } from "../rest/rest-answer.js";
import {
  queryAccountConfig,
  queryAccountV2,
  queryAccountV3,
  queryBalance,
  queryCommissionRate,
  queryIncome,
  queryKeyPermissions,
  queryLeverageBrackets,
  queryMultiAssetsMode,
  queryOrderLimits,
  queryPositionMode,
  querySymbolConfig,
} from "./account-queries.js";
import {
  closeListenKey,
  keepListenKeyAlive,
  setLeverage,
  setMarginType,
  setPositionMode,
  startListenKey,
} from "./account-settings.js";
import {
  amendOrder,
  amendOrders,
  cancelAllOrders,
  cancelOrder,
  cancelOrders,
  placeOrder,
  placeOrders,
  startCountdown,
  testOrder,
} from "./order-commands.js";
import type { OrderCost } from "./order-limits.js";
import { queryAllOrders, queryFills, queryOpenOrder, queryOpenOrders, queryOrder } from "./order-queries.js";
import { queryPositionsV2, queryPositionsV3 } from "./position-queries.js";
import type { KeyedCall } from "./private-call.js";
import type { Access } from "./signed-request.js";

/** What a private endpoint wants, costs and does. */
export interface PrivateEndpoint {
  readonly access: Access;
  /** Request weight of the address. */
  weight(query: URLSearchParams): number;
  /** What it counts as among the account's orders. */
  readonly orders?: OrderCost;
  answer(call: KeyedCall): RestAnswer;
}

type Answer = PrivateEndpoint["answer"];

const keyed = (weight: number, answer: Answer): PrivateEndpoint => ({
  access: "key",
  weight: () => weight,
  answer,
});
const read = (weight: number, answer: Answer): PrivateEndpoint => ({
  access: "read",
  weight: () => weight,
  answer,
});
const trade = (weight: number, answer: Answer, orders?: OrderCost): PrivateEndpoint => ({
  access: "trade",
  weight: () => weight,
  answer,
  ...(orders === undefined ? {} : { orders }),
});

const ONE: OrderCost = { tenSeconds: 1, minute: 1 };
const BATCH: OrderCost = { tenSeconds: 5, minute: 1 };

/**
 * The private endpoints and what they cost.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/account/rest-api
 */
export const PRIVATE_ENDPOINTS: ReadonlyMap<string, PrivateEndpoint> = new Map<string, PrivateEndpoint>([
  ["POST /fapi/v1/order", trade(0, placeOrder, ONE)],
  ["PUT /fapi/v1/order", trade(0, amendOrder, ONE)],
  ["DELETE /fapi/v1/order", trade(1, cancelOrder)],
  ["GET /fapi/v1/order", read(1, queryOrder)],
  // Its weight is not documented.
  ["POST /fapi/v1/order/test", trade(1, testOrder)],
  ["POST /fapi/v1/batchOrders", trade(5, placeOrders, BATCH)],
  ["PUT /fapi/v1/batchOrders", trade(5, amendOrders, BATCH)],
  ["DELETE /fapi/v1/batchOrders", trade(1, cancelOrders)],
  ["DELETE /fapi/v1/allOpenOrders", trade(1, cancelAllOrders)],
  ["POST /fapi/v1/countdownCancelAll", trade(10, startCountdown)],
  ["GET /fapi/v1/openOrder", read(1, queryOpenOrder)],
  [
    "GET /fapi/v1/openOrders",
    {
      access: "read",
      weight: (query) => (query.has("symbol") ? 1 : 40),
      answer: queryOpenOrders,
    },
  ],
  ["GET /fapi/v1/allOrders", read(5, queryAllOrders)],
  ["GET /fapi/v1/userTrades", read(5, queryFills)],
  ["GET /fapi/v2/balance", read(5, queryBalance)],
  ["GET /fapi/v3/balance", read(5, queryBalance)],
  ["GET /fapi/v2/account", read(5, queryAccountV2)],
  ["GET /fapi/v3/account", read(5, queryAccountV3)],
  ["GET /fapi/v2/positionRisk", read(5, queryPositionsV2)],
  ["GET /fapi/v3/positionRisk", read(5, queryPositionsV3)],
  ["GET /fapi/v1/symbolConfig", read(5, querySymbolConfig)],
  ["GET /fapi/v1/accountConfig", read(5, queryAccountConfig)],
  ["GET /fapi/v1/commissionRate", read(20, queryCommissionRate)],
  ["GET /fapi/v1/leverageBracket", read(1, queryLeverageBrackets)],
  ["POST /fapi/v1/leverage", trade(1, setLeverage)],
  ["POST /fapi/v1/marginType", trade(1, setMarginType)],
  ["GET /fapi/v1/positionSide/dual", read(30, queryPositionMode)],
  ["POST /fapi/v1/positionSide/dual", trade(1, setPositionMode)],
  ["GET /fapi/v1/multiAssetsMargin", read(30, queryMultiAssetsMode)],
  ["GET /fapi/v1/income", read(30, queryIncome)],
  ["GET /fapi/v1/rateLimit/order", read(1, queryOrderLimits)],
  ["POST /fapi/v1/listenKey", keyed(1, startListenKey)],
  ["PUT /fapi/v1/listenKey", keyed(1, keepListenKeyAlive)],
  ["DELETE /fapi/v1/listenKey", keyed(1, closeListenKey)],
  ["GET /sapi/v1/account/apiRestrictions", read(1, queryKeyPermissions)],
]);
