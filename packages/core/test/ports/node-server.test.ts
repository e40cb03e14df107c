import { once } from "node:events";
import { request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http";
import { connect as connectTcp, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { WebSocket } from "ws";
import { NetworkError } from "../../src/errors/index.js";
import { nodeServer } from "../../src/ports/adapters/node-server.js";
import type {
  ServerHandle,
  ServerHandler,
  ServerRequest,
  ServerResponse,
  ServerSocket,
} from "../../src/ports/index.js";
import { handles, settledHandles, until } from "./loopback.js";

const MEBIBYTE = 1024 * 1024;

const UPGRADE =
  "GET / HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n" +
  "sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

async function listen(handler: Partial<ServerHandler> = {}): Promise<ServerHandle> {
  const server = await nodeServer.listen(
    { port: 0 },
    { onRequest: (_, respond) => respond({ status: 204 }), onUpgrade: () => ({ status: 404 }), ...handler },
  );
  onTestFinished(() => server.close());
  return server;
}

/** Sends one request by node:http and waits for the answer. */
async function ask(
  server: ServerHandle,
  options: RequestOptions = {},
  body: string | Buffer = "",
): Promise<{ status: number | undefined; headers: IncomingMessage["headers"]; body: string }> {
  const asking = httpRequest({ host: server.host, port: server.port, agent: false, ...options });
  asking.end(body);
  // as: the arguments of the event "response" as documented by node:http.
  const [response] = (await once(asking, "response")) as [IncomingMessage];
  const chunks = await response.toArray();
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks).toString() };
}

/** Accepts WebSockets and writes down what happens on them. */
function recordSockets(): {
  events: string[];
  sockets: ServerSocket[];
  onUpgrade: ServerHandler["onUpgrade"];
} {
  const events: string[] = [];
  const sockets: ServerSocket[] = [];
  return {
    events,
    sockets,
    onUpgrade: () => (socket) => {
      sockets.push(socket);
      return {
        onMessage: (data, isBinary) => events.push(`${isBinary ? "binary" : "text"} ${Buffer.from(data)}`),
        onPing: (payload) => events.push(`ping ${Buffer.from(payload)}`),
        onPong: (payload) => events.push(`pong ${Buffer.from(payload)}`),
        onClose: (code, reason) => events.push(`close ${code} ${reason}`),
      };
    },
  };
}

