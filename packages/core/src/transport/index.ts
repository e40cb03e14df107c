export { type BackoffPolicy, backoffDelay } from "./backoff.js";
export type { VenueTime } from "./clock-offset.js";
export type { LimitStatus, RestCall, RestRequest, RestRules } from "./rest-call.js";
export { RestClient, type RestClientOptions, type TimedAnswer } from "./rest-client.js";
export {
  type StreamConnection,
  StreamPool,
  type StreamPoolOptions,
  type StreamPoolOwner,
  type StreamRoute,
  type StreamStateFacts,
} from "./stream-pool.js";
export type { SocketDownReason, SocketLimits, SocketPolicy, SocketState } from "./supervised-socket.js";
export type { SubscriptionProtocol } from "./topic-subscriptions.js";
export { VenueClock, type VenueClockOptions, type VenueClockSource } from "./venue-clock.js";
