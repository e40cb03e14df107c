import type {
  Clock,
  ServerHandler,
  ServerPort,
  ServerRequest,
  ServerResponse,
  ServerSocketHandler,
  Timers,
} from "@conn/core";

/** What a client in memory receives on a WebSocket, in order. */
export type Received =
  | { readonly data: string | Uint8Array }
  | { readonly ping: string }
  | { readonly pong: string }
  | { readonly closed: number };

/** The client's end of a WebSocket in memory. Everything happens at once, within the call. */
export interface MemoryClient {
  readonly received: readonly Received[];
  /** Frames only, as text. */
  readonly texts: string[];
  /** Called for each frame while it arrives: a client that answers at once. */
  onText: (text: string) => void;
  send(data: string | Uint8Array): void;
  ping(payload: string): void;
  pong(payload: string): void;
  close(): void;
}

/** A world without network and real time. */
export interface VirtualWorld {
  readonly clock: Clock & { wallOffsetMs: number };
  readonly timers: Timers;
  readonly server: ServerPort;
  /** Timers that are set. */
  readonly pendingTimers: number;
  /** Servers that listen. */
  readonly listening: number;
  /** Lets time pass, timers included. */
  advance(ms: number): void;
  request(path: string, options?: Partial<ServerRequest>): { response: ServerResponse | "reset" | undefined };
  dial(path: string): MemoryClient | ServerResponse | "reset" | "refused";
}

export function createVirtualWorld(startAt = 1_790_000_000_000): VirtualWorld {
  let elapsed = 0;
  let timers: { dueAt: number; callback: () => void }[] = [];
  let handler: ServerHandler | undefined;
  const ends = new Set<() => void>();

  const requestOf = (path: string, options: Partial<ServerRequest> = {}): ServerRequest => ({
    method: "GET",
    path,
    headers: {},
    body: new Uint8Array(),
    remoteAddress: "127.0.0.1",
    ...options,
  });

  const clock = {
    wallOffsetMs: 0,
    now: () => startAt + elapsed + clock.wallOffsetMs,
    monotonic: () => elapsed,
  };
  return {
    clock,
    timers: {
      set(delayMs, callback) {
        const timer = { dueAt: elapsed + delayMs, callback };
        timers.push(timer);
        return {
          cancel() {
            timers = timers.filter((one) => one !== timer);
          },
        };
      },
    },
    server: {
      async listen({ port }, given) {
        handler = given;
        return {
          host: "127.0.0.1",
          port: port || 40_001,
          async close() {
            handler = undefined;
            for (const end of ends) end();
          },
        };
      },
    },
    get pendingTimers() {
      return timers.length;
    },
    get listening() {
      return handler === undefined ? 0 : 1;
    },
    advance(ms) {
      const until = elapsed + ms;
      for (;;) {
        const next = timers.reduce<(typeof timers)[number] | undefined>(
          (first, one) => (first === undefined || one.dueAt < first.dueAt ? one : first),
          undefined,
        );
        if (next === undefined || next.dueAt > until) break;
        timers = timers.filter((one) => one !== next);
        elapsed = Math.max(elapsed, next.dueAt);
        next.callback();
      }
      elapsed = until;
    },
    request(path, options) {
      const result: { response: ServerResponse | "reset" | undefined } = { response: undefined };
      handler?.onRequest(requestOf(path, options), (response) => {
        result.response = response;
      });
      return result;
    },
    dial(path) {
      if (handler === undefined) return "refused";
      const answer = handler.onUpgrade(requestOf(path));
      if (typeof answer !== "function") return answer;
      const received: Received[] = [];
      let open = true;
      let peer: ServerSocketHandler | undefined;
      const end = (code: number): void => {
        if (!open) return;
        open = false;
        ends.delete(cut);
        received.push({ closed: code });
        peer?.onClose(code, "");
      };
      const cut = (): void => end(1006);
      const client: MemoryClient = {
        received,
        get texts() {
          return received.flatMap((one) => ("data" in one && typeof one.data === "string" ? [one.data] : []));
        },
        onText: () => {},
        send(data) {
          const bytes = typeof data === "string" ? encoder.encode(data) : data;
          if (open) peer?.onMessage(bytes, typeof data !== "string");
        },
        ping: (payload) => peer?.onPing(encoder.encode(payload)),
        pong: (payload) => peer?.onPong(encoder.encode(payload)),
        close: () => end(1000),
      };
      const text = (payload: string | Uint8Array | undefined): string =>
        payload === undefined || typeof payload === "string" ? (payload ?? "") : decoder.decode(payload);
      ends.add(cut);
      peer = answer({
        send(data) {
          if (!open) return;
          received.push({ data });
          if (typeof data === "string") client.onText(data);
        },
        ping: (payload) => open && received.push({ ping: text(payload) }),
        pong: (payload) => open && received.push({ pong: text(payload) }),
        close: (code = 1005) => end(code),
        terminate: () => end(1006),
      });
      // A venue may have cut the socket while it was being handed over.
      if (!open) peer.onClose(1006, "");
      return client;
    },
  };
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Dials and expects to be let in. */
export function connect(world: VirtualWorld, path: string): MemoryClient {
  const client = world.dial(path);
  if (typeof client !== "object" || !("received" in client)) throw new Error("the dial was refused");
  return client;
}
