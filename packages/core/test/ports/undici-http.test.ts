import dns from "node:dns";
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { inspect } from "node:util";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { NetworkError } from "../../src/errors/index.js";
import { undiciHttp } from "../../src/ports/adapters/undici-http.js";
import type { HttpClient, HttpClientOptions, HttpRequest } from "../../src/ports/index.js";
import {
  handles,
  openGate,
  openHttp,
  openProxy,
  openTcp,
  openTls,
  settledHandles,
  trustLoopback,
  until,
  unusedPort,
} from "./loopback.js";

const SECRET = "s3cret";

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

async function openClient(options: Partial<HttpClientOptions> = {}): Promise<HttpClient> {
  const client = await undiciHttp.open({ maxBodyBytes: 1_000, ...options });
  onTestFinished(() => client.close());
  return client;
}

/** The error of a request that must fail, checked to show no query. */
async function failureOf(
  client: HttpClient,
  url: string,
  rest: Partial<HttpRequest> = {},
): Promise<NetworkError> {
  const error = await client.request({ method: "POST", url: `${url}?signature=${SECRET}`, ...rest }).then(
    () => expect.unreachable("the request succeeded"),
    (error: unknown) => error,
  );
  expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(SECRET);
  if (!(error instanceof NetworkError)) throw error;
  return error;
}

const text = (body: Uint8Array): string => Buffer.from(body).toString();

describe("an answer", () => {
  it("is whole, whatever its status", async () => {
    const { port } = await openHttp((_, response) => {
      response.writeHead(500, [
        ["Content-Type", "text/plain"],
        ["X-Two", "1"],
        ["X-Two", "2"],
        ["Set-Cookie", "a=1"],
        ["Set-Cookie", "b=2"],
      ]);
      response.write("out of ");
      response.end("order");
    });
    const client = await openClient();
    const answer = await client.request({ method: "GET", url: `http://127.0.0.1:${port}/` });
    expect(answer.status).toBe(500);
    expect(answer.headers).toMatchObject({
      "content-type": "text/plain",
      "x-two": "1, 2",
      "set-cookie": "a=1, b=2",
    });
    expect(text(answer.body)).toBe("out of order");
  });

  it("may be empty, and may be preceded by early hints", async () => {
    const { port } = await openHttp((_, response) => {
      response.writeEarlyHints({ link: "</style.css>; rel=preload" }, () => response.writeHead(204).end());
    });
    const client = await openClient();
    const answer = await client.request({ method: "DELETE", url: `http://127.0.0.1:${port}/` });
    expect(answer.status).toBe(204);
    expect(answer.body).toHaveLength(0);
  });

  it("may be a redirect, which is not followed", async () => {
    const asked: string[] = [];
    const { port } = await openHttp((request, response) => {
      asked.push(request.url ?? "");
      response.writeHead(302, { location: "/elsewhere" }).end();
    });
    const client = await openClient();
    const answer = await client.request({ method: "GET", url: `http://127.0.0.1:${port}/here` });
    expect(answer.status).toBe(302);
    expect(answer.headers.location).toBe("/elsewhere");
    expect(asked).toEqual(["/here"]);
  });
});

