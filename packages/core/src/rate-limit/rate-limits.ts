import { LifecycleError, RateLimitError } from "../errors/index.js";
import type { Clock, Timer, Timers } from "../ports/index.js";
import { AbortWatch } from "./abort-watch.js";
import { Agenda, type Task } from "./agenda.js";
import { type Caller, CallPlans, ownerOf, type Plan } from "./call-plans.js";
import type { Gate, RateLimitNotice } from "./gate.js";
import { LANES } from "./lane.js";
import type { LaneQueue, PoolSet, Waiting } from "./lane-queue.js";
import type { Charge, Pool } from "./pool.js";
import type { RateLimitCost, RateLimitPool } from "./rate-limit-pool.js";
import type {
  AcquireOptions,
  LimitRevision,
  PoolGauge,
  RateLimiter,
  RateLimiterOptions,
  RateLimitOutcome,
  RateLimitPermit,
  RateLimitRefusal,
} from "./rate-limiter.js";

/** One connector's part. */
interface View extends Caller {
  readonly onNotice?: ((notice: RateLimitNotice) => void) | undefined;
  readonly onRevision?: ((revision: LimitRevision) => void) | undefined;
}

/** A call that was let through. */
interface Sent {
  readonly group: PoolSet;
  readonly charges: readonly Charge[];
}

/** Index of the most urgent lane. */
const CANCEL = LANES.indexOf("cancel");
/** A shorter wait is the rounding of a longer one that is over. */
const SHORTEST_MS = 1;

/**
 * The limits of one venue as seen from this program: shared by all connectors to it, each of which opens a
 * limiter of its own.
 *
 * A call takes constant time, however many wait. What counts is the number of sets of pools that are waited for: as
 * many as there are kinds of calls, for each account, and for each pair where the venue counts by pair. Only when
 * one of those who wait may go, a round of serving sorts them and looks at the first call of each of their lanes.
 */
export class RateLimits {
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #plans: CallPlans;
  readonly #views = new Set<View>();
  /** Queues in which calls wait. */
  readonly #queues: LaneQueue[] = [];
  readonly #agenda = new Agenda();
  readonly #aborts = new AbortWatch(() => this.#update());
  #untold: { readonly gate: Gate; readonly reason: RateLimitNotice["reason"]; readonly inMs: number }[] = [];
  #revisions: { readonly owner: string | undefined; readonly revision: LimitRevision }[] = [];
  #timer: Timer | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  /** Monotonic ms at which one of those who wait may fit. */
  #serveAt = Number.POSITIVE_INFINITY;
  #round = 0;
  #lastOrder = 0;
  #lastMoment = 0;
  #lastView = 0;

  /** @throws {TypeError} if two pools share an id, or one makes no sense. */
  constructor(ports: { readonly clock: Clock; readonly timers: Timers }, pools: readonly RateLimitPool[]) {
    this.#clock = ports.clock;
    this.#timers = ports.timers;
    this.#plans = new CallPlans(pools);
  }

