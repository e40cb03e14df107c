import type { SubscriptionProtocol } from "@conn/core";

/**
 * Live subscribing and unsubscribing.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams/Live-Subscribing-Unsubscribing-to-streams
 */
export const subscriptions: SubscriptionProtocol = {
  // The venue names no limit; frames of this size are taken.
  maxTopicsPerFrame: 100,
  formatSubscribe: (topics, requestId) =>
    JSON.stringify({ method: "SUBSCRIBE", params: topics, id: requestId }),
  formatUnsubscribe: (topics, requestId) =>
    JSON.stringify({ method: "UNSUBSCRIBE", params: topics, id: requestId }),
};
