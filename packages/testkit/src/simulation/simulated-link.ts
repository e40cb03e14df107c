import type { ServerSocket, ServerSocketHandler, WebSocketClose, WebSocketHandler } from "@conn/core";
import { NetworkError } from "@conn/core";
import type { SimulatedComputer } from "./simulated-computer.js";

/** What decides how long things take on a link, and whether they arrive. */
export interface LinkConditions {
  /** One-way delay of the next thing sent, in ms. */
  latencyMs(): number;
  /** Until when nothing gets through, in virtual ms since the beginning; 0 if everything does. */
  cutUntil(): number;
  now(): number;
  plan(at: number, run: () => void): void;
}

/** More frames than this on their way to a reader that is too slow, and the venue cuts the connection. */
const MAX_UNDER_WAY = 5_000;
const CLOSE_TIMEOUT_MS = 30_000;

/** Changes a frame on its way to the client. */
export type FrameChange = (data: Uint8Array) => Uint8Array;

/**
 * A WebSocket connection in memory. Like TCP it keeps the order of each direction and loses nothing while it
 * stands; it can be half open: then nothing arrives any more and nobody is told.
 */
export class SimulatedLink {
  readonly url: string;
  readonly client: SimulatedComputer;
  readonly server: SimulatedComputer;
  readonly #conditions: LinkConditions;
  readonly #handler: WebSocketHandler;
  readonly #onEnded: (link: SimulatedLink) => void;
  #peer: ServerSocketHandler | undefined;
  #clientIsOpen = true;
  #serverIsOpen = false;
  #halfOpen = false;
  #lastToClient = 0;
  #lastToServer = 0;
  #underWay = 0;
  /** Extra ms that each frame takes to be read. */
  readMs = 0;
  /** Frames still to be changed on their way, and how. */
  change: { left: number; readonly apply: FrameChange } | undefined;

  constructor(options: {
    readonly url: string;
    readonly client: SimulatedComputer;
    readonly server: SimulatedComputer;
    readonly conditions: LinkConditions;
    readonly handler: WebSocketHandler;
    readonly onEnded: (link: SimulatedLink) => void;
  }) {
    this.url = options.url;
    this.client = options.client;
    this.server = options.server;
    this.#conditions = options.conditions;
    this.#handler = options.handler;
    this.#onEnded = options.onEnded;
  }

  /** Whether the client has not been told of an end yet. */
  get clientIsOpen(): boolean {
    return this.#clientIsOpen;
  }

  get serverIsOpen(): boolean {
    return this.#serverIsOpen;
  }

  /** From now on nothing arrives, in either direction, and neither side is told. */
  breakSilently(): void {
    this.#halfOpen = true;
  }

