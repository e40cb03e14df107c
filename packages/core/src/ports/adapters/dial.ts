import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { connect, isIP, isIPv6, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { NetworkError } from "../../errors/index.js";
import { networkCode } from "./network-code.js";
import { parseUrl } from "./parse-url.js";

const KEEP_ALIVE_PROBE_MS = 60_000;

/** One end of a TCP connection. */
export interface Endpoint {
  /** Name or address; IPv6 without brackets. */
  readonly hostname: string;
  readonly port: number;
  /** Whether TLS is spoken. */
  readonly secure: boolean;
}

/** An HTTP CONNECT proxy. */
export interface ProxyEndpoint extends Endpoint {
  /** Value of the `proxy-authorization` header. */
  readonly authorization?: string;
}

/** Where a URL of http, https, ws or wss leads. */
export function endpointOf(url: URL): Endpoint {
  const secure = url.protocol === "https:" || url.protocol === "wss:";
  return {
    hostname: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? (secure ? 443 : 80) : Number(url.port),
    secure,
  };
}

/**
 * Reads the URL of a proxy, with its credentials if it has some.
 *
 * @throws {TypeError} if it is no URL of http or https. The text does not show it.
 */
export function parseProxy(text: string): ProxyEndpoint {
  const url = parseUrl(text, "the proxy", ["http:", "https:"]);
  if (url.username === "" && url.password === "") return endpointOf(url);
  let credentials: string;
  try {
    credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  } catch {
    throw new TypeError("the credentials of the proxy are not percent-encoded");
  }
  return { ...endpointOf(url), authorization: `Basic ${Buffer.from(credentials).toString("base64")}` };
}

/**
 * Opens a connection to `target`, through `proxy` if given, with TLS where the target asks for it.
 *
 * @throws {NetworkError} with `sent: "no"`: no request can have left yet. When `signal` aborts: its reason.
 */
export async function dial(
  target: Endpoint,
  proxy: ProxyEndpoint | undefined,
  signal: AbortSignal,
): Promise<Socket> {
  signal.throwIfAborted();
  const first = proxy ?? target;
  let socket: Socket = quiet(
    connect({
      host: first.hostname,
      port: first.port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_PROBE_MS,
    }),
  );
  let codeOtherwise: NetworkError["code"] = "NETWORK_UNREACHABLE";
  const secure = async (hostname: string): Promise<void> => {
    codeOtherwise = "NETWORK_TLS";
    socket = quiet(
      connectTls({
        socket,
        host: hostname,
        // An address is no server name (RFC 6066, section 3), but is still checked against the certificate.
        servername: isIP(hostname) === 0 ? hostname : "",
        ALPNProtocols: ["http/1.1"],
      }),
    );
    await once(socket, "secureConnect", { signal });
  };
  try {
    await once(socket, "connect", { signal });
    if (proxy !== undefined) {
      if (proxy.secure) await secure(proxy.hostname);
      codeOtherwise = "NETWORK_RESET";
      await openTunnel(socket, target, proxy, signal);
    }
    if (target.secure) await secure(target.hostname);
    return socket;
  } catch (error) {
    socket.destroy();
    if (signal.aborted) throw signal.reason;
    if (error instanceof NetworkError) throw error;
    const where = `${target.hostname}:${target.port}${proxy === undefined ? "" : " through the proxy"}`;
    throw new NetworkError(networkCode(error, codeOtherwise), `cannot connect to ${where}`, {
      cause: error,
      sent: "no",
    });
  }
}

/** Asks the proxy at the other end of `socket` for a tunnel to `target`. */
async function openTunnel(
  socket: Socket,
  target: Endpoint,
  proxy: ProxyEndpoint,
  signal: AbortSignal,
): Promise<void> {
  const host = isIPv6(target.hostname) ? `[${target.hostname}]` : target.hostname;
  const authority = `${host}:${target.port}`;
  const connecting = quiet(
    request({
      method: "CONNECT",
      path: authority,
      headers: {
        host: authority,
        ...(proxy.authorization === undefined ? {} : { "proxy-authorization": proxy.authorization }),
      },
      createConnection: () => socket,
    }),
  );
  connecting.end();
  // as: the arguments of the event "connect" as documented by node:http.
  const [response, , head] = (await once(connecting, "connect", { signal })) as [
    IncomingMessage,
    Socket,
    Buffer,
  ];
  if (response.statusCode === undefined || response.statusCode < 200 || response.statusCode > 299) {
    throw new NetworkError(
      "NETWORK_REFUSED",
      `the proxy answered ${response.statusCode} instead of opening a tunnel to ${authority}`,
      { sent: "no", details: { proxyStatus: response.statusCode } },
    );
  }
  if (head.length > 0) socket.unshift(head);
}

/** Errors reach us through promises; one that comes when nobody waits must not end the process. */
function quiet<Emitter extends NodeJS.EventEmitter>(emitter: Emitter): Emitter {
  emitter.on("error", () => {});
  return emitter;
}
