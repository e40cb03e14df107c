import type {
  WebSocketConnection,
  WebSocketHandler,
  WebSocketOptions,
  WebSocketPort,
} from "../../src/ports/index.js";

/** One dial of a `FakeWebSocketPort`, with the verbs of the venue's side. */
export class FakeSocket implements WebSocketConnection {
  readonly options: WebSocketOptions;
  readonly sent: string[] = [];
  pings = 0;
  closeAsked = false;
  terminated = false;
  ended = false;
  /** Whether our side's close and terminate are answered at once. */
  answersClose = true;
  readonly #handler: WebSocketHandler;

  constructor(options: WebSocketOptions, handler: WebSocketHandler) {
    this.options = options;
    this.#handler = handler;
  }

  send(data: string | Uint8Array): void {
    if (!this.ended) this.sent.push(typeof data === "string" ? data : new TextDecoder().decode(data));
  }

  ping(): void {
    this.pings += 1;
  }

  close(): void {
    this.closeAsked = true;
    if (this.answersClose) this.end(1000);
  }

  terminate(): void {
    this.terminated = true;
    this.end(1006);
  }

  open(): void {
    this.#handler.onOpen();
  }

  receive(text: string): void {
    this.deliver(new TextEncoder().encode(text), false);
  }

  deliver(data: Uint8Array, isBinary: boolean): void {
    this.#handler.onMessage(data, isBinary);
  }

  /** The venue's ping, which a port answers by itself. */
  receivePing(): void {
    this.#handler.onPing(new Uint8Array());
  }

  pong(): void {
    this.#handler.onPong(new Uint8Array());
  }

  end(code = 1006, error?: Error): void {
    if (this.ended) return;
    this.ended = true;
    this.#handler.onClose({ code, reason: "", ...(error && { error }) });
  }
}

/** A WebSocket port whose venue is the test. */
export class FakeWebSocketPort implements WebSocketPort {
  readonly sockets: FakeSocket[] = [];

  connect(options: WebSocketOptions, handler: WebSocketHandler): FakeSocket {
    const socket = new FakeSocket(options, handler);
    this.sockets.push(socket);
    return socket;
  }

  get last(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error("nothing was dialled");
    return socket;
  }
}
