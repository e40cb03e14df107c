export type {
  BalanceListing,
  BalanceUpdate,
  FillUpdate,
  OrderUpdate,
  VenueRefusal,
} from "./account-messages.js";
export type { Amount, CommandOptions, OrderAmendment, OrderRequest } from "./order-request.js";
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
export type {
  ListenKeyAccess,
  LoginAccess,
  UserStreamDataSource,
  UserStreamMessage,
} from "./user-stream.js";
