import { createDefaultPorts, createMemoryJournals, type Logger, type Ports } from "@conn/core";
import { createSeededRandom } from "@conn/simulator";
import { type LoopbackProxy, startConnectProxy } from "./connect-proxy.js";
import { countedHttp } from "./counted-http.js";
import { countedServer } from "./counted-server.js";
import { countedWebSocket } from "./counted-web-socket.js";
import { nextTurn } from "./event-loop.js";
import { Traffic, type TrafficEvent } from "./traffic.js";
import { TrafficLog } from "./traffic-log.js";
import { type PendingTimer, VirtualTime } from "./virtual-time.js";

/** Options of a world. */
export interface LoopbackWorldOptions {
  /** Decides all randomness. */
  readonly seed: number;
  /** Wall time at the beginning, ms since 1970-01-01 UTC. @default 1767225600000 (the year 2026) */
  readonly startAt?: number;
}

/** What is open or pending. */
export interface Handles {
  readonly timers: number;
  /** Ends of WebSockets, dials included. */
  readonly sockets: number;
  readonly httpClients: number;
  readonly requests: number;
  readonly servers: number;
}

/** A line that somebody logged. */
export interface LogLine {
  readonly owner: string;
  readonly level: "debug" | "info" | "warn" | "error";
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/**
 * A world in which programs talk over real HTTP and WebSocket on this machine, while all of them live
 * by one clock that stands still as long as anything is on its way. So an hour passes in the time
 * that the work of an hour takes, and the same seed gives the same hour.
 *
 * @example
 * ```ts
 * const world = createLoopbackWorld({ seed: 1 });
 * const connector = createHost(world.portsOf("bot")).create(plugin, { urls: venue.urls });
 * await world.complete(connector.start(), { withinMs: 5_000 });
 * await world.advance(60_000);
 * ```
 */
export interface LoopbackWorld {
  readonly seed: number;
  /** Virtual wall time in ms since 1970-01-01 UTC. */
  readonly now: number;
  /** Virtual ms since the beginning. */
  readonly elapsedMs: number;
  /** Ports into this world; what is opened through them is counted under `owner`. */
  portsOf(owner: string): Ports;
  /**
   * Starts an HTTP CONNECT proxy; whoever starts it takes it offline in the end.
   *
   * @param routes Where tunnels really lead, by the `host:port` that they are asked for. No other target is served.
   */
  openProxy(routes: ReadonlyMap<string, string>): Promise<LoopbackProxy>;
  /** Waits until nothing is on its way. No virtual time passes. */
  settle(): Promise<void>;
  /** Lets `ms` of virtual time pass, with everything that is due in it. */
  advance(ms: number): Promise<void>;
  /** Sets the wall clock of one owner's machine, and nothing else, forward or back. */
  jumpWall(owner: string, ms: number): void;
  /**
   * Lets `ms` pass while the machine of one owner sleeps: its monotonic clock and its timers stand still. What arrives on
   * its open connections meanwhile is handled all the same.
   */
  sleep(owner: string, ms: number): Promise<void>;
  /**
   * Lets time pass until `condition` holds; it is looked at whenever nothing is on its way.
   *
   * @throws {Error} that shows what is pending, if it does not hold after `withinMs` of virtual time.
   */
  until(condition: () => boolean, options: WaitOptions): Promise<void>;
  /**
   * Lets time pass until `promise` settles, and gives its value.
   *
   * @throws What the promise rejects with; an {Error} that shows what is pending if it has not settled in time.
   */
  complete<T>(promise: Promise<T>, options: WaitOptions): Promise<T>;
  /** What is open or pending at this moment, of one owner or of all. */
  handles(owner?: string): Handles;
  pendingTimers(owner?: string): readonly PendingTimer[];
  /** Calls `listener` for everything that happens on the wire, as it happens; the returned function ends that. */
  onTraffic(listener: (event: TrafficEvent) => void): () => void;
  /** The latest lines that were logged. */
  readonly logLines: readonly LogLine[];
  /** What happened last on the wire, oldest first, a line each. */
  lastOnWire(count: number): readonly string[];
  /** What happened last and what is pending, for a report. */
  describe(options?: { readonly events?: number }): string;
}

/** How long to wait, and for what. */
export interface WaitOptions {
  /** In virtual ms. */
  readonly withinMs: number;
  /** What is awaited, for the error. */
  readonly what?: string;
}

/** What was awaited did not come about. */
export class WaitError extends Error {
  override readonly name = "WaitError";
  /** The message without the state of the world. */
  readonly summary: string;

