/** A request that a server received: plain HTTP, or the one that asks for a WebSocket. */
export interface ServerRequest {
  readonly method: string;
  /** Path and query as sent, beginning with "/". */
  readonly path: string;
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Address of the client, for limits by IP. */
  readonly remoteAddress: string;
}

/** The answer to a plain request. */
export interface ServerResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** The server's end of a WebSocket. All methods are harmless after its end. */
export interface ServerSocket {
  send(data: string | Uint8Array): void;
  ping(payload?: string | Uint8Array): void;
  /** Pings of the client are not answered by the port: a venue may choose to be silent. */
  pong(payload?: string | Uint8Array): void;
  close(code?: number, reason?: string): void;
  /** Resets the TCP connection without a closing handshake. */
  terminate(): void;
}

/** Receives what a client does on a WebSocket. `onClose` comes exactly once and is the last call. */
export interface ServerSocketHandler {
  onMessage(data: Uint8Array, isBinary: boolean): void;
  onPing(payload: Uint8Array): void;
  onPong(payload: Uint8Array): void;
  onClose(code: number, reason: string): void;
}

/** What a server does with its visitors. */
export interface ServerHandler {
  /**
   * A plain request arrived. Call `respond` once, now or later: with the answer, or with `"reset"`
   * to cut the connection unanswered. Not calling it leaves the client waiting.
   */
  onRequest(request: ServerRequest, respond: (response: ServerResponse | "reset") => void): void;
  /** A client asks for a WebSocket: accept with a handler's factory, or refuse with an answer or `"reset"`. */
  onUpgrade(
    request: ServerRequest,
  ): ((socket: ServerSocket) => ServerSocketHandler) | ServerResponse | "reset";
}

/** A server that listens. */
export interface ServerHandle {
  readonly host: string;
  readonly port: number;
  /** Stops listening and ends every connection. */
  close(): Promise<void>;
}

/** Opens servers on the loopback interface, for simulators and tests. */
export interface ServerPort {
  /**
   * Listens on 127.0.0.1 at `port`, or at a free port if 0.
   * Requests whose `Host` is not a loopback name, or that carry a foreign `Origin`, are refused with
   * status 403 before the handler sees them.
   *
   * @throws {NetworkError} if the port cannot be had.
   */
  listen(options: { readonly port: number }, handler: ServerHandler): Promise<ServerHandle>;
}
