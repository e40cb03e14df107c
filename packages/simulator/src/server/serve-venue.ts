import type {
  Ports,
  ServerHandle,
  ServerHandler,
  ServerRequest,
  ServerResponse,
  ServerSocket,
  Timer,
} from "@conn/core";
import { createFaultLayer } from "../faults/fault-layer.js";
import type { Faults } from "../faults/faults.js";
import type { VenueMachine } from "../machine/venue-machine.js";
import {
  type ClientFrameRecord,
  type ConnectionRecord,
  type DialRecord,
  type RequestRecord,
  remember,
  type VenueLog,
} from "./venue-log.js";

/** How to serve a venue. */
export interface ServeVenueOptions<M extends VenueMachine, Url extends string> {
  /** Makes the machine, given the venue's time of start in milliseconds since 1970. */
  readonly createMachine: (startAt: number) => M;
  readonly ports: Pick<Ports, "clock" | "timers" | "server">;
  /** Port on 127.0.0.1; 0, the default, for a free one. */
  readonly port?: number;
  /** The URLs that clients use, from `host:port`. */
  readonly urls: (authority: string) => Readonly<Record<Url, string>>;
  /** How many milliseconds the venue's clock is ahead of this machine's; negative: behind. Default 0. */
  readonly clockSkewMs?: number;
}

/** A venue that listens on the loopback interface. */
export interface RunningVenue<M extends VenueMachine, Url extends string = string> {
  readonly urls: Readonly<Record<Url, string>>;
  readonly machine: M;
  readonly faults: Faults;
  readonly log: VenueLog;
  /** The venue's time: it runs evenly, whatever happens to this machine's wall clock. */
  now(): number;
  /** Stops listening and cuts every connection: dials are refused by the system. The venue's market goes on. */
  goOffline(): Promise<void>;
  /** Listens again, at the same port. @throws {NetworkError} if the port cannot be had. */
  goOnline(): Promise<void>;
  /** Ends the venue; leaves nothing open. */
  close(): Promise<void>;
}

/**
 * Serves a venue's machine over real or simulated HTTP and WebSocket.
 *
 * @throws {NetworkError} if the port cannot be had.
 */
