import type { VenueEffects } from "@conn/simulator";
import type { Connection } from "../streams/connection.js";
import type { UserEvent } from "./user-events.js";

/** Brings an event to every socket that listens under a key: several may, and each gets all of it that it asked for. */
export function sendUserEvent(
  connections: Iterable<Connection>,
  listenKey: string,
  event: UserEvent,
  effects: VenueEffects,
): void {
  for (const connection of listeners(connections, listenKey)) {
    if (connection.events !== undefined && !connection.events.has(event.kind)) continue;
    const text = connection.combined ? `{"stream":"${listenKey}","data":${event.text}}` : event.text;
    effects.send(connection.id, text, {
      kind: event.kind,
      stream: listenKey,
      ...(event.symbol === undefined ? {} : { symbol: event.symbol }),
      ...(event.action === undefined ? {} : { action: event.action }),
    });
  }
}

/** The sockets that listen under a key. */
export function listeners(connections: Iterable<Connection>, listenKey: string): Connection[] {
  return [...connections].filter(
    (connection) => connection.route === "private" && connection.streams.has(listenKey),
  );
}
