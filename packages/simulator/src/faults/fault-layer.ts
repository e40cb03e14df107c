import type { ServerRequest, ServerResponse } from "@conn/core";
import type {
  FrameFacts,
  RequestFacts,
  VenueEffects,
  VenueMachine,
  VenueRefusal,
} from "../machine/venue-machine.js";
import type {
  ConnectionFilter,
  DropStyle,
  Fault,
  Faults,
  FrameFilter,
  RequestFilter,
  RequestRejection,
  UpgradeRejection,
} from "./faults.js";

/** What finally reaches the clients. */
export interface Wire {
  respond(requestId: number, response: ServerResponse | "reset"): void;
  send(connectionId: number, data: string | Uint8Array): void;
  ping(connectionId: number, payload: string): void;
  pong(connectionId: number, payload: Uint8Array): void;
  close(connectionId: number, code: number, reason: string): void;
  terminate(connectionId: number): void;
}

/** A machine's inputs, with faults in between. Times as in `VenueMachine`. */
export interface FaultLayer {
  readonly faults: Faults;
  request(requestId: number, request: ServerRequest, at: number): void;
  upgrade(connectionId: number, request: ServerRequest, at: number): "accept" | ServerResponse | "reset";
  opened(connectionId: number, at: number): void;
  frame(connectionId: number, data: string | Uint8Array, at: number): void;
  ping(connectionId: number, payload: Uint8Array, at: number): void;
  pong(connectionId: number, payload: Uint8Array, at: number): void;
  closed(connectionId: number, at: number): void;
  wake(at: number): void;
  nextWakeAt(): number | undefined;
}

/** What a fault layer stands between. */
export interface FaultLayerOptions {
  readonly machine: VenueMachine;
  readonly wire: Wire;
  /** The venue's time, for faults ordered between inputs. */
  readonly now: () => number;
  /** Told when an order has changed `nextWakeAt`. */
  readonly onSchedule: () => void;
}

type MethodAndFacts = RequestFacts & { readonly method: string };

type Frame = { readonly connectionId: number; readonly data: string | Uint8Array };

/** What a fault does; it has the hooks of its verb only. */
interface Hooks {
  /** Until when it lasts, if for a time. */
  readonly until?: number;
  /** Takes a frame on its way out; returns whether that counts as a hit. */
  readonly onFrame?: (frame: Frame) => boolean;
  /** Takes an answer on its way out. */
  readonly onAnswer?: (requestId: number, response: ServerResponse) => void;
  /** Takes a request on its way in. */
  readonly onRequest?: (requestId: number, request: ServerRequest) => void;
  readonly upgradeRejection?: UpgradeRejection;
  readonly subscriptionRefusal?: VenueRefusal;
  readonly silences?: boolean;
  /** Lets go of what it holds. */
  readonly release?: () => void;
  /** Whether it holds something: then it is over only when canceled or timed out. */
  readonly holds?: () => boolean;
}

interface Rule extends Hooks {
  readonly filter: FrameFilter & RequestFilter;
  remaining: number;
  hits: number;
  done: boolean;
  handle: Fault;
}