describe("a request", () => {
  it.each(["GET", "POST", "PUT", "DELETE"] as const)("arrives byte for byte: %s", async (method) => {
    const { port } = await openHttp((request, response) => {
      const { method, url, headers } = request;
      request.toArray().then((chunks) => {
        response.end(JSON.stringify([method, url, headers["x-key"], Buffer.concat(chunks).toString()]));
      }, expect.unreachable);
    });
    const client = await openClient();
    // URL would turn ' into %27 and resolve the dots: then a signature of the text would not fit.
    for (const target of ["/a/../b?c=%20'%27|[]&d=", "/", "?q=1", ""]) {
      const { body } = await client.request({
        method,
        url: `http://127.0.0.1:${port}${target}`,
        headers: { "x-key": "k" },
        ...(method === "GET" ? {} : { body: "é=1" }),
      });
      const path = target.startsWith("/") ? target : `/${target}`;
      expect(JSON.parse(text(body))).toEqual([method, path, "k", method === "GET" ? "" : "é=1"]);
    }
  });

  it("uses the connection of the one before", async () => {
    const server = await openHttp((_, response) => response.end());
    const client = await openClient();
    for (let i = 0; i < 5; i++) {
      await client.request({ method: "POST", url: `http://127.0.0.1:${server.port}/` });
      // undici gives a connection one turn of the event loop to be closed before it uses it again.
      await nextTurn();
    }
    expect(server.accepted).toHaveLength(1);
  });

  it.each([
    ["unanswered", () => {}],
    ["in the middle of its answer", (response: ServerResponse) => response.write("half")],
  ])("does not wait for one that hangs %s", async (_, reply) => {
    let hangs = false;
    const server = await openHttp((request, response) => {
      if (request.url === "/") {
        response.end();
        return;
      }
      reply(response);
      hangs = true;
    });
    const client = await openClient();
    const hanging = failureOf(client, `http://127.0.0.1:${server.port}/hang`, { method: "GET" });
    await until(() => hangs);
    await nextTurn();
    await client.request({ method: "GET", url: `http://127.0.0.1:${server.port}/` });
    await client.close();
    expect((await hanging).code).toBe("NETWORK_CLOSED");
  });

  it("names the host in the TLS handshake, but not an address, and asks for HTTP/1.1", async () => {
    trustLoopback();
    const server = await openTls((await openHttp((_, response) => response.end())).port);
    const client = await openClient();
    await client.request({ method: "GET", url: `https://localhost:${server.port}/` });
    await client.request({ method: "GET", url: `https://127.0.0.1:${server.port}/` });
    expect(server.hellos).toEqual(["localhost http/1.1", "false http/1.1"]);
  });

  it.each([
    ["a URL that is none", { url: `127.0.0.1/${SECRET}` }],
    ["another protocol", { url: `ftp://127.0.0.1/${SECRET}` }],
    ["a URL in loose spelling", { url: `http:/127.0.0.1/${SECRET}` }],
    ["a fragment", { url: `http://127.0.0.1/#${SECRET}` }],
    ["a space in the path", { url: `http://127.0.0.1/a b${SECRET}` }],
    ["a line break in a header", { url: "http://127.0.0.1/", headers: { "x-key": `${SECRET}\r\nx: y` } }],
    ["a header of the connection", { url: "http://127.0.0.1/", headers: { upgrade: SECRET } }],
  ])("is refused as misuse: %s", async (_, request) => {
    const client = await openClient();
    const error = await client.request({ method: "GET", ...request }).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(TypeError);
    expect(inspect(error)).not.toContain(SECRET);
  });
});