async function openSocket(server: ServerHandle): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/`);
  socket.on("error", () => {});
  await once(socket, "open");
  return socket;
}

async function openTcp(server: ServerHandle): Promise<Socket> {
  const socket = connectTcp(server.port, server.host);
  await once(socket, "connect");
  return socket;
}

describe("a plain request", () => {
  it("is handed on whole and answered", async () => {
    const requests: ServerRequest[] = [];
    const server = await listen({
      onRequest(request, respond) {
        requests.push(request);
        respond({ status: 418, headers: { "x-teapot": "yes" }, body: "short and stout" });
      },
    });
    const headers = { "X-Key": "k", "X-Two": ["1", "2"] };
    const answer = await ask(server, { method: "PUT", path: "/a/b?c=%20d'", headers }, "é=1");
    expect(answer).toMatchObject({
      status: 418,
      headers: { "x-teapot": "yes", "content-length": "15" },
      body: "short and stout",
    });
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({
      method: "PUT",
      path: "/a/b?c=%20d'",
      headers: { "x-key": "k", "x-two": "1, 2", host: `127.0.0.1:${server.port}` },
      remoteAddress: "127.0.0.1",
    });
    expect(Buffer.from(requests[0]!.body).toString()).toBe("é=1");
  });

  it("may be answered in bytes, and later", async () => {
    let respond: ((response: ServerResponse) => void) | undefined;
    const server = await listen({
      onRequest: (_, reply) => {
        respond = reply;
      },
    });
    const answer = ask(server);
    await until(() => respond !== undefined);
    respond?.({ status: 200, body: Uint8Array.of(0x68, 0x69) });
    expect((await answer).body).toBe("hi");
  });

  it("may be reset", async () => {
    const socket = await openTcp(await listen({ onRequest: (_, respond) => respond("reset") }));
    socket.write("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n");
    await expect(once(socket.resume(), "end")).rejects.toMatchObject({ code: "ECONNRESET" });
  });

  it("is answered only once", async () => {
    let second: unknown;
    const server = await listen({
      onRequest(_, respond) {
        respond({ status: 200 });
        try {
          respond({ status: 500 });
        } catch (error) {
          second = error;
        }
      },
    });
    expect((await ask(server)).status).toBe(200);
    expect(second).toBeInstanceOf(TypeError);
  });

  it.each<[string, ServerResponse | "reset"]>([
    ["an answer", { status: 200, body: "late" }],
    ["a reset", "reset"],
  ])("whose client is gone makes %s harmless", async (_, late) => {
    let respond: ((response: ServerResponse | "reset") => void) | undefined;
    const server = await listen({
      onRequest: (_, reply) => {
        respond = reply;
      },
    });
    const socket = await openTcp(server);
    socket.write("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n");
    await until(() => respond !== undefined);
    socket.resetAndDestroy();
    await once(socket, "close");
    await nextTurn();
    respond?.(late);
    expect((await ask(await listen())).status).toBe(204);
  });

  it("has a bounded body", async () => {
    const onRequest = vi.fn<ServerHandler["onRequest"]>((request, respond) =>
      respond({ status: 200, body: String(request.body.length) }),
    );
    const server = await listen({ onRequest });
    const most = await ask(server, { method: "POST" }, Buffer.alloc(MEBIBYTE));
    expect(most).toMatchObject({ status: 200, body: String(MEBIBYTE) });
    expect((await ask(server, { method: "POST" }, Buffer.alloc(MEBIBYTE + 1))).status).toBe(413);
    expect(onRequest).toHaveBeenCalledTimes(1);
  });
});

describe("a visitor", () => {
  const own: [string, Record<string, string>][] = [
    ["127.0.0.1 without a port", { host: "127.0.0.1" }],
    ["localhost", { host: "LOCALHOST:8080" }],
    ["IPv6", { host: "[::1]:8080" }],
    ["a local page", { host: "localhost", origin: "http://localhost:5173" }],
    ["a local page by TLS", { host: "localhost", origin: "https://127.0.0.1" }],
  ];
  const foreign: [string, Record<string, string>][] = [
    ["another name", { host: "evil.example" }],
    ["a name that begins like ours", { host: "localhost.evil.example" }],
    ["a name that ends like ours", { host: "evil-localhost" }],
    ["a port that is none", { host: "localhost:80@evil.example" }],
    ["another address", { host: "192.168.0.1" }],
    ["another address of the loopback network", { host: "127.0.0.2" }],
    ["a foreign page", { host: "localhost", origin: "https://evil.example" }],
    ["a foreign page with our name in it", { host: "localhost", origin: "http://localhost.evil.example" }],
    ["a page without an origin", { host: "localhost", origin: "null" }],
    ["a browser extension", { host: "localhost", origin: "chrome-extension://localhost" }],
  ];
  const upgrade = {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  };

  it.each(own)("from here is let in: %s", async (_, headers) => {
    const onUpgrade = vi.fn<ServerHandler["onUpgrade"]>(() => ({ status: 404 }));
    const server = await listen({ onUpgrade });
    expect((await ask(server, { headers })).status).toBe(204);
    expect((await ask(server, { headers: { ...headers, ...upgrade } })).status).toBe(404);
    expect(onUpgrade).toHaveBeenCalledTimes(1);
  });

  it.each(foreign)("from elsewhere is refused before the handler sees it: %s", async (_, headers) => {
    const onRequest = vi.fn<ServerHandler["onRequest"]>((_, respond) => respond({ status: 204 }));
    const onUpgrade = vi.fn<ServerHandler["onUpgrade"]>(() => ({ status: 404 }));
    const server = await listen({ onRequest, onUpgrade });
    expect((await ask(server, { headers })).status).toBe(403);
    expect((await ask(server, { headers: { ...headers, ...upgrade } })).status).toBe(403);
    expect(onRequest).not.toHaveBeenCalled();
    expect(onUpgrade).not.toHaveBeenCalled();
  });

  it.each([
    ["an empty Host", "GET / HTTP/1.1\r\nhost:\r\nconnection: close\r\n\r\n"],
    ["no Host", "GET / HTTP/1.0\r\n\r\n"],
  ])("with %s is refused", async (_, request) => {
    const socket = await openTcp(await listen());
    socket.end(request);
    expect(Buffer.concat(await socket.toArray()).toString()).toMatch(/^HTTP\/1\.1 403 /);
  });

  it("cannot come by another address of the machine", async () => {
    const server = await listen();
    expect(server.host).toBe("127.0.0.1");
    const others = Object.values(networkInterfaces())
      .flatMap((list) => list ?? [])
      .filter(({ address, scopeid }) => address !== "127.0.0.1" && !scopeid);
    for (const { address } of others) {
      const socket = connectTcp(server.port, address);
      await expect(once(socket, "connect")).rejects.toMatchObject({ syscall: "connect" });
    }
  });
});

describe("a WebSocket", () => {
  it("carries messages, pings and pongs, and ends once", async () => {
    const { events, sockets, onUpgrade } = recordSockets();
    const client = await openSocket(await listen({ onUpgrade }));
    const received: string[] = [];
    client.on("message", (data, isBinary) => received.push(`${isBinary ? "binary" : "text"} ${data}`));
    client.on("ping", (payload) => received.push(`ping ${payload}`));
    client.send("hello");
    client.send(Buffer.from("bytes"));
    sockets[0]?.send("welcome");
    sockets[0]?.send(Buffer.from("raw"));
    sockets[0]?.ping("you?");
    await until(() => events.length === 3 && received.length === 3);
    expect(events).toEqual(["text hello", "binary bytes", "pong you?"]);
    expect(received).toEqual(["text welcome", "binary raw", "ping you?"]);
    client.close(1000, "bye");
    await once(client, "close");
    await until(() => events.length === 4);
    expect(events.at(-1)).toBe("close 1000 bye");
    for (const socket of sockets) {
      socket.send("nobody");
      socket.ping();
      socket.pong();
      socket.close();
      socket.terminate();
    }
    await nextTurn();
    expect(events).toHaveLength(4);
  });

  it("is not compressed, though the client asks", async () => {
    const { onUpgrade } = recordSockets();
    const client = await openSocket(await listen({ onUpgrade }));
    expect(client.extensions).toBe("");
  });

  it("answers a ping only if the handler does", async () => {
    const { events, sockets, onUpgrade } = recordSockets();
    const client = await openSocket(await listen({ onUpgrade }));
    const pongs: string[] = [];
    client.on("pong", (payload) => pongs.push(payload.toString()));
    client.ping("ignored");
    client.ping("answered");
    await until(() => events.length === 2);
    sockets[0]?.pong("answered");
    await until(() => pongs.length > 0);
    expect(pongs).toEqual(["answered"]);
  });

  it("may be reset", async () => {
    const { events, sockets, onUpgrade } = recordSockets();
    const server = await listen({ onUpgrade });
    const client = await openTcp(server);
    client.write(UPGRADE);
    await until(() => sockets.length === 1);
    sockets[0]?.terminate();
    await expect(once(client.resume(), "end")).rejects.toMatchObject({ code: "ECONNRESET" });
    await until(() => events.length > 0);
    expect(events).toEqual(["close 1006 "]);
  });

  it("ends when a message is too long", async () => {
    const { events, onUpgrade } = recordSockets();
    const client = await openSocket(await listen({ onUpgrade }));
    client.send(Buffer.alloc(MEBIBYTE + 1));
    const [code] = await once(client, "close");
    expect(code).toBe(1009);
    await until(() => events.length > 0);
    expect(events).toEqual(["close 1006 "]);
  });

  it.each<[string, ServerResponse | "reset", string]>([
    ["refused", { status: 429, headers: { "retry-after": "3" }, body: "slow down" }, "429 3 slow down"],
    ["reset", "reset", "ECONNRESET"],
  ])("may be %s", async (_, decision, expected) => {
    const server = await listen({ onUpgrade: () => decision });
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/`);
    const outcome = await new Promise<string>((resolve) => {
      socket.on("error", (error: NodeJS.ErrnoException) => resolve(String(error.code)));
      socket.on("unexpected-response", (_, response) => {
        response.toArray().then((chunks) => {
          resolve(`${response.statusCode} ${response.headers["retry-after"]} ${Buffer.concat(chunks)}`);
        }, resolve);
      });
    });
    expect(outcome).toBe(expected);
  });

  it("is hung up on when refused, also if the client would stay", async () => {
    const server = await listen({ onUpgrade: () => ({ status: 401 }) });
    const client = connectTcp({ port: server.port, host: server.host, allowHalfOpen: true });
    let reset = false;
    client.on("error", () => {
      reset = true;
    });
    client.write(UPGRADE);
    const [answer] = await once(client, "data");
    expect(String(answer)).toMatch(/^HTTP\/1\.1 401 .*\r\nconnection: close\r\n/is);
    await until(() => {
      client.write("still here");
      return reset;
    });
  });

  it("may be refused to a client that is gone", async () => {
    const client = await openTcp(
      await listen({
        onUpgrade() {
          client.resetAndDestroy();
          return { status: 401, body: "x".repeat(MEBIBYTE) };
        },
      }),
    );
    client.write(UPGRADE);
    await once(client, "close");
    for (let turn = 0; turn < 3; turn++) await nextTurn();
    expect((await ask(await listen())).status).toBe(204);
  });

  it("needs a proper handshake", async () => {
    const { sockets, onUpgrade } = recordSockets();
    const asked = vi.fn(onUpgrade);
    const server = await listen({ onUpgrade: asked });
    const headers = { connection: "Upgrade", upgrade: "h2c", "sec-websocket-version": "13" };
    expect((await ask(server, { headers })).status).toBe(400);
    expect(asked).not.toHaveBeenCalled();
    expect((await ask(server, { headers: { ...headers, upgrade: "websocket" } })).status).toBe(400);
    expect(sockets).toHaveLength(0);
  });
});

