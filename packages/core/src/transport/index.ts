export { type BackoffPolicy, backoffDelay } from "./backoff.js";
export type { VenueTime } from "./clock-offset.js";
export type { ErrorRule } from "./error-rule.js";
export { copyWithoutSecrets } from "./error-without-secrets.js";
export { type Judgment, judgeRefusal, type RefusalFacts } from "./judge-refusal.js";
export { RenewalTimer } from "./renewal-timer.js";
export type { LimitHeaders, LimitStatus, RestCall, RestRequest, RestRules } from "./rest-call.js";
export { RestClient, type RestClientOptions, type TimedAnswer } from "./rest-client.js";
export type {
  OverlapRole,
  StreamConnection,
  StreamPoolOptions,
  StreamRoute,
  StreamStateFacts,
} from "./stream-connection.js";
export { StreamPool, type StreamPoolOwner } from "./stream-pool.js";
export {
  type SocketDownReason,
  type SocketLimits,
  type SocketPolicy,
  type SocketState,
  SupervisedSocket,
} from "./supervised-socket.js";
export type { SubscriptionProtocol } from "./topic-subscriptions.js";
export { VenueClock, type VenueClockOptions, type VenueClockSource } from "./venue-clock.js";
export {
  formatWireRequest,
  type JsonValue,
  type RequestAccess,
  type RequestBody,
  type RequestContent,
  type RequestSigner,
  type SignedFacts,
  type SignedRequest,
  type UnsignedRequest,
  type WireRequest,
} from "./wire-request.js";