describe("a failure", () => {
  it("refused: nobody listens", async () => {
    const client = await openClient();
    const error = await failureOf(client, `http://127.0.0.1:${await unusedPort()}/`);
    expect(error).toMatchObject({ code: "NETWORK_REFUSED", sent: "no" });
  });

  it("of an IPv6 address is one of its connection, not of a name", async () => {
    const error = await failureOf(await openClient(), `http://[::1]:${await unusedPort()}/`);
    expect(error).toMatchObject({ sent: "no", cause: { cause: { syscall: "connect" } } });
  });

  it.each(["ENOTFOUND", "EAI_AGAIN"])("unreachable: the name is not resolved (%s)", async (code) => {
    vi.spyOn(dns, "lookup").mockImplementation(((
      _host: string,
      _options: object,
      callback: (e: Error) => void,
    ) => {
      process.nextTick(callback, Object.assign(new Error(`getaddrinfo ${code}`), { code }));
    }) as typeof dns.lookup);
    const client = await openClient();
    const error = await failureOf(client, "https://venue.invalid/");
    expect(error).toMatchObject({ code: "NETWORK_UNREACHABLE", sent: "no" });
  });

  it("timeout: the other end never finishes the TLS handshake", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const server = await openTcp((socket) => socket.resume());
    const failure = failureOf(await openClient(), `https://127.0.0.1:${server.port}/`);
    await until(() => server.accepted.length === 1);
    vi.advanceTimersByTime(10_000);
    expect(await failure).toMatchObject({ code: "NETWORK_TIMEOUT", sent: "no" });
    expect(vi.getTimerCount()).toBe(0);
    await until(() => server.accepted[0]?.destroyed === true);
  });

  it("TLS: the certificate is not trusted", async () => {
    const reached = vi.fn();
    const { port } = await openTls((await openTcp(reached)).port);
    const error = await failureOf(await openClient(), `https://127.0.0.1:${port}/`);
    expect(error).toMatchObject({ code: "NETWORK_TLS", sent: "no" });
  });

  it("TLS: the other end does not speak it", async () => {
    const { port } = await openTcp((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    const error = await failureOf(await openClient(), `https://127.0.0.1:${port}/`);
    expect(error).toMatchObject({ code: "NETWORK_TLS", sent: "no" });
  });

  it("reset during the TLS handshake: nothing was sent", async () => {
    const { port } = await openTcp((socket) => socket.once("data", () => socket.resetAndDestroy()));
    const error = await failureOf(await openClient(), `https://127.0.0.1:${port}/`);
    expect(error).toMatchObject({ code: "NETWORK_RESET", sent: "no" });
  });

  it.each<[string, (socket: Socket) => void]>([
    ["reset after the request", (socket) => socket.resetAndDestroy()],
    ["closed after the request", (socket) => socket.end()],
    ["closed within the answer", (socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf")],
    ["an answer that is not HTTP", (socket) => socket.end(`220 ${SECRET} ESMTP\r\n`)],
    [
      "an answer with two lengths",
      (socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab"),
    ],
  ])("reset: %s; the venue may have the request", async (_, reply) => {
    const server = await openTcp((socket) => socket.once("data", () => reply(socket)));
    const error = await failureOf(await openClient(), `http://127.0.0.1:${server.port}/`);
    expect(error).toMatchObject({ code: "NETWORK_RESET", sent: "maybe" });
    expect(server.accepted).toHaveLength(1);
  });

  it.each([
    ["stated", { "content-length": "1001" }],
    ["streamed", {}],
  ])("an answer longer than maxBodyBytes, its length %s", async (_, headers) => {
    const server = await openHttp((request, response) => {
      const length = request.url?.startsWith("/long") ? 1_001 : 1_000;
      response.writeHead(200, length === 1_000 ? {} : headers);
      response.write("x".repeat(length - 1));
      response.end("x");
    });
    const client = await openClient({ maxBodyBytes: 1_000 });
    const error = await failureOf(client, `http://127.0.0.1:${server.port}/long`);
    expect(error).toMatchObject({ code: "NETWORK_CLOSED", sent: "maybe" });
    const { body } = await client.request({ method: "GET", url: `http://127.0.0.1:${server.port}/` });
    expect(body).toHaveLength(1_000);
  });
});

describe("an abort", () => {
  const reason = new Error("took too long");

  it("before the call sends nothing", async () => {
    const server = await openHttp((_, response) => response.end());
    const error = await failureOf(await openClient(), `http://127.0.0.1:${server.port}/`, {
      signal: AbortSignal.abort(reason),
    });
    expect(error).toMatchObject({ code: "NETWORK_CLOSED", sent: "no", cause: reason });
    expect(server.accepted).toHaveLength(0);
  });

  it("while connecting sends nothing, also not later", async () => {
    trustLoopback();
    const reached = vi.fn();
    const secure = await openTls((await openHttp(reached)).port);
    const gate = await openGate(secure.port);
    const abort = new AbortController();
    const url = `https://127.0.0.1:${gate.port}/`;
    const failure = failureOf(await openClient(), url, { signal: abort.signal });
    await until(() => gate.accepted.length === 1);
    abort.abort(reason);
    expect(await failure).toMatchObject({ code: "NETWORK_CLOSED", sent: "no", cause: reason });

    gate.open();
    await until(() => secure.accepted[0]?.destroyed === true);
    expect(reached).not.toHaveBeenCalled();
  });

  it.each([
    ["waiting for the answer", () => {}],
    ["within the answer", (response: ServerResponse) => response.write("half")],
  ])("while %s closes the connection; the venue may have the request", async (_, reply) => {
    let asked = false;
    const server = await openHttp((_, response) => {
      asked = true;
      reply(response);
    });
    const client = await openClient();
    const abort = new AbortController();
    const failure = failureOf(client, `http://127.0.0.1:${server.port}/`, { signal: abort.signal });
    await until(() => asked);
    abort.abort(reason);
    expect(await failure).toMatchObject({ code: "NETWORK_CLOSED", sent: "maybe", cause: reason });
    await until(() => server.accepted[0]?.destroyed === true);
  });

  it("after the answer does nothing, and leaves no listener", async () => {
    const server = await openHttp((_, response) => response.end());
    const client = await openClient();
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, "addEventListener");
    const removed = vi.spyOn(signal, "removeEventListener");
    await client.request({ method: "GET", url: `http://127.0.0.1:${server.port}/`, signal });
    expect(added).toHaveBeenCalledTimes(1);
    expect(removed.mock.calls[0]?.slice(0, 2)).toEqual(added.mock.calls[0]?.slice(0, 2));
  });
});

describe("close", () => {
  it("fails requests under way and later ones", async () => {
    const server = await openHttp(() => {});
    const client = await openClient();
    const hanging = failureOf(client, `http://127.0.0.1:${server.port}/`);
    await until(() => server.accepted.length === 1);
    await client.close();
    expect((await hanging).code).toBe("NETWORK_CLOSED");
    const late = await failureOf(client, `http://127.0.0.1:${server.port}/`);
    expect(late).toMatchObject({ code: "NETWORK_CLOSED", sent: "no" });
    await client.close();
  });

  it("ends attempts to connect and idle connections, and leaves no handle and no timer", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const server = await openHttp((_, response) => response.end());
    const silent = await openTcp((socket) => socket.resume());
    const before = await settledHandles();
    const client = await openClient();
    await client.request({ method: "GET", url: `http://127.0.0.1:${server.port}/` });
    // Never gets past the TLS handshake.
    const connecting = failureOf(client, `https://127.0.0.1:${silent.port}/`);
    await until(() => silent.accepted.length === 1);
    await client.close();
    expect(await connecting).toMatchObject({ code: "NETWORK_CLOSED", sent: "no" });
    await until(() => handles() === before && vi.getTimerCount() === 0);
  });
});

describe("a proxy", () => {
  it.each(["http", "https"])("is used for %s, by CONNECT, with its credentials", async (protocol) => {
    trustLoopback();
    const plain = await openHttp((request, response) => response.end(JSON.stringify(request.headers)));
    const secure = await openTls(plain.port);
    const proxy = await openProxy({ credentials: `user:p@ss ${SECRET}` });
    const client = await openClient({ proxy: `http://user:p%40ss%20${SECRET}@127.0.0.1:${proxy.port}` });
    const { port } = protocol === "http" ? plain : secure;
    const { body } = await client.request({ method: "GET", url: `${protocol}://localhost:${port}/` });
    expect(proxy.targets).toEqual([`localhost:${port}`]);
    // The venue does not see the credentials.
    expect(text(body)).not.toContain("proxy");
  });

  it("may itself be reached by TLS", async () => {
    trustLoopback();
    const plain = await openHttp((_, response) => response.end("here"));
    const secure = await openTls(plain.port);
    const proxy = await openProxy();
    const secureProxy = await openTls(proxy.port);
    const client = await openClient({ proxy: `https://localhost:${secureProxy.port}` });
    const { body } = await client.request({ method: "GET", url: `https://127.0.0.1:${secure.port}/` });
    expect(text(body)).toBe("here");
    expect(proxy.targets).toEqual([`127.0.0.1:${secure.port}`]);
  });

  it("keeps its tunnels open", async () => {
    const server = await openHttp((_, response) => response.end());
    const proxy = await openProxy();
    const client = await openClient({ proxy: `http://127.0.0.1:${proxy.port}` });
    for (let i = 0; i < 3; i++) {
      await client.request({ method: "GET", url: `http://127.0.0.1:${server.port}/` });
      await nextTurn();
    }
    expect(proxy.targets).toHaveLength(1);
  });

  it("that refuses fails the request, which was not sent; the password is not shown", async () => {
    const server = await openHttp(() => {});
    const proxy = await openProxy({ credentials: "user:right" });
    const client = await openClient({ proxy: `http://user:${SECRET}@127.0.0.1:${proxy.port}` });
    const error = await failureOf(client, `http://127.0.0.1:${server.port}/`);
    expect(error).toMatchObject({ code: "NETWORK_REFUSED", sent: "no", details: { proxyStatus: 407 } });
    const encoded = Buffer.from(`user:${SECRET}`).toString("base64");
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(encoded);
    expect(server.accepted).toHaveLength(0);
  });

  it.each([
    ["resets", "reset", "NETWORK_RESET"],
    ["is no proxy", "SSH-2.0-OpenSSH_9.9\r\n", "NETWORK_RESET"],
    ["cannot reach the venue", "HTTP/1.1 502 Bad Gateway\r\n\r\n", "NETWORK_REFUSED"],
  ])("that %s fails the request, which was not sent", async (_, answer, code) => {
    const proxy = await openProxy({ answer });
    const client = await openClient({ proxy: `http://127.0.0.1:${proxy.port}` });
    const error = await failureOf(client, "https://venue.invalid/");
    expect(error).toMatchObject({ code, sent: "no" });
  });

  it("that nobody runs fails the request, which was not sent", async () => {
    const client = await openClient({ proxy: `http://127.0.0.1:${await unusedPort()}` });
    const error = await failureOf(client, "https://venue.invalid/");
    expect(error).toMatchObject({ code: "NETWORK_REFUSED", sent: "no" });
  });

  it.each([`user:${SECRET}@proxy`, `socks5://${SECRET}@proxy`, `http://user:%zz${SECRET}@proxy`])(
    "is refused as misuse: %s",
    async (proxy) => {
      const error = await undiciHttp.open({ proxy, maxBodyBytes: 1 }).catch((error: unknown) => error);
      expect(error).toBeInstanceOf(TypeError);
      expect(inspect(error)).not.toContain(SECRET);
    },
  );
});

it.each([-1, 0.5, Number.NaN])("maxBodyBytes of %d is refused as misuse", async (maxBodyBytes) => {
  await expect(undiciHttp.open({ maxBodyBytes })).rejects.toThrow(TypeError);
});