describe("a server", () => {
  it("says when it cannot have the port", async () => {
    const { port } = await listen();
    const error = await nodeServer
      .listen({ port }, { onRequest: () => {}, onUpgrade: () => "reset" })
      .catch((error: unknown) => error);
    expect(error).toBeInstanceOf(NetworkError);
    expect(error).toMatchObject({ code: "NETWORK_REFUSED", sent: "no", cause: { code: "EADDRINUSE" } });
  });

  it("ends everything when closed, and leaves no handle", async () => {
    const before = await settledHandles();
    const { events, onUpgrade } = recordSockets();
    let hanging = 0;
    const server = await listen({
      onUpgrade,
      onRequest: () => {
        hanging += 1;
      },
    });
    const webSocket = await openSocket(server);
    const idle = await openTcp(server);
    idle.resume();
    const unanswered = ask(server).catch((error: unknown) => error);
    await until(() => hanging === 1);
    const closed = server.close();
    expect(server.close()).toBe(closed);
    await closed;
    expect(await unanswered).toMatchObject({ code: "ECONNRESET" });
    expect(events).toEqual(["close 1006 "]);
    await until(() => webSocket.readyState === WebSocket.CLOSED && idle.destroyed);
    await until(() => handles() === before);
    await expect(ask(server)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it("leaves no handle of its own at the moment it is closed", async () => {
    const before = await settledHandles();
    const server = await listen();
    expect(handles()).not.toBe(before);
    await server.close();
    expect(handles()).toBe(before);
  });
});
