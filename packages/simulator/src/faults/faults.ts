import type { ServerResponse } from "@conn/core";
import type { VenueRefusal } from "../machine/venue-machine.js";

/** Picks connections. A field that is not given matches all. */
export interface ConnectionFilter {
  /** Route by which the client connected, as the venue names it. */
  readonly route?: string;
  readonly connectionId?: number;
}

/** Picks plain requests. A field that is not given matches all. */
export interface RequestFilter {
  readonly route?: string;
  /** The path, without its query. */
  readonly kind?: string;
  /** E.g. `POST`. */
  readonly method?: string;
  readonly symbol?: string;
}

/** Picks frames from the venue. A field that is not given matches all. */
export interface FrameFilter extends ConnectionFilter {
  /** E.g. `depth`, `trade`, `ack`. */
  readonly kind?: string;
  readonly symbol?: string;
  readonly stream?: string;
  /** What frames of the kind tell of, in the venue's word: e.g. `TRADE`. */
  readonly action?: string;
}

/** Picks what a client asks for on a socket. A field that is not given matches all. */
export interface SubscriptionFilter extends ConnectionFilter {
  readonly symbol?: string;
  readonly stream?: string;
}

/** What happens to a request that is not let through. */
export type RequestRejection = ServerResponse | "reset";

/** What happens to a dial that is not let through; `acceptThenDrop` opens the socket and resets it at once. */
export type UpgradeRejection = ServerResponse | "reset" | "acceptThenDrop";

/** A fault that was ordered. */
export interface Fault {
  readonly verb: string;
  readonly filter: FrameFilter & RequestFilter;
  /** How many more frames, requests or dials it will meet; `Infinity` if it lasts until canceled. */
  readonly remaining: number;
  /** How many it has met. */
  readonly hits: number;
  /** Whether it is over. */
  readonly done: boolean;
  /** Ends it. What it holds back (a hanging request, a frame waiting for its swap) is let go. */
  cancel(): void;
}

/** How `drop` cuts. */
export type DropStyle = "reset" | { readonly code: number; readonly reason?: string };

/**
 * Faults of a running venue, between its machine and the wire: the venue itself stays correct, and what
 * the client sees does not.
 *
 * Of several faults that match one frame or request, the oldest takes it. Numbers of repetitions count
 * matches and are 1 unless given; `Infinity` means until canceled. Times are milliseconds.
 */
export interface Faults {
  /** Cuts matching sockets now, with a close frame or without; returns how many. */
  drop(filter?: ConnectionFilter, style?: DropStyle): number;
  /**
   * The venue falls silent with TCP open, for a duration or until canceled: on matching sockets, old and
   * new, it sends nothing and hears nothing, and what it would have sent is lost. Requests to a matching
   * route wait and are handled in the end. Its own disconnects still happen.
   */
  silence(filter?: ConnectionFilter, durationMs?: number): Fault;
  /** Matching frames vanish. */
  lose(filter?: FrameFilter, count?: number): Fault;
  /** Matching frames come twice. */
  duplicate(filter?: FrameFilter, count?: number): Fault;
  /** The next two matching frames of one socket change places, `count` times. */
  reorder(filter?: FrameFilter, count?: number): Fault;
  /** Matching frames come later; others overtake them. */
  delay(filter: FrameFilter, delayMs: number, count?: number): Fault;
  /** Answers to matching requests come later. The venue answers at once: the delay is on the way back. */
  delayAnswer(filter: RequestFilter, delayMs: number, count?: number): Fault;
  /** Matching frames are replaced by these bytes (a binary frame) or this text. */
  corrupt(filter: FrameFilter, data: string | Uint8Array, count?: number): Fault;
  /**
   * Matching frames come as `change` makes them of their text, such as with one wrong number: well-formed, in
   * sequence, and not what the venue believes. A frame that it returns as it was is no hit.
   */
  alter(filter: FrameFilter, change: (text: string) => string, count?: number): Fault;
  /** The bodies of answers to matching requests are replaced; status and headers stay. */
  corruptAnswer(filter: RequestFilter, body: string | Uint8Array, count?: number): Fault;
  /**
   * Matching requests are handled, and answered with this instead of what the venue says of them: e.g. a 503 or a
   * 502 whatever became of the request, or a reset.
   */
  replaceAnswer(filter: RequestFilter, answer: RequestRejection, count?: number): Fault;
  /** Sends an extra frame on every matching socket now; returns on how many. */
  inject(filter: ConnectionFilter, data: string | Uint8Array): number;
  /** Matching requests are refused without reaching the venue's machine. */
  rejectRequest(filter: RequestFilter, rejection: RequestRejection, count?: number): Fault;
  /** Dials are refused, or accepted and dropped. */
  rejectUpgrade(filter: { readonly route?: string }, rejection: UpgradeRejection, count?: number): Fault;
  /** Matching subscription frames are answered with the venue's error and not carried out. */
  rejectSubscription(filter: SubscriptionFilter, error: VenueRefusal, count?: number): Fault;
  /** Matching requests get the venue's answer to too many requests until the time is over. */
  rateLimit(
    limit: { readonly retryAfterMs: number; readonly banned?: boolean },
    filter?: RequestFilter,
  ): Fault;
  /** Matching requests vanish before the venue sees them: the client waits. */
  loseRequest(filter?: RequestFilter, count?: number): Fault;
  /** Matching requests are not answered until canceled; then the venue handles those still waiting. */
  hang(filter?: RequestFilter, count?: number): Fault;
  /** The answers to matching requests are lost after the venue has handled them: the client waits. */
  loseAnswer(filter?: RequestFilter, count?: number): Fault;
  /** Faults ordered and not over. */
  pending(): readonly Fault[];
  /** Cancels all of them. */
  clear(): void;
}
