import type { FrameFacts, VenueEffects } from "@conn/simulator";
import type { Connection } from "../streams/connection.js";
import type { VenueAccount } from "./accounts.js";

/** Something that accounts are told on a channel of their own. */
export interface UserEvent {
  readonly channel: "user.order" | "user.trade" | "user.balance";
  /** The instrument, if it is about one: then it also goes to the channel of this instrument. */
  readonly symbol?: string;
  /** The status of an order, in the venue's word. */
  readonly action?: string;
  readonly data: readonly Record<string, unknown>[];
}

/** Brings an event to all sockets of an account that have subscribed to it. */
export function sendUserEvent(
  connections: Iterable<Connection>,
  account: VenueAccount,
  event: UserEvent,
  effects: VenueEffects,
): void {
  const channels = [
    event.channel,
    ...(event.symbol === undefined ? [] : [`${event.channel}.${event.symbol}`]),
  ];
  for (const connection of connections) {
    const { user } = connection;
    if (user?.key?.account !== account) continue;
    for (const subscription of channels) {
      if (!user.channels.has(subscription)) continue;
      effects.send(connection.id, userFrame("-1", subscription, event), factsOf(event, subscription));
    }
  }
}

/**
 * A frame of a channel; the first one after a subscription carries its id.
 *
 * @see https://exchange-developer.crypto.com/exchange/v1/docs/api/websocket/ws-channel-user-order
 */
export function userFrame(id: string, subscription: string, { channel, symbol, data }: UserEvent): string {
  const result = {
    ...(symbol === undefined ? {} : { instrument_name: symbol }),
    subscription,
    channel,
    data,
  };
  return `{"id":${id},"method":"subscribe","code":0,"result":${JSON.stringify(result)}}`;
}

export function factsOf({ channel, symbol, action }: UserEvent, subscription: string): FrameFacts {
  return {
    kind: channel,
    stream: subscription,
    ...(symbol === undefined ? {} : { symbol }),
    ...(action === undefined ? {} : { action }),
  };
}
