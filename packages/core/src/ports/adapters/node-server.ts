import { once } from "node:events";
import { createServer, type IncomingMessage, ServerResponse as NodeResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { WebSocket } from "ws";
import { NetworkError } from "../../errors/index.js";
import type { ServerHandler, ServerPort, ServerRequest, ServerResponse, ServerSocket } from "../server.js";

const HOST = "127.0.0.1";

/** Bounds the memory that one request or one WebSocket message can take. */
const MAX_BODY_BYTES = 1024 * 1024;

/** HTTP and WebSocket servers by node:http and ws, which is loaded when the first server listens. */
export const nodeServer: ServerPort = {
  async listen({ port }, handler) {
    const { WebSocketServer } = await import("ws");
    const webSockets = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      autoPong: false,
      maxPayload: MAX_BODY_BYTES,
    });
    // No timeouts: a simulated venue's are run by the simulator, on its own clock.
    const server = createServer({ keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 });
    const sockets = new Set<Socket>();
    server.on("connection", (socket: Socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
    });
    server.on("request", (message, response) => {
      if (isForeign(message)) return answer(response, { status: 403 });
      onRequest(message, response, handler);
    });
    server.on("upgrade", (message, duplex, head) => {
      // as: node:http hands out the connection's net.Socket unless told otherwise by options we do not use.
      const socket = duplex as Socket;
      socket.on("error", () => {});
      if (isForeign(message)) return refuse(message, socket, { status: 403 });
      if (message.headers.upgrade?.toLowerCase() !== "websocket") {
        return refuse(message, socket, { status: 400 });
      }
      const decision = handler.onUpgrade(toRequest(message, new Uint8Array()));
      if (decision === "reset") socket.resetAndDestroy();
      else if (typeof decision === "object") refuse(message, socket, decision);
      else webSockets.handleUpgrade(message, socket, head, (webSocket) => serve(webSocket, socket, decision));
    });

    server.listen(port, HOST);
    try {
      await once(server, "listening");
    } catch (cause) {
      throw new NetworkError("NETWORK_REFUSED", `cannot listen on ${HOST}:${port}`, { cause, sent: "no" });
    }

    const closeAll = async (): Promise<void> => {
      const closing = once(server, "close");
      server.close();
      for (const socket of sockets) socket.destroy();
      await closing;
      // A closed handle is given up at the end of a turn of the event loop; this may be the middle of one.
      await nextTurn();
      await nextTurn();
    };
    let closed: Promise<void> | undefined;
    return {
      host: HOST,
      // as: the address of a TCP server that listens.
      port: (server.address() as AddressInfo).port,
      close() {
        closed ??= closeAll();
        return closed;
      },
    };
  },
};

/**
 * A browser page elsewhere can make its visitor send requests here, under its own name (DNS rebinding) or
 * across origins; both are told by headers a page cannot forge.
 */
function isForeign({ headers: { host, origin } }: IncomingMessage): boolean {
  if (host === undefined || !/^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/i.test(host)) return true;
  return origin !== undefined && !/^https?:\/\/(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/i.test(origin);
}

function onRequest(message: IncomingMessage, response: NodeResponse, handler: ServerHandler): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  message.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    // What is too much is read but not kept: an answer sent earlier could be lost in a reset.
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
  });
  message.on("end", () => {
    if (bytes > MAX_BODY_BYTES) return answer(response, { status: 413 });
    let responded = false;
    handler.onRequest(toRequest(message, Buffer.concat(chunks)), (reply) => {
      if (responded) throw new TypeError("a request can be answered only once");
      responded = true;
      if (reply === "reset") message.socket.resetAndDestroy();
      else answer(response, reply);
    });
  });
}

function toRequest(message: IncomingMessage, body: Uint8Array): ServerRequest {
  const headers = Object.entries(message.headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(", ") : (value ?? ""),
  ]);
  return {
    // Set on every message a server receives.
    method: message.method ?? "",
    path: message.url ?? "",
    headers: Object.fromEntries(headers),
    body,
    remoteAddress: message.socket.remoteAddress ?? "",
  };
}

function answer(response: NodeResponse, { status, headers = {}, body = "" }: ServerResponse): void {
  response.statusCode = status;
  // One by one, not by writeHead: only then does Node state the length of the body.
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.end(body);
}

/** Answers a request for a WebSocket as a plain one. */
function refuse(message: IncomingMessage, socket: Duplex, refusal: ServerResponse): void {
  const response = new NodeResponse(message);
  response.shouldKeepAlive = false;
  // as: what node:http itself passes here.
  response.assignSocket(socket as Socket);
  response.on("finish", () => {
    socket.end();
    socket.once("finish", () => socket.destroy());
  });
  answer(response, refusal);
}

function serve(
  webSocket: WebSocket,
  socket: Socket,
  accept: Exclude<ReturnType<ServerHandler["onUpgrade"]>, ServerResponse | "reset">,
): void {
  const end: ServerSocket = {
    send: (data) => webSocket.send(data),
    ping: (payload) => webSocket.ping(payload),
    pong: (payload) => webSocket.pong(payload),
    close: (code, reason) => webSocket.close(code, reason),
    terminate: () => void socket.resetAndDestroy(),
  };
  const handler = accept(end);
  // as: a Buffer, since binaryType is left at "nodebuffer".
  webSocket.on("message", (data, isBinary) => handler.onMessage(data as Buffer, isBinary));
  webSocket.on("ping", (payload) => handler.onPing(payload));
  webSocket.on("pong", (payload) => handler.onPong(payload));
  webSocket.on("close", (code, reason) => handler.onClose(code, reason.toString()));
  // The close that follows tells it.
  webSocket.on("error", () => {});
}
