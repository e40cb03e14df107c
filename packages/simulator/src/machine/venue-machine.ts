import type { ServerRequest, ServerResponse } from "@conn/core";

/** What a plain request is about, so that a fault can pick it. */
export interface RequestFacts {
  /** Which of the venue's front doors it came to, e.g. `rest`. */
  readonly route: string;
  /** What is asked for: the path without its query. */
  readonly kind: string;
  /** The venue's symbol, if the request names one. */
  readonly symbol?: string;
}

/** What a frame to the client is about, so that a fault can pick it. */
export interface FrameFacts {
  /** E.g. `depth`, `trade`, `ack`, `error`. */
  readonly kind: string;
  readonly symbol?: string;
  /** The venue's name of the stream that the frame belongs to. */
  readonly stream?: string;
  /** What has happened, where frames of a kind tell of several things: e.g. `TRADE`, in the venue's word. */
  readonly action?: string;
}

/** What a frame from the client asks for. */
export interface ClientFrameFacts {
  /** `subscribe`, `unsubscribe`, or another word of the venue; `unknown` if it cannot be read. */
  readonly kind: string;
  readonly symbols: readonly string[];
  readonly streams: readonly string[];
}

/** What a venue does, as told by its machine. */
export interface VenueEffects {
  respond(requestId: number, response: ServerResponse): void;
  send(connectionId: number, text: string, facts: FrameFacts): void;
  ping(connectionId: number, payload: string): void;
  pong(connectionId: number, payload: Uint8Array): void;
  /** Starts the closing handshake; the machine has already forgotten the connection. */
  close(connectionId: number, code: number, reason: string): void;
  /** Resets the TCP connection; the machine has already forgotten the connection. */
  terminate(connectionId: number): void;
}

/**
 * A venue's protocol as a pure state machine: what happens goes in with its time, what the venue does
 * comes out as calls on `effects`, during the call.
 *
 * A machine reads no clock, sets no timer, opens no socket and draws no number but from the generator
 * it was made with: the same inputs and seed give the same effects, byte for byte. All times are the
 * venue's, in milliseconds since 1970, whole numbers that never go backward.
 */
export interface VenueMachine {
  /** A plain request arrived. Answered by `effects.respond` with the same id, now or later. */
  request(requestId: number, request: ServerRequest, at: number, effects: VenueEffects): void;
  /** A client asks for a WebSocket. If accepted, `opened` follows. */
  upgrade(
    connectionId: number,
    request: ServerRequest,
    at: number,
    effects: VenueEffects,
  ): "accept" | ServerResponse;
  opened(connectionId: number, at: number, effects: VenueEffects): void;
  /** A text frame (string) or a binary one arrived. */
  frame(connectionId: number, data: string | Uint8Array, at: number, effects: VenueEffects): void;
  ping(connectionId: number, payload: Uint8Array, at: number, effects: VenueEffects): void;
  pong(connectionId: number, payload: Uint8Array, at: number, effects: VenueEffects): void;
  /** A connection ended, by whomever. Ignored if the machine does not know it any more. */
  closed(connectionId: number, at: number, effects: VenueEffects): void;
  /** Time passed: does all that was due until `at`. */
  wake(at: number, effects: VenueEffects): void;
  /** When the machine wants to be woken, or `undefined` if nothing is scheduled. */
  nextWakeAt(): number | undefined;
  /** Registers the one callback that is told when a call other than the above has changed `nextWakeAt`. */
  watch(callback: () => void): void;

  describeRequest(request: ServerRequest): RequestFacts;
  /** The route of an upgrade request. */
  routeOf(request: ServerRequest): string;
  describeFrame(data: string | Uint8Array): ClientFrameFacts;
  /** The venue's refusal of a client's frame, as its next frame on that connection. */
  refuseFrame(data: string | Uint8Array, error: VenueRefusal): string;
  /** The venue's answer to a client that asks too much. */
  rateLimitAnswer(limit: RateLimitNotice, request: ServerRequest, at: number): ServerResponse;
  /** Request weight that an address has used in the running window. */
  weightUsed(remoteAddress: string, at: number): number;
}

/** A venue's error: its code and its words. */
export interface VenueRefusal {
  readonly code: number;
  readonly message: string;
}

/** How a client is being limited. */
export interface RateLimitNotice {
  /** Whether the address is banned rather than merely over the limit. */
  readonly banned: boolean;
  readonly retryAfterMs: number;
}