export async function serveVenue<M extends VenueMachine, Url extends string>(
  options: ServeVenueOptions<M, Url>,
): Promise<RunningVenue<M, Url>> {
  const { clock, timers, server } = options.ports;
  // Monotonic time, so that a jump of the wall clock is the client's problem and not the venue's.
  const offset = clock.now() + (options.clockSkewMs ?? 0) - clock.monotonic();
  const now = (): number => Math.floor(clock.monotonic() + offset);
  const machine = options.createMachine(now());

  const sockets = new Map<number, ServerSocket>();
  const responders = new Map<
    number,
    { respond(response: ServerResponse | "reset"): void; record: Writable<RequestRecord> }
  >();
  const connections = new Map<number, ConnectionRecord>();
  const requestsByPath = new Map<string, number>();
  const dials: DialRecord[] = [];
  const requests: RequestRecord[] = [];
  const clientFrames: ClientFrameRecord[] = [];
  let dialCount = 0;
  let acceptedCount = 0;
  let requestCount = 0;
  let framesIn = 0;
  let framesOut = 0;

  let timer: { readonly wakeAt: number; readonly timer: Timer } | undefined;
  let closed = false;
  let working = false;
  const queue: (() => void)[] = [];

  const layer = createFaultLayer({
    machine,
    now,
    onSchedule: () => input(() => {}),
    wire: {
      respond(requestId, response) {
        const responder = responders.get(requestId);
        if (responder === undefined) return;
        responders.delete(requestId);
        responder.record.status = response === "reset" ? "reset" : response.status;
        responder.respond(response);
      },
      send(connectionId, data) {
        framesOut++;
        sockets.get(connectionId)?.send(data);
      },
      ping: (connectionId, payload) => sockets.get(connectionId)?.ping(payload),
      pong: (connectionId, payload) => sockets.get(connectionId)?.pong(payload),
      close: (connectionId, code, reason) => sockets.get(connectionId)?.close(code, reason),
      terminate: (connectionId) => sockets.get(connectionId)?.terminate(),
    },
  });

  /**
   * Runs one input and then sets the timer. An input that arrives while another runs (a socket in
   * memory may answer at once) waits for its turn: a machine is never entered twice.
   */
  const input = (run: () => void): void => {
    if (closed) return;
    if (working) {
      queue.push(run);
      return;
    }
    working = true;
    try {
      let next: (() => void) | undefined = run;
      while (next !== undefined) {
        next();
        next = queue.shift();
      }
    } finally {
      working = false;
    }
    schedule();
  };

  const schedule = (): void => {
    const wakeAt = closed ? undefined : layer.nextWakeAt();
    if (wakeAt === timer?.wakeAt) return;
    timer?.timer.cancel();
    timer = undefined;
    if (wakeAt === undefined) return;
    const set = timers.set(Math.max(0, wakeAt - now()), () => {
      timer = undefined;
      input(() => layer.wake(now()));
    });
    timer = { wakeAt, timer: set };
  };

  machine.watch(() => input(() => layer.wake(now())));

  const handler: ServerHandler = {
    onRequest(request, respond) {
      const requestId = ++requestCount;
      const path = pathOf(request);
      requestsByPath.set(path, (requestsByPath.get(path) ?? 0) + 1);
      const record: Writable<RequestRecord> = {
        at: now(),
        method: request.method,
        path: request.path,
        remoteAddress: request.remoteAddress,
        status: undefined,
      };
      remember(requests, record);
      responders.set(requestId, { respond, record });
      input(() => layer.request(requestId, request, now()));
    },
    onUpgrade(request) {
      const connectionId = ++dialCount;
      const at = now();
      const refused = (status: number | "reset"): void =>
        remember(dials, {
          at,
          path: request.path,
          remoteAddress: request.remoteAddress,
          outcome: { status },
        });
      // The port wants its answer at once, so this input cannot wait for its turn.
      const answer = closed ? "reset" : layer.upgrade(connectionId, request, at);
      if (answer !== "accept") {
        refused(answer === "reset" ? "reset" : answer.status);
        return answer;
      }
      acceptedCount++;
      remember(dials, {
        at,
        path: request.path,
        remoteAddress: request.remoteAddress,
        outcome: { connectionId },
      });
      return (socket) => {
        sockets.set(connectionId, socket);
        connections.set(connectionId, {
          connectionId,
          route: machine.routeOf(request),
          path: request.path,
          openedAt: now(),
        });
        input(() => layer.opened(connectionId, now()));
        return {
          onMessage(data, isBinary) {
            framesIn++;
            const frame = isBinary ? data.slice() : decoder.decode(data);
            const { kind, streams } = machine.describeFrame(frame);
            remember(clientFrames, {
              at: now(),
              connectionId,
              kind,
              streams,
              text: typeof frame === "string" ? frame : "",
            });
            input(() => layer.frame(connectionId, frame, now()));
          },
          onPing(payload) {
            const copy = payload.slice();
            input(() => layer.ping(connectionId, copy, now()));
          },
          onPong(payload) {
            const copy = payload.slice();
            input(() => layer.pong(connectionId, copy, now()));
          },
          onClose() {
            sockets.delete(connectionId);
            connections.delete(connectionId);
            input(() => layer.closed(connectionId, now()));
          },
        };
      };
    },
  };

  let handle: ServerHandle | undefined = await server.listen({ port: options.port ?? 0 }, handler);
  const { host, port } = handle;

  return {
    urls: options.urls(`${host}:${port}`),
    machine,
    faults: layer.faults,
    log: {
      get dialCount() {
        return dialCount;
      },
      get acceptedCount() {
        return acceptedCount;
      },
      get requestCount() {
        return requestCount;
      },
      requestsByPath,
      get framesIn() {
        return framesIn;
      },
      get framesOut() {
        return framesOut;
      },
      dials,
      requests,
      clientFrames,
      get connections() {
        return [...connections.values()];
      },
      weightUsed: (remoteAddress) => machine.weightUsed(remoteAddress, now()),
    },
    now,
    async goOffline() {
      const offline = handle;
      handle = undefined;
      responders.clear();
      await offline?.close();
    },
    async goOnline() {
      if (closed || handle !== undefined) return;
      handle = await server.listen({ port }, handler);
    },
    async close() {
      closed = true;
      timer?.timer.cancel();
      timer = undefined;
      const open = handle;
      handle = undefined;
      await open?.close();
    },
  };
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

const decoder = new TextDecoder();

function pathOf(request: ServerRequest): string {
  const query = request.path.indexOf("?");
  return query < 0 ? request.path : request.path.slice(0, query);
}
