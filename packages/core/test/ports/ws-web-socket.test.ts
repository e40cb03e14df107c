import { createHash } from "node:crypto";
import dns from "node:dns";
import type { Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { inspect } from "node:util";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { nodeServer } from "../../src/ports/adapters/node-server.js";
import { wsWebSocket } from "../../src/ports/adapters/ws-web-socket.js";
import type {
  ServerHandler,
  ServerRequest,
  ServerResponse,
  ServerSocket,
  WebSocketClose,
  WebSocketConnection,
  WebSocketOptions,
} from "../../src/ports/index.js";
import {
  handles,
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

interface Recorded {
  readonly connection: WebSocketConnection;
  readonly events: (string | Buffer)[];
  opened(): Promise<void>;
  closed(): Promise<WebSocketClose>;
}

/** Connects, and checks at the end of the test that the connection closed once, last, and showed no secret. */
function connect(
  options: Partial<WebSocketOptions> & { url: string },
  react: (event: string | Buffer, connection: WebSocketConnection) => void = () => {},
): Recorded {
  const events: (string | Buffer)[] = [];
  const closes: WebSocketClose[] = [];
  const add = (event: string | Buffer): void => {
    events.push(event);
    react(event, connection);
  };
  const connection = wsWebSocket.connect(
    { maxMessageBytes: 1_000, ...options },
    {
      onOpen: () => add("open"),
      onMessage: (data, isBinary) => add(isBinary ? Buffer.from(data) : `text ${Buffer.from(data)}`),
      onPing: (payload) => add(`ping ${Buffer.from(payload)}`),
      onPong: (payload) => add(`pong ${Buffer.from(payload)}`),
      onClose: (close) => {
        closes.push(close);
        add("close");
      },
    },
  );
  expect(events).toEqual([]);
  const closed = async (): Promise<WebSocketClose> => {
    await until(() => closes.length > 0);
    return closes[0]!;
  };
  onTestFinished(async () => {
    connection.terminate();
    expect(inspect(await closed(), { depth: 10, showHidden: true })).not.toContain(SECRET);
    await nextTurn();
    await nextTurn();
    expect(events.filter((event) => event === "close")).toHaveLength(1);
    expect(events.at(-1)).toBe("close");
    connection.send("nobody");
    connection.ping("nobody");
    connection.close(1000, "nobody");
    connection.terminate();
  });
  return { connection, events, closed, opened: () => until(() => events.length > 0) };
}

interface Venue {
  readonly port: number;
  readonly url: string;
  readonly requests: ServerRequest[];
  readonly sockets: ServerSocket[];
  readonly events: string[];
}

/** A server that echoes messages, or answers the handshake with `refusal`. */
async function openVenue(refusal?: ServerResponse | "reset"): Promise<Venue> {
  const requests: ServerRequest[] = [];
  const sockets: ServerSocket[] = [];
  const events: string[] = [];
  const handler: ServerHandler = {
    onRequest: (_, respond) => respond({ status: 404 }),
    onUpgrade(request) {
      requests.push(request);
      return (
        refusal ??
        ((socket) => {
          sockets.push(socket);
          return {
            onMessage: (data, isBinary) => socket.send(isBinary ? data : Buffer.from(data).toString()),
            onPing: (payload) => {
              events.push(`ping ${Buffer.from(payload)}`);
              socket.pong(payload);
            },
            onPong: (payload) => events.push(`pong ${Buffer.from(payload)}`),
            onClose: (code, reason) => events.push(`close ${code} ${reason}`),
          };
        })
      );
    },
  };
  const server = await nodeServer.listen({ port: 0 }, handler);
  onTestFinished(() => server.close());
  const url = `ws://127.0.0.1:${server.port}/ws/${SECRET}?token=${SECRET}`;
  return { port: server.port, url, requests, sockets, events };
}

/** A server that accepts the handshake by hand and then writes `bytes`. */
async function openRawVenue(bytes: Buffer, then: (socket: Socket) => void = () => {}): Promise<string> {
  const { port } = await openTcp((socket) => {
    socket.once("data", (request) => {
      const key = /sec-websocket-key: (.*)\r\n/i.exec(request.toString())?.[1];
      const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: ${accept}\r\n\r\n`,
      );
      socket.write(bytes);
      then(socket);
    });
  });
  return `ws://127.0.0.1:${port}/${SECRET}`;
}

const textFrame = (text: string): Buffer =>
  Buffer.concat([Buffer.from([0x81, text.length]), Buffer.from(text)]);

describe("an open connection", () => {
  it("carries text and binary in both directions", async () => {
    const venue = await openVenue();
    const { connection, events, opened } = connect({ url: venue.url });
    await opened();
    connection.send("héllo");
    connection.send(Uint8Array.of(0, 255, 7));
    await until(() => events.length === 3);
    expect(events).toEqual(["open", "text héllo", Buffer.from([0, 255, 7])]);
  });

  it("asks for no compression and carries the headers given", async () => {
    const venue = await openVenue();
    await connect({ url: venue.url, headers: { "x-key": "k" } }).opened();
    const [request] = venue.requests;
    expect(request?.path).toBe(`/ws/${SECRET}?token=${SECRET}`);
    expect(request?.headers).toMatchObject({ "x-key": "k", upgrade: "websocket" });
    expect(request?.headers).not.toHaveProperty("sec-websocket-extensions");
  });

  it("shows the venue's pings and answers them", async () => {
    const venue = await openVenue();
    const { events, opened } = connect({ url: venue.url });
    await opened();
    venue.sockets[0]?.ping("are you there");
    await until(() => venue.events.length > 0);
    expect(events).toEqual(["open", "ping are you there"]);
    expect(venue.events).toEqual(["pong are you there"]);
  });

  it("pings, and shows the pong", async () => {
    const venue = await openVenue();
    const { connection, events, opened } = connect({ url: venue.url });
    await opened();
    connection.ping("hello");
    connection.ping();
    await until(() => events.length === 3);
    expect(events).toEqual(["open", "pong hello", "pong "]);
    expect(venue.events).toEqual(["ping hello", "ping "]);
  });
});

describe("the end of a connection", () => {
  it("by us: closing handshake", async () => {
    const venue = await openVenue();
    const { connection, opened, closed } = connect({ url: venue.url });
    await opened();
    connection.close(1000, "bye");
    expect(await closed()).toEqual({ code: 1000, reason: "bye" });
    expect(venue.events).toEqual(["close 1000 bye"]);
  });

  it("by us, though the venue drops the connection unanswered: no failure", async () => {
    const url = await openRawVenue(Buffer.alloc(0), (socket) => {
      socket.once("data", () => socket.resetAndDestroy());
    });
    const { connection, opened, closed } = connect({ url });
    await opened();
    connection.close(1000, "bye");
    expect(await closed()).toEqual({ code: 1006, reason: "" });
  });

  it("by us, though the venue never answers: after two seconds", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    let said = false;
    const url = await openRawVenue(Buffer.alloc(0), (socket) => {
      socket.once("data", () => {
        said = true;
      });
    });
    const { connection, events, opened, closed } = connect({ url });
    await opened();
    connection.close(1000, "bye");
    await until(() => said);
    vi.advanceTimersByTime(1_999);
    await nextTurn();
    expect(events).toEqual(["open"]);
    vi.advanceTimersByTime(1);
    expect(await closed()).toEqual({ code: 1006, reason: "" });
    expect(vi.getTimerCount()).toBe(0);
  });

  it("by us: at once, and what was already received is not delivered any more", async () => {
    const url = await openRawVenue(Buffer.concat(["a", "b", "c"].map(textFrame)));
    const { events, closed } = connect({ url }, (event, connection) => {
      if (event === "text b") connection.terminate();
    });
    expect(await closed()).toEqual({ code: 1006, reason: "" });
    expect(events).toEqual(["open", "text a", "text b", "close"]);
  });

  it("by the venue: closing handshake", async () => {
    const venue = await openVenue();
    const { opened, closed } = connect({ url: venue.url });
    await opened();
    venue.sockets[0]?.close(1001, "maintenance");
    expect(await closed()).toEqual({ code: 1001, reason: "maintenance" });
  });

  it("by the venue: without a code", async () => {
    const venue = await openVenue();
    const { opened, closed } = connect({ url: venue.url });
    await opened();
    venue.sockets[0]?.close();
    expect(await closed()).toEqual({ code: 1005, reason: "" });
  });

  it("by a reset", async () => {
    const venue = await openVenue();
    const { opened, closed } = connect({ url: venue.url });
    await opened();
    venue.sockets[0]?.terminate();
    expect(await closed()).toMatchObject({
      code: 1006,
      error: { code: "NETWORK_RESET", cause: { code: "ECONNRESET" } },
    });
  });

  it("by the end of the stream without a close frame", async () => {
    const url = await openRawVenue(textFrame("last words"), (socket) => socket.end());
    const { events, closed } = connect({ url });
    expect(await closed()).toMatchObject({ code: 1006, error: { code: "NETWORK_RESET" } });
    expect(events).toEqual(["open", "text last words", "close"]);
  });

  it("leaves no handle", async () => {
    const venue = await openVenue();
    const before = await settledHandles();
    const { connection, opened, closed } = connect({ url: venue.url });
    await opened();
    connection.terminate();
    await closed();
    await until(() => handles() === before);
  });
});

describe("a frame that cannot be taken", () => {
  it("is too long: both sides see 1009", async () => {
    const venue = await openVenue();
    const { connection, events, opened, closed } = connect({ url: venue.url, maxMessageBytes: 10 });
    await opened();
    connection.send("0123456789");
    connection.send("0123456789+");
    expect(await closed()).toMatchObject({ code: 1009, error: { code: "FRAME_TOO_LARGE" } });
    expect(events).toEqual(["open", "text 0123456789", "close"]);
    await until(() => venue.events.length > 0);
    expect(venue.events).toEqual(["close 1009 "]);
  });

  it.each([
    ["text that is not UTF-8", Buffer.from([0x81, 1, 0xff]), 1007],
    ["a masked frame", Buffer.from([0x81, 0x81, 1, 2, 3, 4, 5]), 1002],
    ["compressed, though not agreed on", Buffer.from([0xc1, 1, 0x61]), 1002],
  ])("is %s: told at once, not when the venue hangs up", async (_, frame, code) => {
    const hungUp = vi.fn();
    const url = await openRawVenue(frame, (socket) => socket.on("close", hungUp));
    expect(await connect({ url }).closed()).toMatchObject({ code, error: { code: "MALFORMED_FRAME" } });
    expect(hungUp).not.toHaveBeenCalled();
  });
});

describe("leaving early", () => {
  const ways = [
    ["close", (connection: WebSocketConnection) => connection.close(1000, "never mind")],
    ["terminate", (connection: WebSocketConnection) => connection.terminate()],
  ] as const;

  it.each(ways)("%s at once connects to nobody", async (_, leave) => {
    const lookup = vi.spyOn(dns, "lookup").mockImplementation((() => {}) as unknown as typeof dns.lookup);
    const { connection, events, closed } = connect({ url: "ws://venue.invalid/" });
    leave(connection);
    connection.send("nobody");
    connection.ping("nobody");
    expect(events).toEqual([]);
    expect(await closed()).toEqual({ code: 1006, reason: "" });
    // The library is loaded after the end, and then must not begin.
    await import("ws");
    await nextTurn();
    expect(lookup).not.toHaveBeenCalled();
  });

  it.each(ways)("%s during the TLS handshake", async (_, leave) => {
    const server = await openTcp((socket) => socket.resume());
    const { connection, closed } = connect({ url: `wss://127.0.0.1:${server.port}/` });
    await until(() => server.accepted.length === 1);
    leave(connection);
    expect(await closed()).toEqual({ code: 1006, reason: "" });
    await until(() => server.accepted[0]?.destroyed === true);
  });

  it.each(ways)("%s while the venue does not answer the handshake", async (_, leave) => {
    let asked = false;
    const server = await openTcp((socket) =>
      socket.on("data", () => {
        asked = true;
      }),
    );
    const { connection, closed } = connect({ url: `ws://127.0.0.1:${server.port}/` });
    await until(() => asked);
    leave(connection);
    expect(await closed()).toEqual({ code: 1006, reason: "" });
    await until(() => server.accepted[0]?.destroyed === true);
  });

  it.each(ways)("%s while the proxy does not answer", async (_, leave) => {
    const proxy = await openTcp((socket) => socket.resume());
    const { connection, closed } = connect({
      url: "wss://venue.invalid/",
      proxy: `http://127.0.0.1:${proxy.port}`,
    });
    await until(() => proxy.accepted.length === 1);
    leave(connection);
    expect(await closed()).toEqual({ code: 1006, reason: "" });
    await until(() => proxy.accepted[0]?.destroyed === true);
  });

  it("and sending before the connection is open is misuse", () => {
    const { connection } = connect({ url: "ws://127.0.0.1:1/" });
    expect(() => connection.send("too early")).toThrow(TypeError);
    expect(() => connection.ping()).toThrow(TypeError);
  });
});

describe("a handshake that fails", () => {
  it.each([
    [401, {}, "VENUE_REFUSED", {}],
    [403, {}, "VENUE_REFUSED", {}],
    [429, { "retry-after": "17" }, "VENUE_REFUSED", { retryAfterMs: 17_000 }],
    [503, { "retry-after": "Wed, 21 Oct 2026 07:28:00 GMT" }, "VENUE_UNAVAILABLE", {}],
    [200, {}, "VENUE_ERROR", {}],
  ] as const)("with status %d", async (status, headers, code, details) => {
    const venue = await openVenue({ status, headers, body: "no" });
    const { events, closed } = connect({ url: venue.url });
    const { error, ...close } = await closed();
    expect(close).toEqual({ code: 1006, reason: "" });
    expect(error).toMatchObject({ name: "VenueError", code, httpStatus: status, details });
    expect(events).toEqual(["close"]);
  });

  it("with a redirect, which is not followed", async () => {
    const venue = await openVenue({ status: 301, headers: { location: `/${SECRET}/elsewhere` } });
    const { closed } = connect({ url: venue.url });
    expect(await closed()).toMatchObject({ error: { code: "VENUE_ERROR", httpStatus: 301 } });
    expect(venue.requests).toHaveLength(1);
  });

  it("and hangs up, though the venue would keep the connection", async () => {
    const server = await openTcp((socket) => {
      socket.once("data", () => socket.write("HTTP/1.1 403 Forbidden\r\ncontent-length: 9\r\n\r\nforb"));
    });
    const { closed } = connect({ url: `ws://127.0.0.1:${server.port}/` });
    expect(await closed()).toMatchObject({ error: { code: "VENUE_REFUSED", httpStatus: 403 } });
    await until(() => server.accepted[0]?.destroyed === true);
  });

  it("with a reset", async () => {
    const venue = await openVenue("reset");
    expect(await connect({ url: venue.url }).closed()).toMatchObject({ error: { code: "NETWORK_RESET" } });
  });

  it.each([
    ["is not HTTP", `220 ${SECRET}\r\n`],
    [
      "accepts another key",
      "HTTP/1.1 101 \r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: x\r\n\r\n",
    ],
    ["switches to something else", "HTTP/1.1 101 \r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n"],
  ])("with an answer that %s", async (_, answer) => {
    const { port } = await openTcp((socket) => socket.once("data", () => socket.write(answer)));
    const { closed } = connect({ url: `ws://127.0.0.1:${port}/${SECRET}` });
    expect(await closed()).toMatchObject({ code: 1006, error: { code: "MALFORMED_ANSWER" } });
  });

  it("because nobody listens", async () => {
    const { closed } = connect({ url: `ws://127.0.0.1:${await unusedPort()}/${SECRET}` });
    expect(await closed()).toMatchObject({ code: 1006, error: { code: "NETWORK_REFUSED", sent: "no" } });
  });

  it("because the name is not resolved", async () => {
    vi.spyOn(dns, "lookup").mockImplementation(((
      _host: string,
      _options: object,
      callback: (e: Error) => void,
    ) => {
      process.nextTick(callback, Object.assign(new Error("getaddrinfo ENOTFOUND"), { code: "ENOTFOUND" }));
    }) as typeof dns.lookup);
    const { closed } = connect({ url: `wss://venue.invalid/${SECRET}` });
    expect(await closed()).toMatchObject({ code: 1006, error: { code: "NETWORK_UNREACHABLE", sent: "no" } });
  });

  it("because the certificate is not trusted", async () => {
    const venue = await openVenue();
    const { port } = await openTls(venue.port);
    const { closed } = connect({ url: `wss://127.0.0.1:${port}/${SECRET}` });
    expect(await closed()).toMatchObject({ code: 1006, error: { code: "NETWORK_TLS", sent: "no" } });
    expect(venue.requests).toHaveLength(0);
  });
});

describe("a proxy", () => {
  it.each(["ws", "wss"])("is used for %s, by CONNECT, with its credentials", async (protocol) => {
    trustLoopback();
    const venue = await openVenue();
    const { port } = protocol === "ws" ? venue : await openTls(venue.port);
    const proxy = await openProxy({ credentials: `user:p@ss ${SECRET}` });
    const { connection, events, opened } = connect({
      url: `${protocol}://localhost:${port}/`,
      proxy: `http://user:p%40ss%20${SECRET}@127.0.0.1:${proxy.port}`,
    });
    await opened();
    connection.send("through");
    await until(() => events.length === 2);
    expect(events).toEqual(["open", "text through"]);
    expect(proxy.targets).toEqual([`localhost:${port}`]);
    expect(venue.requests[0]?.headers).not.toHaveProperty("proxy-authorization");
  });

  it("that refuses ends the connection; the password is not shown", async () => {
    const venue = await openVenue();
    const proxy = await openProxy({ credentials: "user:right" });
    const { closed } = connect({ url: venue.url, proxy: `http://user:${SECRET}@127.0.0.1:${proxy.port}` });
    const close = await closed();
    expect(close).toMatchObject({
      code: 1006,
      error: { code: "NETWORK_REFUSED", sent: "no", details: { proxyStatus: 407 } },
    });
    expect(inspect(close, { depth: 10, showHidden: true })).not.toContain(
      Buffer.from(`user:${SECRET}`).toString("base64"),
    );
    expect(venue.requests).toHaveLength(0);
  });

  it("may deliver the venue's first bytes together with its own answer", async () => {
    const proxy = await openProxy({ answer: "HTTP/1.1 200 OK\r\n\r\n220 mail.example ESMTP\r\n" });
    const { closed } = connect({ url: "ws://venue.invalid/", proxy: `http://127.0.0.1:${proxy.port}` });
    expect(await closed()).toMatchObject({ error: { code: "MALFORMED_ANSWER" } });
  });
});

describe("misuse", () => {
  it.each<[string, Partial<WebSocketOptions>]>([
    ["a URL that is none", { url: `venue/${SECRET}` }],
    ["another protocol", { url: `https://venue.invalid/${SECRET}` }],
    ["a fragment", { url: `wss://venue.invalid/#${SECRET}` }],
    ["a proxy that is none", { proxy: `user:${SECRET}@proxy` }],
    ["another kind of proxy", { proxy: `socks5://user:${SECRET}@proxy` }],
    ["a header's name", { headers: { "x key": SECRET } }],
    ["a header's value", { headers: { "x-key": `${SECRET}\r\nx: y` } }],
    ["no messages", { maxMessageBytes: 0 }],
    ["messages beyond memory", { maxMessageBytes: 2 ** 31 }],
    ["a fraction", { maxMessageBytes: 0.5 }],
  ])("%s is a TypeError that shows no secret", (_, options) => {
    const never = (): never => expect.unreachable();
    const handler = { onOpen: never, onMessage: never, onPing: never, onPong: never, onClose: never };
    let error: unknown;
    try {
      wsWebSocket.connect({ url: "wss://venue.invalid/", maxMessageBytes: 1, ...options }, handler);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(TypeError);
    expect(inspect(error)).not.toContain(SECRET);
  });
});
