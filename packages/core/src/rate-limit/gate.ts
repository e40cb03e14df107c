import type { RateLimitScope } from "./rate-limit-pool.js";

/** The venue has told us to stop: asked for a pause, or banned us. */
export type StopReason = "stop" | "ban";

/** What happened at a gate. */
export interface RateLimitNotice {
  /** What is stopped or goes on: everything that the venue counts by this scope, or one pool of it. */
  readonly scope: RateLimitScope;
  /** Id of the pool; undefined for the whole scope. */
  readonly pool: string | undefined;
  readonly reason: StopReason | "resumed";
  /** When calls may go again, ms since 1970-01-01 UTC by this machine's clock. */
  readonly untilTimestamp: number;
}

/** Two stops that end closer together than this are told as one, in ms. */
const SAME_END_MS = 1_000;

/**
 * Lets nothing pass while the venue wants nothing from us. After that one call goes alone: only when the
 * venue has answered it without another refusal do the others follow. So a pause that was too short costs one
 * refused call and not a whole queue of them, which venues punish with bans.
 */
export class Gate {
  readonly scope: RateLimitScope;
  readonly pool: string | undefined;
  /** Whose it is: the name of the key, account or connector; empty for what all connectors share. */
  readonly owner: string;
  #stopped: { until: number; reason: StopReason; told: { until: number; reason: StopReason } } | undefined;
  /** The call that goes alone; whoever made it. */
  #probe: object | undefined;
  #isProbing = false;

  constructor(scope: RateLimitScope, pool: string | undefined, owner: string) {
    this.scope = scope;
    this.pool = pool;
    this.owner = owner;
  }

  get isOpen(): boolean {
    return this.#stopped === undefined && !this.#isProbing;
  }

  get isStopped(): boolean {
    return this.#stopped !== undefined;
  }

  /** Shuts the gate; a shorter stop never cuts a longer one. Returns what holds now, if that is news. */
  stop(
    until: number,
    reason: StopReason,
  ): { readonly until: number; readonly reason: StopReason } | undefined {
    const before = this.#stopped;
    const stopped = {
      until: Math.max(until, before?.until ?? until),
      reason: before?.reason === "ban" ? before.reason : reason,
    };
    const told = before?.told;
    const isKnown = told?.reason === stopped.reason && stopped.until - told.until < SAME_END_MS;
    this.#stopped = { ...stopped, told: isKnown ? told : stopped };
    return isKnown ? undefined : stopped;
  }

  /** Ends the stop if its time is over. Returns whether it does. */
  resume(now: number): boolean {
    if (this.#stopped === undefined || now < this.#stopped.until) return false;
    this.#stopped = undefined;
    this.#isProbing = true;
    this.#probe = undefined;
    return true;
  }

  /** Time until a call may pass: infinite while the answer to one is awaited. */
  wait(now: number): number {
    if (this.#stopped !== undefined) return Math.max(0, this.#stopped.until - now);
    return this.#probe === undefined ? 0 : Number.POSITIVE_INFINITY;
  }

  /** A call passes. */
  pass(call: object): void {
    if (this.#isProbing) this.#probe = call;
  }

  /** A call has come to its end; `answered` if the venue has spoken. Returns whether others may pass because of it. */
  ended(call: object, answered: boolean): boolean {
    if (this.#probe !== call) return false;
    this.#probe = undefined;
    if (answered) this.#isProbing = false;
    return true;
  }
}