  /** Opens a limiter for one connector. */
  open(options: RateLimiterOptions = {}): RateLimiter {
    this.#lastView += 1;
    const view: View = { ...options, id: this.#lastView };
    this.#views.add(view);
    this.#update();
    return {
      acquire: (cost, acquireOptions = {}) => this.#acquire(view, cost, acquireOptions),
      canAfford: (cost, affordOptions = {}) => {
        this.#update();
        const now = this.#clock.monotonic();
        return this.#fits(this.#plans.plan(view, cost, affordOptions, now), laneIndex(affordOptions), now);
      },
      revise: (limits) => {
        for (const [pool, limit] of Object.entries(limits)) this.#revise(pool, limit);
        this.#update();
      },
      headroom: () => this.#headroom(view),
      close: () => {
        this.#views.delete(view);
        this.#update();
      },
    };
  }

  #acquire(view: View, cost: RateLimitCost, options: AcquireOptions): Promise<RateLimitPermit> {
    const { signal } = options;
    const now = this.#clock.monotonic();
    const plan = this.#plans.plan(view, cost, options, now);
    if (signal?.aborted) return Promise.reject(aborted(signal));
    this.#catchUp(now);
    const lane = laneIndex(options);
    const tooHeavy = neverFits(plan.group, plan.weights, lane);
    if (tooHeavy !== undefined) return Promise.reject(tooHeavy);
    // Whoever waits could not go before this call came, so that it is the only one to look at.
    if (plan.group.queues[lane]?.size === 0 && this.#fits(plan, lane, now)) {
      return Promise.resolve(this.#grant(plan.group, plan.weights, lane, false, now));
    }
    const waiting = this.#enqueue(plan, lane, options, now);
    this.#arm(now);
    this.#tell();
    return waiting;
  }

  #enqueue(
    { group, weights }: Plan,
    lane: number,
    { signal, maxQueueMs }: AcquireOptions,
    now: number,
  ): Promise<RateLimitPermit> {
    const { promise, resolve, reject } = Promise.withResolvers<RateLimitPermit>();
    const queue = group.queues[lane] as LaneQueue;
    let isWaiting = true;
    let deadline: Task | undefined;
    const leave = (): void => {
      isWaiting = false;
      this.#leave(queue, waiting);
      if (deadline !== undefined) this.#agenda.giveUp(deadline);
      if (signal !== undefined) this.#aborts.remove(signal, onAbort);
    };
    const refuse = (error: Error): void => {
      leave();
      reject(error);
    };
    const onAbort = (): void => refuse(aborted(signal as AbortSignal));
    const wallStart = maxQueueMs === undefined ? 0 : this.#clock.now();
    this.#lastOrder += 1;
    const waiting: Waiting = {
      weights,
      order: this.#lastOrder,
      previous: undefined,
      next: undefined,
      refuseIfLate: (at) => {
        if (maxQueueMs === undefined) return false;
        if (Math.max(at - now, this.#clock.now() - wallStart) <= maxQueueMs) return false;
        refuse(late(maxQueueMs));
        return true;
      },
      grant: (permit) => {
        leave();
        resolve(permit);
      },
      refuse,
    };
    if (signal !== undefined) this.#aborts.add(signal, onAbort);
    queue.push(waiting);
    if (queue.size === 1) {
      queue.index = this.#queues.push(queue) - 1;
      const stop = gateWait(group, now);
      const wait = stop > 0 ? stop : poolWait(group, weights, lane, now, this.#round);
      this.#serveAt = Math.min(this.#serveAt, now + wait);
    }
    if (isWaiting && maxQueueMs !== undefined) {
      if (leastWait(group, weights, lane, now) > maxQueueMs) refuse(late(maxQueueMs));
      else deadline = this.#agenda.add(now + maxQueueMs, () => refuse(late(maxQueueMs)));
    }
    return promise;
  }

  #leave(queue: LaneQueue, waiting: Waiting): void {
    // Whoever stood behind the first one, in this queue or another, may fit now.
    if (queue.first === waiting) this.#serveAt = Number.NEGATIVE_INFINITY;
    queue.remove(waiting);
    if (queue.size > 0) return;
    const last = this.#queues.pop() as LaneQueue;
    if (last === queue) return;
    this.#queues[queue.index] = last;
    last.index = queue.index;
  }

  /** Lets through what fits: in order, and each of those that do not keeps the room that it needs. */
  #serve(now: number): void {
    this.#round += 1;
    const round = this.#round;
    let serveAt = Number.POSITIVE_INFINITY;
    let line = inOrder(this.#queues);
    for (let place = 0; place < line.length; ) {
      const queue = line[place] as LaneQueue;
      const waiting = queue.first as Waiting;
      const { group, lane } = queue;
      const { weights } = waiting;
      const stop = gateWait(group, now);
      const wait = stop > 0 ? stop : poolWait(group, weights, lane, now, round);
      // One that waits for what never comes would keep all others of its pools from passing.
      const tooHeavy = wait === Number.POSITIVE_INFINITY ? neverFits(group, weights, lane) : undefined;
      const isLate = waiting.refuseIfLate(now);
      if (!isLate && tooHeavy === undefined && wait > 0) {
        serveAt = Math.min(serveAt, now + wait);
        if (stop === 0) keepRoom(group, weights, lane, round);
        place += 1;
        continue;
      }
      if (!isLate && tooHeavy !== undefined) waiting.refuse(tooHeavy);
      else if (!isLate) this.#serveFirst(queue, waiting, now);
      if (queue.size === 0) line.splice(place, 1);
      if (line.length - place <= 1) continue;
      if (turnsMayChange(line, place, lane)) {
        line = inOrder(line.slice(place));
        place = 0;
      } else if (queue.size > 0) {
        // Only the next one of its queue may stand elsewhere.
        line.splice(place, 1);
        line.splice(placeFor(queue, line, place), 0, queue);
      }
    }
    this.#serveAt = serveAt;
  }

  #serveFirst(queue: LaneQueue, waiting: Waiting, now: number): void {
    const { isDue } = queue;
    const permit = this.#grant(queue.group, waiting.weights, queue.lane, isDue, now);
    queue.beginTurn();
    if (isDue) {
      for (const other of this.#queues) {
        if (other.lane === CANCEL && other.yieldsTo(queue)) other.hasYielded = true;
      }
    }
    waiting.grant(permit);
  }

  /** Whether a call would go at once, behind those who wait. */
  #fits({ group, weights }: Plan, lane: number, now: number): boolean {
    this.#round += 1;
    // A cancel that must have the reserve shares it with other cancels only.
    const fromReserve = lane === CANCEL && poolWait(group, weights, lane + 1, now, this.#round) > 0;
    for (const queue of this.#queues) {
      if (queue.first === undefined || (queue.lane > lane && (fromReserve || !queue.isDue))) continue;
      if (gateWait(queue.group, now) > 0) continue;
      keepRoom(queue.group, queue.first.weights, queue.lane, this.#round);
      // Room that one who waits keeps is often all there is.
      if (lane !== CANCEL && poolWait(group, weights, lane, now, this.#round) > 0) return false;
    }
    return gateWait(group, now) === 0 && poolWait(group, weights, lane, now, this.#round) === 0;
  }

  #grant(
    group: PoolSet,
    weights: readonly number[],
    lane: number,
    wasDue: boolean,
    now: number,
  ): RateLimitPermit {
    this.#lastMoment += 1;
    const charges = group.pools.map((pool, index) => {
      const charge = pool.take(weights[index] as number, this.#lastMoment, now, this.#round);
      pool.served(charge, lane, wasDue);
      return charge;
    });
    const sent: Sent = { group, charges };
    for (const gate of group.gates) gate.pass(sent);
    let isOpen = true;
    const end = (run: (at: number) => void): void => {
      if (!isOpen) return;
      isOpen = false;
      run(this.#clock.monotonic());
      this.#update();
    };
    return {
      settle: (outcome) => end((at) => this.#settle(sent, outcome, at)),
      release: () => end(() => this.#release(sent)),
    };
  }

  #release(sent: Sent): void {
    this.#serveAt = Number.NEGATIVE_INFINITY;
    for (const gate of sent.group.gates) gate.ended(sent, false);
    for (const charge of sent.charges) charge.pool.giveBack(charge);
  }

  #settle(sent: Sent, outcome: RateLimitOutcome, now: number): void {
    const { answered, arrivesWithinMs = 0, used, remaining, limits, refusal } = outcome;
    for (const gate of sent.group.gates) {
      if (gate.ended(sent, answered)) this.#serveAt = Number.NEGATIVE_INFINITY;
    }
    for (const { pool } of sent.charges) {
      const limit = limits?.[pool.id];
      if (limit !== undefined) this.#reviseOne(pool, limit, now);
    }
    const count = (at: number): void => {
      this.#lastMoment += 1;
      for (const charge of sent.charges) {
        const mayGoAt = charge.pool.settle(charge, { used, remaining }, this.#lastMoment, at);
        this.#serveAt = Math.min(this.#serveAt, mayGoAt);
      }
    };
    if (arrivesWithinMs > 0) this.#agenda.add(now + arrivesWithinMs, () => count(this.#clock.monotonic()));
    else count(now);
    if (refusal !== undefined) this.#stop(sent, refusal, now);
  }

  #stop({ group }: Sent, { reason, forMs, stops }: RateLimitRefusal, now: number): void {
    const ofScope = group.gates.filter(({ scope, pool }) => pool === undefined && scope === stops);
    const until = now + forMs;
    for (const gate of ofScope.length > 0 ? ofScope : group.pools.map((pool) => pool.gate)) {
      const news = gate.stop(until, reason);
      if (news !== undefined) this.#untold.push({ gate, reason: news.reason, inMs: news.until - now });
      this.#agenda.add(until, () => {
        if (!gate.resume(this.#clock.monotonic())) return;
        this.#untold.push({ gate, reason: "resumed", inMs: 0 });
        this.#serveAt = Number.NEGATIVE_INFINITY;
      });
    }
  }

  /** The venue has told what all pools of an id allow. */
  #revise(id: string, limit: number): void {
    const { scope, previous } = this.#plans.revise(id, limit, this.#clock.monotonic());
    this.#serveAt = Number.NEGATIVE_INFINITY;
    if (limit === previous) return;
    this.#revisions.push({ owner: undefined, revision: { pool: id, scope, previous, limit } });
  }

  /** The venue has told what one pool allows, such as that of an account of a higher tier. */
  #reviseOne(pool: Pool, limit: number, now: number): void {
    const { id, scope, limit: previous } = pool;
    if (limit === previous || !(limit > 0 && limit < Number.POSITIVE_INFINITY)) return;
    pool.revise(limit, now);
    this.#serveAt = Number.NEGATIVE_INFINITY;
    this.#revisions.push({ owner: pool.gate.owner, revision: { pool: id, scope, previous, limit } });
  }

  #headroom(view: View): readonly PoolGauge[] {
    this.#update();
    const now = this.#clock.monotonic();
    const gauges: PoolGauge[] = [];
    for (const pool of this.#plans.pools) {
      if (pool.gate.owner !== ownerOf(pool.scope, view)) continue;
      const waiting = this.#queues.filter(({ group }) => group.pools.includes(pool));
      gauges.push({
        pool: pool.id,
        scope: pool.scope,
        of: pool.of,
        limit: pool.limit,
        used: pool.used(now),
        free: pool.free(laneIndex({}), now),
        freeForCancels: pool.free(laneIndex({ lane: "cancel" }), now),
        waiting: waiting.reduce((sum, { size }) => sum + size, 0),
        isStopped: pool.gates.some((gate) => gate.isStopped),
      });
    }
    return gauges;
  }

  /** Does all that is due, and what follows from a change. */
  #update(): void {
    const now = this.#clock.monotonic();
    this.#catchUp(now);
    this.#arm(now);
    this.#tell();
  }

  #catchUp(now: number): void {
    this.#agenda.runUntil(now);
    if (this.#queues.length > 0 && now >= this.#serveAt) this.#serve(now);
  }

  /** Sets the one timer, while somebody waits or is to be told something. One that fires too early does no harm. */
  #arm(now: number): void {
    const isWaiting = this.#queues.length > 0;
    let at = isWaiting ? this.#serveAt : Number.POSITIVE_INFINITY;
    if (isWaiting || this.#views.size > 0) at = Math.min(at, this.#agenda.nextAt);
    if (at === this.#timerAt || (at > this.#timerAt && at < Number.POSITIVE_INFINITY)) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timerAt = at;
    if (at === Number.POSITIVE_INFINITY) return;
    this.#timer = this.#timers.set(Math.max(SHORTEST_MS, at - now), () => {
      this.#timer = undefined;
      this.#timerAt = Number.POSITIVE_INFINITY;
      this.#update();
    });
  }

  /** Tells what has happened; last of all, since whoever is told may make a call at once. */
  #tell(): void {
    const revisions = this.#revisions;
    if (revisions.length > 0) {
      this.#revisions = [];
      for (const { owner, revision } of revisions) {
        for (const view of this.#views) {
          if (owner === undefined || ownerOf(revision.scope, view) === owner) view.onRevision?.(revision);
        }
      }
    }
    const untold = this.#untold;
    if (untold.length === 0) return;
    this.#untold = [];
    for (const { gate, reason, inMs } of untold) {
      const { scope, pool, owner } = gate;
      const notice = { scope, pool, reason, untilTimestamp: this.#clock.now() + inMs };
      for (const view of this.#views) if (ownerOf(scope, view) === owner) view.onNotice?.(notice);
    }
  }
}

/** Those whose calls are to be looked at first to the front. */
function inOrder(queues: readonly LaneQueue[]): LaneQueue[] {
  for (const queue of queues) queue.assess();
  return queues.toSorted((one, other) => one.compareTo(other));
}

/** Whether a call of `lane` that goes changes whose turn it is among the rest of the line. */
function turnsMayChange(line: readonly LaneQueue[], from: number, lane: number): boolean {
  // Those that are due stand first, and of the others the least urgent last.
  return (line[from]?.wasDue ?? false) || (line.at(-1)?.lane ?? 0) > lane;
}

/** Where a queue belongs in the rest of a line that is in order. */
function placeFor(queue: LaneQueue, line: readonly LaneQueue[], from: number): number {
  let low = from;
  let high = line.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((line[middle] as LaneQueue).compareTo(queue) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function laneIndex({ lane = "query" }: AcquireOptions): number {
  return LANES.indexOf(lane);
}

function gateWait({ gates }: PoolSet, now: number): number {
  let wait = 0;
  for (const gate of gates) wait = Math.max(wait, gate.wait(now));
  return wait;
}

function poolWait(
  { pools }: PoolSet,
  weights: readonly number[],
  lane: number,
  now: number,
  round: number,
): number {
  let wait = 0;
  for (let index = 0; index < pools.length; index += 1) {
    wait = Math.max(wait, (pools[index] as Pool).wait(weights[index] as number, lane, now, round));
  }
  return wait;
}

/** Time that a call must wait, whatever is answered. */
function leastWait(group: PoolSet, weights: readonly number[], lane: number, now: number): number {
  let wait = 0;
  for (const gate of group.gates) if (gate.isStopped) wait = Math.max(wait, gate.wait(now));
  for (const [index, pool] of group.pools.entries()) {
    wait = Math.max(wait, pool.leastWait(weights[index] as number, lane, now));
  }
  return wait;
}

/** Why a call can never go, if so: the venue has told a limit below its weight. */
function neverFits({ pools }: PoolSet, weights: readonly number[], lane: number): RateLimitError | undefined {
  for (const [index, pool] of pools.entries()) {
    const weight = weights[index] as number;
    if (weight <= pool.largest(lane)) continue;
    return new RateLimitError(
      "RATE_LIMITED",
      `a weight of ${weight} is more than pool "${pool.id}" allows since the venue has told its limit`,
      { details: { pool: pool.id, weight, limit: pool.limit } },
    );
  }
  return undefined;
}

function keepRoom({ pools }: PoolSet, weights: readonly number[], lane: number, round: number): void {
  for (const [index, pool] of pools.entries()) pool.keepRoom(weights[index] as number, lane, round);
}

function aborted(signal: AbortSignal): LifecycleError {
  return new LifecycleError("ABORTED", "the call was aborted while it waited for the rate limit", {
    cause: signal.reason,
    outcome: "notSent",
  });
}

function late(maxQueueMs: number): RateLimitError {
  return new RateLimitError("RATE_QUEUE_TIMEOUT", `the rate limit left no room within ${maxQueueMs} ms`, {
    details: { maxQueueMs },
  });
}
