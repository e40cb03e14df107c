import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import type { Traffic } from "./traffic.js";

/** A tunnel that a client asked a proxy for. */
export interface ProxyTunnel {
  /** `host:port` that it was to lead to. */
  readonly target: string;
  /** Status by which the proxy answered: 200 if it opened the tunnel. */
  readonly status: number;
  /** Bytes from the client, and to it. */
  readonly bytesUp: number;
  readonly bytesDown: number;
}

/** An HTTP CONNECT proxy on the loopback interface. */
export interface LoopbackProxy {
  /** `host:port` at which it listens, or listened before it went offline. */
  readonly authority: string;
  /** Every tunnel that was asked for, oldest first. */
  readonly tunnels: readonly ProxyTunnel[];
  /** What else it was asked for: requests that a client did not put into a tunnel. */
  readonly strays: readonly string[];
  /** `user:password` without which it answers 407; undefined: it asks for none. @default undefined */
  credentials: string | undefined;
  /** Cuts every tunnel. */
  cut(): Promise<void>;
  /** Stops listening and cuts every tunnel. */
  goOffline(): Promise<void>;
  /** Listens again, at the same port. */
  goOnline(): Promise<void>;
}

const HOST = "127.0.0.1";

/**
 * Starts a proxy.
 *
 * @param routes Where tunnels really lead, by the `host:port` that they were asked for. No other target is served.
 * @param traffic Told what happens and what is under way.
 */
export async function startConnectProxy(
  routes: ReadonlyMap<string, string>,
  traffic: Pick<Traffic, "touch" | "during">,
): Promise<LoopbackProxy> {
  const tunnels: { -readonly [Field in keyof ProxyTunnel]: ProxyTunnel[Field] }[] = [];
  const strays: string[] = [];
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.setNoDelay(true);
    // The close that follows tells it.
    socket.on("error", () => {});
    socket.on("close", () => {
      sockets.delete(socket);
      traffic.touch();
    });
  };

  const isWelcome = (request: IncomingMessage): boolean => {
    const { credentials } = proxy;
    if (credentials === undefined) return true;
    return request.headers["proxy-authorization"] === `Basic ${Buffer.from(credentials).toString("base64")}`;
  };

  const server = createServer({ keepAliveTimeout: 0, headersTimeout: 0, requestTimeout: 0 });
  server.on("connection", keep);
  server.on("request", (request, response) => {
    strays.push(`${request.method} ${request.url}`);
    response.writeHead(405).end();
  });
  server.on("connect", (request, duplex, head) => {
    // as: node:http hands out the connection's net.Socket unless told otherwise by options that are not used.
    const client = duplex as Socket;
    const target = request.url ?? "";
    const route = routes.get(target);
    const status = !isWelcome(request) ? 407 : route === undefined ? 403 : 200;
    const tunnel = { target, status, bytesUp: 0, bytesDown: 0 };
    tunnels.push(tunnel);
    traffic.touch();
    if (status !== 200) {
      const demand = status === 407 ? 'proxy-authenticate: Basic realm="proxy"\r\n' : "";
      client.end(`HTTP/1.1 ${status} No\r\n${demand}content-length: 0\r\nconnection: close\r\n\r\n`);
      return;
    }
    const venue = connect({ host: HOST, port: Number(route?.split(":")[1]) });
    keep(venue);
    venue.on("connect", () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      if (head.length > 0) client.unshift(head);
      client.on("data", (chunk: Buffer) => {
        tunnel.bytesUp += chunk.length;
        traffic.touch();
        venue.write(chunk);
      });
      venue.on("data", (chunk: Buffer) => {
        tunnel.bytesDown += chunk.length;
        traffic.touch();
        client.write(chunk);
      });
    });
    client.on("close", () => venue.destroy());
    venue.on("close", () => client.destroy());
  });

  const listen = async (port: number): Promise<number> => {
    server.listen(port, HOST);
    await once(server, "listening");
    // as: the address of a TCP server that listens.
    return (server.address() as AddressInfo).port;
  };
  const cut = async (): Promise<void> => {
    const closing = [...sockets].map((socket) => once(socket, "close"));
    for (const socket of sockets) socket.destroy();
    await Promise.all(closing);
  };
  const goOffline = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, "close");
    server.close();
    await cut();
    await closed;
  };
  const port = await traffic.during("starting a proxy", listen(0));
  const proxy: LoopbackProxy = {
    authority: `${HOST}:${port}`,
    tunnels,
    strays,
    credentials: undefined,
    cut: () => traffic.during("cutting the tunnels of a proxy", cut()),
    goOffline: () => traffic.during("stopping a proxy", goOffline()),
    async goOnline() {
      await traffic.during("starting a proxy", listen(port));
    },
  };
  return proxy;
}
