import type { SubscriptionProtocol } from "@conn/core";

const format =
  (method: "subscribe" | "unsubscribe") =>
  (channels: readonly string[], id: number, nonce: number): string =>
    JSON.stringify({
      id,
      method,
      params: {
        channels,
        // Hold for the book channels of the frame, and mean nothing to the others.
        ...(method === "subscribe" && {
          book_subscription_type: "SNAPSHOT_AND_UPDATE",
          book_update_frequency: 10,
        }),
      },
      nonce,
    });

/** @see https://exchange-developer.crypto.com/exchange/v1/docs/api/websocket-common-api-reference (subscribe) */
export const subscriptions: SubscriptionProtocol = {
  // The venue answers for each channel apart, under the one id of the request.
  maxTopicsPerFrame: 1,
  formatSubscribe: format("subscribe"),
  formatUnsubscribe: format("unsubscribe"),
};
