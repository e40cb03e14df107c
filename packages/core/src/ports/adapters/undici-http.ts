import type { Agent, Dispatcher } from "undici";
import { NetworkError } from "../../errors/index.js";
import type { HttpPort, HttpRequest, HttpResponse } from "../http.js";
import { dial, endpointOf, parseProxy } from "./dial.js";
import { errorCode, networkCode } from "./network-code.js";
import { parseUrl } from "./parse-url.js";

/** Bounds a connection attempt whose request was given up; core's own timeouts are shorter. */
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * How long an idle connection is kept if the venue names no time. A new TLS connection costs an order
 * three round trips; servers commonly close idle connections after 60 s or more.
 */
const KEEP_ALIVE_MS = 30_000;

/** HTTP/1.1 by undici, which is loaded when the first client is opened. */
export const undiciHttp: HttpPort = {
  async open({ proxy: proxyUrl, maxBodyBytes }) {
    const proxy = proxyUrl === undefined ? undefined : parseProxy(proxyUrl);
    if (!Number.isInteger(maxBodyBytes) || maxBodyBytes < 0) {
      throw new TypeError("maxBodyBytes must be a non-negative integer");
    }
    const { Agent } = await import("undici");
    const attempts = new Set<AbortController>();
    const agent = new Agent({
      // undici sends requests again that HTTP/2 servers hand back; an order is only ever sent once.
      allowH2: false,
      // One request at a time on a connection, and no limit of connections: a cancel waits for nobody.
      pipelining: 1,
      keepAliveTimeout: KEEP_ALIVE_MS,
      headersTimeout: 0,
      bodyTimeout: 0,
      maxResponseSize: maxBodyBytes,
      connect: ({ protocol, host, hostname }, callback) => {
        const target = endpointOf(new URL(`${protocol}//${host ?? hostname}`));
        const attempt = new AbortController();
        attempts.add(attempt);
        const timeout = setTimeout(() => {
          attempt.abort(
            new NetworkError("NETWORK_TIMEOUT", `no connection to ${host} in ${CONNECT_TIMEOUT_MS} ms`, {
              sent: "no",
            }),
          );
        }, CONNECT_TIMEOUT_MS);
        const settled = (): void => {
          clearTimeout(timeout);
          attempts.delete(attempt);
        };
        dial(target, proxy, attempt.signal).then(
          (socket) => {
            settled();
            callback(null, socket);
          },
          (error) => {
            settled();
            callback(error, null);
          },
        );
      },
    });
    return {
      request: async (request) => send(agent, request),
      async close() {
        const destroyed = agent.destroy();
        for (const attempt of attempts) {
          attempt.abort(new NetworkError("NETWORK_CLOSED", "the HTTP client was closed", { sent: "no" }));
        }
        await destroyed;
      },
    };
  },
};

function send(agent: Agent, request: HttpRequest): Promise<HttpResponse> {
  const { method, signal } = request;
  const url = parseUrl(request.url, "the URL of a request", ["http:", "https:"]);
  // As given, not as URL would write it: a signature may cover every byte.
  const target = /^https?:\/\/[^/?#\\]+([^#]*)$/i.exec(request.url)?.[1];
  if (target === undefined) throw new TypeError("the URL of a request must be plain and without a fragment");
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined;
    let status = 0;
    let headers: HttpResponse["headers"] = {};
    const chunks: Uint8Array[] = [];

    const fail = (code: NetworkError["code"], why: string, cause?: unknown): void => {
      signal?.removeEventListener("abort", abort);
      // Without the query, which may hold keys and signatures.
      reject(
        new NetworkError(code, `${method} ${url.origin}${url.pathname}: ${why}`, {
          cause,
          details: cause instanceof NetworkError ? cause.details : {},
          sent: controller === undefined ? "no" : "maybe",
        }),
      );
    };
    const abort = (): void => {
      fail("NETWORK_CLOSED", "given up by the caller", signal?.reason);
      controller?.abort(new Error("given up by the caller"));
    };

    if (signal?.aborted) return abort();
    signal?.addEventListener("abort", abort);
    agent.dispatch(
      {
        origin: url.origin,
        path: target.startsWith("/") ? target : `/${target}`,
        method,
        headers: request.headers ?? null,
        body: request.body ?? null,
      },
      {
        // Called when a connection stands and the request is about to be written.
        onRequestStart(started) {
          const again = controller !== undefined;
          if (signal?.aborted || again) started.abort(new Error("not to be sent"));
          else controller = started;
        },
        onResponseStart(_, statusCode, received) {
          status = statusCode;
          headers = Object.fromEntries(
            Object.entries(received).map(([name, value]) => [
              name,
              Array.isArray(value) ? value.join(", ") : (value ?? ""),
            ]),
          );
        },
        onResponseData(_, chunk) {
          chunks.push(chunk);
        },
        onResponseEnd() {
          signal?.removeEventListener("abort", abort);
          resolve({ status, headers, body: Buffer.concat(chunks) });
        },
        onResponseError(_, error) {
          switch (errorCode(error)) {
            case "UND_ERR_INVALID_ARG":
            case "UND_ERR_NOT_SUPPORTED":
              signal?.removeEventListener("abort", abort);
              reject(new TypeError(error.message));
              break;
            case "UND_ERR_DESTROYED":
              fail("NETWORK_CLOSED", "the HTTP client was closed", error);
              break;
            case "UND_ERR_RES_EXCEEDED_MAX_SIZE":
              fail("NETWORK_CLOSED", "the answer is too long", error);
              break;
            default:
              if (error instanceof NetworkError) fail(error.code, error.message, error);
              // Not as the cause: undici's parser puts what it received into its error.
              else if (error.name === "HTTPParserError") fail("NETWORK_RESET", error.message);
              else fail(networkCode(error, "NETWORK_RESET"), error.message, error);
          }
        },
      },
    );
  });
}
