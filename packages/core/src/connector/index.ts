export type { ListedOrder } from "./account-link.js";
export type { Capabilities } from "./capabilities.js";
export type {
  Connector,
  ConnectorKind,
  ConnectorStatus,
  EventStreamOptions,
  FetchMarketInfo,
  FetchOpenInterest,
  Offered,
} from "./connector.js";
export type * from "./connector-events.js";
export type { ConnectorOptions } from "./connector-options.js";
export type {
  ExchangeDefinition,
  InstrumentListing,
  OpenInterestAnswer,
  RouteDefinition,
  VenueUrls,
} from "./exchange-definition.js";
export type {
  AskOptions,
  CancelAllOptions,
  OfferedToTraders,
  OfferedWith,
  PlaceOrder,
  TradingCalls,
} from "./trading-calls.js";
export type { TradingCapabilities } from "./trading-capabilities.js";