/** Puts faults between a venue's machine and the wire. */
export function createFaultLayer(options: FaultLayerOptions): FaultLayer {
  const { machine, wire, now, onSchedule } = options;
  let rules: Rule[] = [];
  /** Live connections and their routes. */
  const routes = new Map<number, string>();
  const dialing = new Map<number, { route: string; drop: boolean }>();
  const requests = new Map<number, MethodAndFacts>();
  /** What was delayed, soonest first; of equal times in the order it was delayed. */
  const later: { readonly dueAt: number; readonly run: () => void }[] = [];
  let time = Number.NEGATIVE_INFINITY;

  const advance = (at: number): void => {
    time = Math.max(time, at);
    while (later.length > 0 && later[0]!.dueAt <= time) later.shift()!.run();
    for (const rule of rules) if (rule.until !== undefined && rule.until <= time) end(rule);
  };

  const runLater = (dueAt: number, run: () => void): void => {
    let index = later.length;
    while (index > 0 && later[index - 1]!.dueAt > dueAt) index--;
    later.splice(index, 0, { dueAt, run });
  };

  const end = (rule: Rule): void => {
    if (rule.done) return;
    rule.done = true;
    rules = rules.filter((other) => other !== rule);
    rule.release?.();
  };

  const hit = (rule: Rule): void => {
    rule.hits++;
    rule.remaining--;
    if (rule.remaining <= 0 && !(rule.holds?.() ?? false)) end(rule);
  };

  const order = (verb: string, filter: Rule["filter"], count: number, hooks: Hooks): Fault => {
    if (!(count >= 1)) throw new TypeError("a fault must be met at least once");
    const handle: Fault = {
      verb,
      filter,
      get remaining() {
        return rule.remaining;
      },
      get hits() {
        return rule.hits;
      },
      get done() {
        return rule.done;
      },
      cancel() {
        time = Math.max(time, now());
        end(rule);
        onSchedule();
      },
    };
    const rule: Rule = { ...hooks, filter, remaining: count, hits: 0, done: false, handle };
    time = Math.max(time, now());
    rules = [...rules, rule];
    onSchedule();
    return handle;
  };

  /** Requests that a fault keeps waiting, for the venue's machine to handle in the end. */
  const holdRequests = (): Hooks => {
    const waiting: { readonly requestId: number; readonly request: ServerRequest }[] = [];
    return {
      onRequest: (requestId, request) => waiting.push({ requestId, request }),
      holds: () => waiting.length > 0,
      release() {
        for (const { requestId, request } of waiting) machine.request(requestId, request, time, effects);
      },
    };
  };

  const findRule = (matches: (rule: Rule) => boolean): Rule | undefined =>
    rules.find((rule) => rule.remaining > 0 && matches(rule));

  const connectionMatches = (filter: ConnectionFilter, connectionId: number): boolean =>
    (filter.connectionId === undefined || filter.connectionId === connectionId) &&
    (filter.route === undefined || filter.route === routes.get(connectionId));

  const isSilent = (connectionId: number): boolean =>
    rules.some((rule) => rule.silences === true && connectionMatches(rule.filter, connectionId));

  const frameMatches = (filter: FrameFilter, connectionId: number, facts: FrameFacts): boolean =>
    (filter.kind === undefined || filter.kind === facts.kind) &&
    (filter.symbol === undefined || filter.symbol === facts.symbol) &&
    (filter.stream === undefined || filter.stream === facts.stream) &&
    (filter.action === undefined || filter.action === facts.action) &&
    connectionMatches(filter, connectionId);

  const requestMatches = (filter: RequestFilter, facts: MethodAndFacts): boolean =>
    (filter.method === undefined || filter.method === facts.method) &&
    (filter.route === undefined || filter.route === facts.route) &&
    (filter.kind === undefined || filter.kind === facts.kind) &&
    (filter.symbol === undefined || filter.symbol === facts.symbol);

  const sendIfOpen = (frame: Frame): void => {
    if (routes.has(frame.connectionId)) wire.send(frame.connectionId, frame.data);
  };

  const forget = (connectionId: number): void => {
    routes.delete(connectionId);
  };

  const effects: VenueEffects = {
    respond(requestId, response) {
      const facts = requests.get(requestId);
      if (facts === undefined) return;
      requests.delete(requestId);
      const rule = findRule((one) => one.onAnswer !== undefined && requestMatches(one.filter, facts));
      if (rule === undefined) return wire.respond(requestId, response);
      rule.onAnswer!(requestId, response);
      hit(rule);
    },
    send(connectionId, text, facts) {
      // The usual case, for hundreds of thousands of frames.
      if (rules.length === 0) return wire.send(connectionId, text);
      if (isSilent(connectionId)) return;
      const rule = findRule(
        (one) => one.onFrame !== undefined && frameMatches(one.filter, connectionId, facts),
      );
      if (rule === undefined) return wire.send(connectionId, text);
      if (rule.onFrame!({ connectionId, data: text })) hit(rule);
    },
    ping(connectionId, payload) {
      if (!isSilent(connectionId)) wire.ping(connectionId, payload);
    },
    pong(connectionId, payload) {
      if (!isSilent(connectionId)) wire.pong(connectionId, payload);
    },
    close(connectionId, code, reason) {
      forget(connectionId);
      wire.close(connectionId, code, reason);
    },
    terminate(connectionId) {
      forget(connectionId);
      wire.terminate(connectionId);
    },
  };

  const matchingConnections = (filter: ConnectionFilter): number[] =>
    [...routes.keys()].filter((connectionId) => connectionMatches(filter, connectionId));

  const rejectRequests = (
    verb: string,
    filter: RequestFilter,
    count: number,
    rejection: (request: ServerRequest) => RequestRejection,
    until?: number,
  ): Fault =>
    order(verb, filter, count, {
      ...(until === undefined ? {} : { until }),
      onRequest(requestId, request) {
        requests.delete(requestId);
        wire.respond(requestId, rejection(request));
      },
    });

  const faults: Faults = {
    drop(filter = {}, style: DropStyle = "reset") {
      const dropped = matchingConnections(filter);
      time = Math.max(time, now());
      for (const connectionId of dropped) {
        forget(connectionId);
        if (style === "reset") wire.terminate(connectionId);
        else wire.close(connectionId, style.code, style.reason ?? "");
        machine.closed(connectionId, time, effects);
      }
      onSchedule();
      return dropped.length;
    },
    silence: (filter = {}, durationMs) =>
      order("silence", filter, Number.POSITIVE_INFINITY, {
        silences: true,
        ...(durationMs === undefined ? {} : { until: now() + durationMs }),
        ...(filter.connectionId === undefined ? holdRequests() : {}),
      }),
    lose: (filter = {}, count = 1) => order("lose", filter, count, { onFrame: () => true }),
    duplicate: (filter = {}, count = 1) =>
      order("duplicate", filter, count, {
        onFrame(frame) {
          sendIfOpen(frame);
          sendIfOpen(frame);
          return true;
        },
      }),
    reorder(filter = {}, count = 1) {
      let held: Frame | undefined;
      const release = (): void => {
        if (held !== undefined) sendIfOpen(held);
        held = undefined;
      };
      return order("reorder", filter, count, {
        onFrame(frame) {
          if (held === undefined || !routes.has(held.connectionId)) {
            held = frame;
            return false;
          }
          sendIfOpen(frame);
          // A frame of another socket is not the second half of this swap.
          if (held.connectionId !== frame.connectionId) return false;
          release();
          return true;
        },
        holds: () => held !== undefined,
        release,
      });
    },
    delay: (filter, delayMs, count = 1) =>
      order("delay", filter, count, {
        onFrame(frame) {
          runLater(time + delayMs, () => sendIfOpen(frame));
          return true;
        },
      }),
    delayAnswer: (filter, delayMs, count = 1) =>
      order("delayAnswer", filter, count, {
        onAnswer: (requestId, response) => runLater(time + delayMs, () => wire.respond(requestId, response)),
      }),
    corrupt: (filter, data, count = 1) =>
      order("corrupt", filter, count, {
        onFrame({ connectionId }) {
          sendIfOpen({ connectionId, data });
          return true;
        },
      }),
    alter: (filter, change, count = 1) =>
      order("alter", filter, count, {
        onFrame({ connectionId, data }) {
          const altered = typeof data === "string" ? change(data) : data;
          sendIfOpen({ connectionId, data: altered });
          return altered !== data;
        },
      }),
    corruptAnswer: (filter, body, count = 1) =>
      order("corruptAnswer", filter, count, {
        onAnswer: (requestId, response) => wire.respond(requestId, { ...response, body }),
      }),
    replaceAnswer: (filter, answer, count = 1) =>
      order("replaceAnswer", filter, count, {
        onAnswer: (requestId) => wire.respond(requestId, answer),
      }),
    inject(filter, data) {
      const targets = matchingConnections(filter);
      for (const connectionId of targets) wire.send(connectionId, data);
      return targets.length;
    },
    rejectRequest: (filter, rejection, count = 1) =>
      rejectRequests("rejectRequest", filter, count, () => rejection),
    rejectUpgrade: (filter, rejection, count = 1) =>
      order("rejectUpgrade", filter, count, { upgradeRejection: rejection }),
    rejectSubscription: (filter, error, count = 1) =>
      order("rejectSubscription", filter, count, { subscriptionRefusal: error }),
    rateLimit({ retryAfterMs, banned = false }, filter = {}) {
      const until = now() + retryAfterMs;
      return rejectRequests(
        "rateLimit",
        filter,
        Number.POSITIVE_INFINITY,
        (request) => machine.rateLimitAnswer({ banned, retryAfterMs: until - time }, request, time),
        until,
      );
    },
    hang: (filter = {}, count = 1) => order("hang", filter, count, holdRequests()),
    loseRequest: (filter = {}, count = 1) =>
      order("loseRequest", filter, count, { onRequest: (requestId) => requests.delete(requestId) }),
    loseAnswer: (filter = {}, count = 1) => order("loseAnswer", filter, count, { onAnswer: () => {} }),
    pending: () => rules.map((rule) => rule.handle),
    clear() {
      time = Math.max(time, now());
      for (const rule of rules) end(rule);
      onSchedule();
    },
  };

  return {
    faults,
    request(requestId, request, at) {
      advance(at);
      const facts = { ...machine.describeRequest(request), method: request.method };
      requests.set(requestId, facts);
      const rule = findRule((one) => one.onRequest !== undefined && requestMatches(one.filter, facts));
      if (rule === undefined) return machine.request(requestId, request, time, effects);
      rule.onRequest!(requestId, request);
      hit(rule);
    },
    upgrade(connectionId, request, at) {
      advance(at);
      const route = machine.routeOf(request);
      const rule = findRule(
        (one) =>
          one.upgradeRejection !== undefined &&
          (one.filter.route === undefined || one.filter.route === route),
      );
      if (rule !== undefined) {
        const rejection = rule.upgradeRejection!;
        hit(rule);
        if (rejection !== "acceptThenDrop") return rejection;
        dialing.set(connectionId, { route, drop: true });
        return "accept";
      }
      const answer = machine.upgrade(connectionId, request, time, effects);
      if (answer === "accept") dialing.set(connectionId, { route, drop: false });
      return answer;
    },
    opened(connectionId, at) {
      advance(at);
      const dial = dialing.get(connectionId);
      dialing.delete(connectionId);
      if (dial === undefined || dial.drop) return wire.terminate(connectionId);
      routes.set(connectionId, dial.route);
      machine.opened(connectionId, time, effects);
    },
    frame(connectionId, data, at) {
      advance(at);
      if (!routes.has(connectionId) || isSilent(connectionId)) return;
      if (rules.length > 0) {
        const asked = machine.describeFrame(data);
        const rule = findRule(
          ({ subscriptionRefusal, filter }) =>
            subscriptionRefusal !== undefined &&
            asked.kind === "subscribe" &&
            (filter.symbol === undefined || asked.symbols.includes(filter.symbol)) &&
            (filter.stream === undefined || asked.streams.includes(filter.stream)) &&
            connectionMatches(filter, connectionId),
        );
        if (rule !== undefined) {
          effects.send(connectionId, machine.refuseFrame(data, rule.subscriptionRefusal!), { kind: "error" });
          return hit(rule);
        }
      }
      machine.frame(connectionId, data, time, effects);
    },
    ping(connectionId, payload, at) {
      advance(at);
      if (routes.has(connectionId) && !isSilent(connectionId)) {
        machine.ping(connectionId, payload, time, effects);
      }
    },
    pong(connectionId, payload, at) {
      advance(at);
      if (routes.has(connectionId) && !isSilent(connectionId)) {
        machine.pong(connectionId, payload, time, effects);
      }
    },
    closed(connectionId, at) {
      advance(at);
      dialing.delete(connectionId);
      forget(connectionId);
      machine.closed(connectionId, time, effects);
    },
    wake(at) {
      advance(at);
      machine.wake(time, effects);
    },
    nextWakeAt() {
      let next = machine.nextWakeAt();
      const consider = (at: number): void => {
        if (next === undefined || at < next) next = at;
      };
      if (later.length > 0) consider(later[0]!.dueAt);
      for (const { until } of rules) if (until !== undefined) consider(until);
      return next;
    },
  };
}
