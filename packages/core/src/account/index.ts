export type {
  BalanceListing,
  BalanceUpdate,
  FillUpdate,
  OrderUpdate,
  VenueRefusal,
} from "./account-messages.js";
export type { AssetAmount } from "./balance-book.js";
export type { NewOrder, OrderChange } from "./client-order-tracker.js";
export type { CommandResult } from "./order-commands.js";
export { type GuardedOrder, OrderGuard, type OrderGuards } from "./order-guards.js";
export { OrderJournal } from "./order-journal.js";
export { effectOfSpotFill, needsOfOrder } from "./order-needs.js";
export type { Amount, CommandOptions, OrderAmendment, OrderRequest } from "./order-request.js";
export { ORDER_TRANSITIONS, type TransitionGround } from "./order-transitions.js";
export { notionalOf, type PreparedOrder, parseAmount, prepareOrder } from "./prepare-order.js";
export type {
  AmendCommand,
  ClientOrderIdRule,
  FillsPage,
  FillsQuery,
  KeyPermissions,
  OrderInMarket,
  OrderTimes,
  TradingDefinition,
} from "./trading-definition.js";
export {
  type ReconcileReason,
  type ReconcileReport,
  TradingEngine,
  type TradingEngineOwner,
} from "./trading-engine.js";
export type {
  ListenKeyAccess,
  LoginAccess,
  UserStreamDataSource,
  UserStreamMessage,
} from "./user-stream.js";
export type { AccountMessage, UserStreamCall } from "./user-stream-connection.js";
export {
  UserStreamTracker,
  type UserStreamTrackerOptions,
  type UserStreamTrackerOwner,
} from "./user-stream-tracker.js";
