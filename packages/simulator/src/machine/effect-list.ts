import type { ServerResponse } from "@conn/core";
import type { FrameFacts, VenueEffects } from "./venue-machine.js";

/** One effect of a machine, as data. */
export type VenueEffect =
  | { readonly effect: "respond"; readonly requestId: number; readonly response: ServerResponse }
  | {
      readonly effect: "send";
      readonly connectionId: number;
      readonly text: string;
      readonly facts: FrameFacts;
    }
  | { readonly effect: "ping"; readonly connectionId: number; readonly payload: string }
  | { readonly effect: "pong"; readonly connectionId: number; readonly payload: Uint8Array }
  | {
      readonly effect: "close";
      readonly connectionId: number;
      readonly code: number;
      readonly reason: string;
    }
  | { readonly effect: "terminate"; readonly connectionId: number };

/** Effects collected in the order they came. */
export interface EffectList extends VenueEffects {
  readonly list: readonly VenueEffect[];
  /** Empties the list and returns what was in it. */
  take(): VenueEffect[];
}

/** Collects a machine's effects instead of doing them: for tests of a machine without any socket. */
export function createEffectList(): EffectList {
  let list: VenueEffect[] = [];
  return {
    get list() {
      return list;
    },
    take() {
      const taken = list;
      list = [];
      return taken;
    },
    respond: (requestId, response) => list.push({ effect: "respond", requestId, response }),
    send: (connectionId, text, facts) => list.push({ effect: "send", connectionId, text, facts }),
    ping: (connectionId, payload) => list.push({ effect: "ping", connectionId, payload }),
    pong: (connectionId, payload) => list.push({ effect: "pong", connectionId, payload }),
    close: (connectionId, code, reason) => list.push({ effect: "close", connectionId, code, reason }),
    terminate: (connectionId) => list.push({ effect: "terminate", connectionId }),
  };
}
