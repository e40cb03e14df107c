import { once } from "node:events";
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { createServer as createTlsServer, setDefaultCACertificates } from "node:tls";
import { onTestFinished } from "vitest";
import { loopbackCertificate } from "./loopback-certificate.js";

/** A server that ends with the test. */
export interface Loopback {
  readonly port: number;
  /** Connections accepted so far. */
  readonly accepted: Socket[];
}

async function listen(server: Server): Promise<Loopback> {
  const accepted: Socket[] = [];
  server.on("connection", (socket: Socket) => {
    socket.on("error", () => {});
    accepted.push(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    const closed = once(server, "close");
    server.close();
    for (const socket of accepted) socket.destroy();
    await closed;
  });
  return { port: (server.address() as AddressInfo).port, accepted };
}

/** A TCP server that does with its connections what the test says. */
export function openTcp(onSocket: (socket: Socket) => void): Promise<Loopback> {
  return listen(createServer(onSocket));
}

export function openHttp(
  onRequest: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Loopback> {
  return listen(createHttpServer(onRequest));
}

export interface TlsLoopback extends Loopback {
  /** Server name and protocol that each client asked for. */
  readonly hellos: string[];
}

/** A TLS server that hands the decrypted bytes to the server at `port`. */
export async function openTls(port: number): Promise<TlsLoopback> {
  const hellos: string[] = [];
  const options = { ...loopbackCertificate, ALPNProtocols: ["h2", "http/1.1"] };
  const server = createTlsServer(options, (inside) => {
    hellos.push(`${inside.servername} ${inside.alpnProtocol}`);
    inside.on("error", () => {});
    join(inside, connect(port, "127.0.0.1"));
  });
  server.on("tlsClientError", () => {});
  return { ...(await listen(server)), hellos };
}

/** Makes this process trust the certificate of `openTls`, and no other, until the end of the test. */
export function trustLoopback(): void {
  setDefaultCACertificates([loopbackCertificate.cert]);
  onTestFinished(() => setDefaultCACertificates([]));
}

/** Passes connections on to the server at `port`, but holds back every byte until `open` is called. */
export async function openGate(port: number): Promise<Loopback & { open(): void }> {
  const waiting: (() => void)[] = [];
  const gate = await openTcp((socket) => waiting.push(() => join(socket, connect(port, "127.0.0.1"))));
  return {
    ...gate,
    open() {
      for (const pass of waiting) pass();
    },
  };
}

/** A port at which nobody listens. */
export async function unusedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

export interface ProxyServer extends Loopback {
  /** Targets of the tunnels asked for. */
  readonly targets: string[];
}

/** An HTTP CONNECT proxy. With `credentials` ("user:password") it answers 407 without them. */
export async function openProxy(
  options: { credentials?: string; answer?: string } = {},
): Promise<ProxyServer> {
  const targets: string[] = [];
  const server = createHttpServer();
  server.on("connect", (request: IncomingMessage, socket: Socket) => {
    targets.push(request.url ?? "");
    const expected = options.credentials && `Basic ${Buffer.from(options.credentials).toString("base64")}`;
    if (request.headers["proxy-authorization"] !== expected) {
      socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
      return;
    }
    if (options.answer === "reset") {
      socket.resetAndDestroy();
      return;
    }
    if (options.answer !== undefined) {
      socket.end(options.answer);
      return;
    }
    const { hostname, port } = new URL(`tcp://${request.url}`);
    const upstream = connect(Number(port), hostname, () => socket.write("HTTP/1.1 200 OK\r\n\r\n"));
    join(socket, upstream);
  });
  return { ...(await listen(server)), targets };
}

function join(a: Socket, b: Socket): void {
  b.on("error", () => {});
  a.pipe(b).pipe(a);
  a.on("close", () => b.destroy());
  b.on("close", () => a.destroy());
}

/** The network handles that keep this process running; equal before and after when nothing was left behind. */
export function handles(): string {
  const network = /^(?:TCP|TLS|Connect|GetAddrInfo)/;
  return process
    .getActiveResourcesInfo()
    .filter((name) => network.test(name))
    .sort()
    .join();
}

/** The same, after what earlier tests closed is gone: the event loop gives up handles at the end of a turn. */
export async function settledHandles(): Promise<string> {
  for (let turn = 0; turn < 3; turn++) await nextTurn();
  return handles();
}

/** Waits for the event loop to bring about `condition`; the test's own timeout ends the wait. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await nextTurn();
}
