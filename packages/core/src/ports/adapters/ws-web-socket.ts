import { validateHeaderName, validateHeaderValue } from "node:http";
import type { WebSocket } from "ws";
import { NetworkError, ProtocolError, VenueError } from "../../errors/index.js";
import type { WebSocketPort } from "../web-socket.js";
import { dial, endpointOf, parseProxy } from "./dial.js";
import { errorCode, networkCode } from "./network-code.js";
import { parseUrl } from "./parse-url.js";

/** How long the other end may take to finish the closing handshake. */
const CLOSE_TIMEOUT_MS = 2_000;

/** RFC 6455, section 7.4.1: the connection ended without a close frame. */
const ABNORMAL_CLOSE = 1006;

/** WebSockets by ws, which is loaded when the first connection is made. */
export const wsWebSocket: WebSocketPort = {
  connect(options, handler) {
    const url = parseUrl(options.url, "the URL of a WebSocket", ["ws:", "wss:"]);
    if (url.hash !== "") throw new TypeError("the URL of a WebSocket must have no fragment");
    const proxy = options.proxy === undefined ? undefined : parseProxy(options.proxy);
    for (const [name, value] of Object.entries(options.headers ?? {})) {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    }
    const { maxMessageBytes } = options;
    // ws takes 0 for "no limit" and loses the higher bits.
    if (!Number.isInteger(maxMessageBytes) || maxMessageBytes < 1 || maxMessageBytes >= 2 ** 31) {
      throw new TypeError("maxMessageBytes must be a positive integer less than 2^31");
    }

    const dialing = new AbortController();
    let socket: WebSocket | undefined;
    let socketError: Error | undefined;
    let ended = false;
    /** The caller asked for the end: what happens from now on is no failure. */
    let leaving = false;
    /** The caller wants to hear nothing more but the end. */
    let terminated = false;

    const end = (code: number, reason: string, error?: Error): void => {
      if (ended) return;
      ended = true;
      handler.onClose(error === undefined || leaving ? { code, reason } : { code, reason, error });
    };

    const open = async (): Promise<void> => {
      const { WebSocket } = await import("ws");
      const tcp = await dial(endpointOf(url), proxy, dialing.signal);
      if (dialing.signal.aborted) {
        tcp.destroy();
        return;
      }
      tcp.on("error", (error) => {
        socketError = error;
      });
      const settings = {
        headers: { ...options.headers },
        createConnection: () => tcp,
        followRedirects: false,
        perMessageDeflate: false,
        autoPong: true,
        maxPayload: maxMessageBytes,
        closeTimeout: CLOSE_TIMEOUT_MS,
      };
      const opening = new WebSocket(url, settings);
      socket = opening;
      opening.on("open", () => {
        if (!terminated) handler.onOpen();
      });
      opening.on("message", (data, isBinary) => {
        // as: a Buffer, since binaryType is left at "nodebuffer".
        if (!terminated && !ended) handler.onMessage(data as Buffer, isBinary);
      });
      opening.on("ping", (payload) => {
        if (!terminated && !ended) handler.onPing(payload);
      });
      opening.on("pong", (payload) => {
        if (!terminated && !ended) handler.onPong(payload);
      });
      opening.on("unexpected-response", (_, response) => {
        end(ABNORMAL_CLOSE, "", refusal(url, response.statusCode ?? 0, response.headers["retry-after"]));
        opening.terminate();
      });
      opening.on("error", (error) => {
        // Told at once: the closing handshake with a broken peer may take its whole timeout.
        end(closeCode(error), "", failure(url, error));
      });
      opening.on("close", (code, reason) => {
        const error = code === ABNORMAL_CLOSE ? lost(url, socketError) : undefined;
        end(code, reason.toString(), error);
      });
    };

    const terminate = (): void => {
      leaving = true;
      terminated = true;
      dialing.abort();
      if (socket === undefined) queueMicrotask(() => end(ABNORMAL_CLOSE, ""));
      else socket.terminate();
    };

    open().catch((error) => end(ABNORMAL_CLOSE, "", error));

    const opened = (): WebSocket => {
      if (socket === undefined || socket.readyState === socket.CONNECTING) {
        throw new TypeError("the WebSocket is not open yet");
      }
      return socket;
    };
    return {
      send(data) {
        if (!ended && !leaving) opened().send(data);
      },
      ping(payload) {
        if (!ended && !leaving) opened().ping(payload);
      },
      close(code, reason) {
        if (socket === undefined || socket.readyState === socket.CONNECTING) return terminate();
        socket.close(code, reason);
        leaving = true;
      },
      terminate,
    };
  },
};

/** The server answered the handshake with something else than a WebSocket. */
function refusal(url: URL, status: number, retryAfter: string | undefined): VenueError {
  const retryAfterMs = Number(retryAfter) * 1_000;
  return new VenueError(
    status >= 500 ? "VENUE_UNAVAILABLE" : status >= 400 ? "VENUE_REFUSED" : "VENUE_ERROR",
    `${url.host} answered the WebSocket handshake with status ${status}`,
    { httpStatus: status, details: retryAfterMs > 0 ? { retryAfterMs } : {} },
  );
}

/** The connection ended without a close frame. */
function lost(url: URL, cause: Error | undefined): NetworkError {
  return new NetworkError(
    networkCode(cause, "NETWORK_RESET"),
    `the connection to ${url.host} was lost`,
    cause === undefined ? {} : { cause },
  );
}

/** Names what ws reports: a broken frame, a broken handshake, or a broken connection during it. */
function failure(url: URL, error: Error): Error {
  const code = errorCode(error);
  if (code?.startsWith("WS_ERR_")) {
    return new ProtocolError(
      closeCode(error) === 1009 ? "FRAME_TOO_LARGE" : "MALFORMED_FRAME",
      `${url.host} sent a frame that cannot be taken: ${error.message}`,
    );
  }
  // Without the cause, which would show what was received (HPE: Node's HTTP parser).
  if (code === undefined || code.startsWith("HPE_")) {
    return new ProtocolError(
      "MALFORMED_ANSWER",
      `${url.host} broke the WebSocket handshake: ${error.message}`,
    );
  }
  return lost(url, error);
}

/** The code of RFC 6455, section 7.4.1, with which ws answers a broken frame. */
function closeCode(error: Error): number {
  switch (errorCode(error)) {
    case "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH":
    case "WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH":
      return 1009;
    case "WS_ERR_TOO_MANY_BUFFERED_PARTS":
      return 1008;
    case "WS_ERR_INVALID_UTF8":
      return 1007;
    default:
      return errorCode(error)?.startsWith("WS_ERR_") ? 1002 : ABNORMAL_CLOSE;
  }
}
