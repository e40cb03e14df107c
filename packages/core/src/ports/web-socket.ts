/** How to open a WebSocket. */
export interface WebSocketOptions {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** URL of an HTTP CONNECT proxy. */
  readonly proxy?: string;
  /** A message longer than this many bytes closes the connection with code 1009. */
  readonly maxMessageBytes: number;
}

/** How a WebSocket ended. */
export interface WebSocketClose {
  /** Close code of RFC 6455; 1006 when the connection ended without a close frame. */
  readonly code: number;
  readonly reason: string;
  /** What went wrong, if the connection failed rather than closed. */
  readonly error?: Error;
}

/** Receives what happens on a WebSocket. `onClose` comes exactly once and is the last call. */
export interface WebSocketHandler {
  onOpen(): void;
  /** `data` is only valid during the call: copy what must outlive it. */
  onMessage(data: Uint8Array, isBinary: boolean): void;
  /** The venue sent a ping; the port has already answered it with a pong of the same payload. */
  onPing(payload: Uint8Array): void;
  onPong(payload: Uint8Array): void;
  onClose(close: WebSocketClose): void;
}

/** An open or opening WebSocket. All methods are harmless after the end of the connection. */
export interface WebSocketConnection {
  send(data: string | Uint8Array): void;
  ping(payload?: string): void;
  /** Starts the closing handshake. */
  close(code?: number, reason?: string): void;
  /** Ends the connection at once, without a handshake; works while still connecting. */
  terminate(): void;
}

/** Opens WebSocket connections. Never asks for permessage-deflate, never follows a redirect. */
export interface WebSocketPort {
  /** Starts to connect and returns at once. Never throws for a network reason: `onClose` tells. */
  connect(options: WebSocketOptions, handler: WebSocketHandler): WebSocketConnection;
}