  constructor(summary: string, state: string) {
    super(`${summary}\n${state}`);
    this.summary = summary;
  }
}

const START_AT = 1_767_225_600_000;
/**
 * Turns of the event loop without any event at a port after which nothing more is expected: what is
 * not counted by the ports (a socket that was given up, a promise chain) needs one or two.
 */
const QUIET_TURNS = 4;
/** Real ms after which a frame that does not arrive is an error rather than a slow machine. */
const STUCK_AFTER_MS = 10_000;
const KEPT_LOG_LINES = 200;
const KEPT_EVENTS = 200;

/** Makes a world. It needs no end: what was opened through its ports is to be closed by whoever opened it. */
export function createLoopbackWorld(options: LoopbackWorldOptions): LoopbackWorld {
  const { seed, startAt = START_AT } = options;
  const machine = createDefaultPorts();
  const time = new VirtualTime(startAt);
  const traffic = new Traffic(() => time.clock.now());
  const log = new TrafficLog(KEPT_EVENTS, startAt);
  traffic.listen((event) => log.add(event));
  const logLines: LogLine[] = [];

  const loggerOf = (owner: string): Logger => {
    const at =
      (level: LogLine["level"]) =>
      (message: string, fields: Readonly<Record<string, unknown>> = {}): void => {
        logLines.push({ owner, level, message, fields });
        if (logLines.length > KEPT_LOG_LINES) logLines.shift();
      };
    return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
  };

  const settle = async (): Promise<void> => {
    let seen = traffic.activity;
    let quiet = 0;
    let since = machine.clock.monotonic();
    while (quiet < QUIET_TURNS) {
      await nextTurn();
      if (traffic.activity !== seen) {
        seen = traffic.activity;
        quiet = 0;
        since = machine.clock.monotonic();
      } else if (traffic.isQuiet()) {
        quiet += 1;
      } else if (machine.clock.monotonic() - since > STUCK_AFTER_MS) {
        throw new Error(`on its way and never arrives:\n${traffic.underWay().join("\n")}`);
      }
    }
  };

  /** Runs what is due until `limit` (virtual ms since the beginning), one timer at a time, or until `done`. */
  const runUntil = async (limit: number, done: () => boolean): Promise<boolean> => {
    await settle();
    for (;;) {
      if (done()) return true;
      const next = time.nextDueAt;
      if (next === undefined || next > limit) break;
      const before = traffic.activity;
      time.runNext();
      // A timer that touches no port leaves nothing to wait for but its own promises.
      await nextTurn();
      if (traffic.activity !== before) await settle();
    }
    time.passTo(limit);
    return done();
  };

  const describe: LoopbackWorld["describe"] = ({ events = 20 } = {}) => {
    const timers = time
      .pending()
      .slice(0, 20)
      .map(({ owner, dueInMs, setBy }) => `  ${owner} in ${dueInMs} ms, set ${setBy}`);
    const underWay = traffic.underWay().map((what) => `  ${what}`);
    return [
      `virtual time ${time.elapsedMs} ms, seed ${seed}`,
      `pending timers:${timers.length === 0 ? " none" : ""}`,
      ...timers,
      `under way:${underWay.length === 0 ? " nothing" : ""}`,
      ...underWay,
      "last on the wire:",
      ...log.last(events),
      "what clients did last:",
      ...log.lastOfClients(Math.ceil(events / 2)),
    ].join("\n");
  };

  const until: LoopbackWorld["until"] = async (condition, { withinMs, what = "the condition" }) => {
    if (await runUntil(time.elapsedMs + withinMs, condition)) return;
    throw new WaitError(`${what} did not come about within ${withinMs} ms of virtual time`, describe());
  };

  const ports = new Map<string, Ports>();
  const portsOf = (owner: string): Ports => {
    const known = ports.get(owner);
    if (known !== undefined) return known;
    const made: Ports = {
      clock: time.clockOf(owner),
      timers: time.timersOf(owner),
      random: createSeededRandom(seed, owner),
      logger: loggerOf(owner),
      http: countedHttp(machine.http, traffic, owner),
      webSocket: countedWebSocket(machine.webSocket, traffic, owner),
      journals: createMemoryJournals(),
      server: countedServer(machine.server, traffic, owner),
    };
    ports.set(owner, made);
    return made;
  };

  return {
    seed,
    get now() {
      return time.clock.now();
    },
    get elapsedMs() {
      return time.elapsedMs;
    },
    portsOf,
    openProxy: (routes) => startConnectProxy(routes, traffic),
    settle,
    async advance(ms) {
      await runUntil(time.elapsedMs + ms, () => false);
      await settle();
    },
    jumpWall: (owner, ms) => time.jumpWall(owner, ms),
    async sleep(owner, ms) {
      await settle();
      time.sleep(owner, ms);
      await runUntil(time.elapsedMs + ms, () => false);
      await settle();
    },
    until,
    async complete(promise, options) {
      let settled = false;
      const note = (): void => {
        settled = true;
      };
      promise.then(note, note);
      await until(() => settled, { what: "the promise", ...options });
      return promise;
    },
    handles(owner) {
      let sockets = 0;
      for (const link of traffic.links.values()) {
        const clientIsOpen = link.client === "dialing" || link.client === "open";
        if (clientIsOpen && (owner === undefined || link.owner === owner)) sockets += 1;
        if (link.server === "open" && (owner === undefined || link.serverOwner === owner)) sockets += 1;
      }
      const requests = [...traffic.exchanges.values()].filter(
        (exchange) => owner === undefined || exchange.owner === owner,
      ).length;
      return {
        timers: time.pending(owner).length,
        sockets,
        httpClients: traffic.countOpen("httpClients", owner),
        requests,
        servers: traffic.countOpen("servers", owner),
      };
    },
    pendingTimers: (owner) => time.pending(owner),
    onTraffic: (listener) => traffic.listen(listener),
    get logLines() {
      return logLines;
    },
    lastOnWire: (count) => log.last(count),
    describe,
  };
}