  /** The server has accepted: the client learns of it, and both may talk. */
  open(accept: (socket: ServerSocket) => ServerSocketHandler): void {
    this.#serverIsOpen = true;
    // Planned first: what the server says while it accepts comes after.
    this.toClient(() => {
      if (this.#clientIsOpen) this.#handler.onOpen();
    });
    const peer = accept({
      send: (data) => this.#serverSends(data),
      ping: (payload) =>
        this.#toClientWhileOpen(() => {
          // The client's port answers by itself.
          this.toServer(() => this.#peer?.onPong(bytes(payload)));
          this.#handler.onPing(bytes(payload));
        }),
      pong: (payload) => this.#toClientWhileOpen(() => this.#handler.onPong(bytes(payload))),
      close: (code = 1005, reason = "") => {
        if (!this.#serverIsOpen) return;
        // Whoever gets no answer to its closing handshake ends by itself.
        const { now, plan } = this.#conditions;
        plan(now() + CLOSE_TIMEOUT_MS, () => this.#endServer(1006, ""));
        this.toClient(() => {
          this.toServer(() => this.#endServer(code, reason));
          this.#endClient({ code, reason });
        });
      },
      terminate: () => this.reset(),
    });
    this.#peer = peer;
    if (!this.#serverIsOpen) peer.onClose(1006, "");
  }

  /** Either side's system ends the connection without a word. */
  reset(): void {
    this.toClient(() => this.#endClient(lost(this.url)));
    this.#endServer(1006, "");
  }

  clientSends(data: string | Uint8Array): void {
    if (!this.#clientIsOpen) return;
    const copy = bytes(data);
    const isBinary = typeof data !== "string";
    this.toServer(() => {
      if (this.#serverIsOpen) this.#peer?.onMessage(copy, isBinary);
    });
  }

  clientPings(payload: string | undefined): void {
    if (!this.#clientIsOpen) return;
    const copy = bytes(payload);
    this.toServer(() => {
      if (this.#serverIsOpen) this.#peer?.onPing(copy);
    });
  }

  clientCloses(code = 1005, reason = ""): void {
    this.toServer(() => {
      this.toClient(() => this.#endClient({ code, reason }));
      this.#endServer(code, reason);
    });
  }

  /** The client cuts the connection; it is told of the end at once, the server when that arrives. */
  clientTerminates(): void {
    if (!this.#clientIsOpen) return;
    this.toServer(() => this.#endServer(1006, ""));
    queueMicrotask(() => this.#endClient({ code: 1006, reason: "" }));
  }

  /** The dial came to nothing. */
  refuse(error: Error): void {
    this.toClient(() => this.#endClient({ code: 1006, reason: "", error }));
  }

  /** Does something at the server when what was sent before has arrived. */
  toServer(deliver: () => void): void {
    this.#lastToServer = this.#send(this.#lastToServer, 0, this.server, deliver);
  }

  /** Does something at the client when what was sent before has arrived. */
  toClient(deliver: () => void): void {
    this.#lastToClient = this.#send(this.#lastToClient, this.readMs, this.client, deliver);
  }

  #toClientWhileOpen(deliver: () => void): void {
    if (!this.#serverIsOpen) return;
    this.toClient(() => {
      if (this.#clientIsOpen) deliver();
    });
  }

  #serverSends(data: string | Uint8Array): void {
    if (!this.#serverIsOpen) return;
    this.#underWay += 1;
    if (this.#underWay > MAX_UNDER_WAY) {
      this.reset();
      return;
    }
    this.toClient(() => {
      this.#underWay -= 1;
      if (!this.#clientIsOpen) return;
      let frame = bytes(data);
      if (this.change !== undefined && this.change.left > 0) {
        this.change.left -= 1;
        frame = this.change.apply(frame);
      }
      this.#handler.onMessage(frame, typeof data !== "string");
    });
  }

  #send(last: number, extraMs: number, to: SimulatedComputer, deliver: () => void): number {
    if (this.#halfOpen) return last;
    const { now, latencyMs, cutUntil, plan } = this.#conditions;
    const at = Math.max(last + extraMs, Math.max(now(), cutUntil()) + latencyMs());
    plan(at, () => {
      if (!this.#halfOpen) to.whenAwake(deliver);
    });
    return at;
  }

  #endClient(close: WebSocketClose): void {
    if (!this.#clientIsOpen) return;
    this.#clientIsOpen = false;
    this.#onEnded(this);
    this.#handler.onClose(close);
  }

  #endServer(code: number, reason: string): void {
    if (!this.#serverIsOpen) return;
    this.#serverIsOpen = false;
    this.#onEnded(this);
    this.#peer?.onClose(code, reason);
  }
}

const encoder = new TextEncoder();

function bytes(data: string | Uint8Array | undefined): Uint8Array {
  return typeof data === "string" ? encoder.encode(data) : (data ?? new Uint8Array());
}

function lost(url: string): WebSocketClose {
  const error = new NetworkError("NETWORK_RESET", `the connection to ${new URL(url).host} was lost`);
  return { code: 1006, reason: "", error };
}
