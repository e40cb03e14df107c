import {
  type HttpClient,
  type HttpPort,
  type HttpRequest,
  type HttpResponse,
  NetworkError,
  type Random,
  type ServerHandler,
  type ServerPort,
  type ServerResponse,
  VenueError,
  type WebSocketPort,
} from "@conn/core";
import type { SimulatedComputer, SimulatedTime } from "./simulated-computer.js";
import { type LinkConditions, SimulatedLink } from "./simulated-link.js";

interface Listening {
  readonly computer: SimulatedComputer;
  readonly handler: ServerHandler;
  /** Requests that have no answer yet, each with what cuts it. */
  readonly unanswered: Set<() => void>;
}

/** Follows a request: through the network, at the server, and back. */
export interface RequestWatch {
  onArrival(): void;
  /** The server gives its answer, perhaps long after. */
  onAnswered(response: ServerResponse): void;
  /** The server has handled it; `response` if it has answered at once. */
  onHandled(response: ServerResponse | undefined): void;
  /** The answer is where it belongs. */
  onDelivered(response: ServerResponse): void;
}

/** What a computer has open. */
export interface OpenCounts {
  /** Its ends of WebSockets, dials included. */
  sockets: number;
  requests: number;
  httpClients: number;
  servers: number;
  /** Requests that were sent although the venue had said to wait, since the beginning. */
  impatientRequests: number;
  /** Signals that its requests listen to. */
  signals: number;
}

const HOST = "127.0.0.1";
const FIRST_PORT = 40_000;
/** Less than a timer can tell. */
const ROUNDING_MS = 0.001;

/**
 * A network in memory between computers of a simulation: HTTP and WebSocket with latency, and with
 * everything that goes wrong on real ones.
 */
export class SimulatedNetwork {
  /** Connections that at least one side believes in. */
  readonly links = new Set<SimulatedLink>();
  /** Answers of servers to each computer by status since the beginning. */
  readonly #answers = new Map<SimulatedComputer, Map<number, number>>();
  /** The address of all computers, as servers see it. */
  readonly host = HOST;
  /** Asked of each request, as it is sent, whether somebody follows it. */
  watchRequests: ((computer: SimulatedComputer) => RequestWatch | undefined) | undefined;
  /** Until when computers were told to wait, by their own monotonic clocks. */
  readonly #toldToWait = new Map<SimulatedComputer, number>();
  readonly #time: SimulatedTime;
  readonly #random: Random;
  readonly #servers = new Map<number, Listening>();
  readonly #open = new Map<SimulatedComputer, OpenCounts>();
  readonly #conditions: LinkConditions;
  #latency = { minMs: 1, maxMs: 5 };
  #cutUntil = 0;
  #dialsToLose = 0;
  #mostLinks = Number.POSITIVE_INFINITY;
  #lastPort = FIRST_PORT;

  constructor(time: SimulatedTime, random: Random) {
    this.#time = time;
    this.#random = random;
    this.#conditions = {
      latencyMs: () => {
        const { minMs, maxMs } = this.#latency;
        return minMs + this.#random.next() * (maxMs - minMs);
      },
      cutUntil: () => (this.#cutUntil > this.#time.elapsedMs ? this.#cutUntil : 0),
      now: () => this.#time.elapsedMs,
      plan: (at, run) => void this.#time.queue.plan(at, run),
    };
  }

  /** One-way delays from now on, in ms. */
  setLatency(minMs: number, maxMs: number): void {
    this.#latency = { minMs, maxMs };
  }

  /** Nothing gets through for so long; what is sent meanwhile arrives afterwards, as TCP sends it again. */
  cut(ms: number): void {
    this.#cutUntil = Math.max(this.#cutUntil, this.#time.elapsedMs + ms);
  }

  /** The next dials come to nothing, and nobody is told. */
  loseDials(count: number): void {
    this.#dialsToLose = count;
  }

  /** Servers refuse dials of a client that has so many connections. */
  limitLinks(most: number): void {
    this.#mostLinks = most;
  }

  /** How often servers have answered a computer with this status. */
  answersOf(computer: SimulatedComputer, status: number): number {
    return this.#answers.get(computer)?.get(status) ?? 0;
  }

  counts(computer: SimulatedComputer): Readonly<OpenCounts> {
    return this.#countsOf(computer);
  }

  serverPort(computer: SimulatedComputer): ServerPort {
    return {
      listen: async ({ port }, handler) => {
        const at = port === 0 ? ++this.#lastPort : port;
        if (this.#servers.has(at)) {
          throw new NetworkError("NETWORK_REFUSED", `port ${at} is taken`, { sent: "no" });
        }
        const listening: Listening = { computer, handler, unanswered: new Set() };
        this.#servers.set(at, listening);
        this.#countsOf(computer).servers += 1;
        return {
          host: HOST,
          port: at,
          close: async () => {
            if (this.#servers.get(at) !== listening) return;
            this.#servers.delete(at);
            this.#countsOf(computer).servers -= 1;
            for (const cut of [...listening.unanswered]) cut();
            for (const link of [...this.links]) if (portOf(link.url) === at) link.reset();
          },
        };
      },
    };
  }

  webSocketPort(computer: SimulatedComputer): WebSocketPort {
    return {
      connect: ({ url }, handler) => {
        this.#countsOf(computer).sockets += 1;
        const dialled = this.#servers.get(portOf(url));
        let clientEnded = false;
        // Who answers may have begun to listen after the dial left.
        let serving: SimulatedComputer | undefined;
        let serverEnded = false;
        const link = new SimulatedLink({
          url,
          client: computer,
          // A dial to nobody still needs somebody's clock: its own.
          server: dialled?.computer ?? computer,
          conditions: this.#conditions,
          handler,
          onEnded: () => {
            if (!clientEnded && !link.clientIsOpen) {
              clientEnded = true;
              this.#countsOf(computer).sockets -= 1;
            }
            if (serving !== undefined && !serverEnded && !link.serverIsOpen) {
              serverEnded = true;
              this.#countsOf(serving).sockets -= 1;
            }
            if (clientEnded && (serving === undefined || serverEnded)) this.links.delete(link);
          },
        });
        this.links.add(link);
        if (this.#dialsToLose > 0) {
          this.#dialsToLose -= 1;
          link.breakSilently();
        }
        link.toServer(() => {
          if (!link.clientIsOpen) return;
          const server = this.#servers.get(portOf(url));
          if (server === undefined) {
            link.refuse(new NetworkError("NETWORK_REFUSED", `nobody listens at ${url}`, { sent: "no" }));
            return;
          }
          const { pathname, search, host } = new URL(url);
          if (this.#mostLinks < Number.POSITIVE_INFINITY && this.#linksOf(computer) >= this.#mostLinks) {
            link.refuse(handshakeRefusal(host, { status: 429 }));
            return;
          }
          const answer = server.handler.onUpgrade({
            method: "GET",
            path: `${pathname}${search}`,
            headers: { host },
            body: new Uint8Array(),
            remoteAddress: HOST,
          });
          if (answer === "reset") {
            link.refuse(new NetworkError("NETWORK_RESET", `the connection to ${host} was lost`));
          } else if (typeof answer === "function") {
            serving = server.computer;
            this.#countsOf(server.computer).sockets += 1;
            link.open(answer);
          } else {
            this.#countAnswer(computer, answer.status);
            link.refuse(handshakeRefusal(host, answer));
          }
        });
        return {
          send: (data) => link.clientSends(data),
          ping: (payload) => link.clientPings(payload),
          close: (code, reason) => link.clientCloses(code, reason),
          terminate: () => link.clientTerminates(),
        };
      },
    };
  }

  httpPort(computer: SimulatedComputer): HttpPort {
    return {
      open: async () => {
        const counts = this.#countsOf(computer);
        counts.httpClients += 1;
        const underWay = new Set<(error: Error) => void>();
        let isOpen = true;
        const client: HttpClient = {
          request: (request) => this.#request(computer, request, underWay),
          close: async () => {
            if (!isOpen) return;
            isOpen = false;
            counts.httpClients -= 1;
            const closed = new NetworkError("NETWORK_CLOSED", "the HTTP client was closed");
            for (const fail of [...underWay]) fail(closed);
          },
        };
        return client;
      },
    };
  }

  #request(
    computer: SimulatedComputer,
    { method, url, headers = {}, body = "", signal }: HttpRequest,
    underWay: Set<(error: Error) => void>,
  ): Promise<HttpResponse> {
    const { pathname, search, host } = new URL(url);
    const counts = this.#countsOf(computer);
    counts.requests += 1;
    // By its own clock: a clock that drifts cannot know better.
    const told = this.#toldToWait.get(computer) ?? 0;
    if (computer.clock.monotonic() < told - ROUNDING_MS) counts.impatientRequests += 1;
    const watch = this.watchRequests?.(computer);
    const { promise, resolve, reject } = Promise.withResolvers<HttpResponse>();
    let settled = false;
    const settle = (finish: () => void): void => {
      if (settled) return;
      settled = true;
      counts.requests -= 1;
      underWay.delete(fail);
      if (signal !== undefined) counts.signals -= 1;
      signal?.removeEventListener("abort", onAbort);
      finish();
    };
    const fail = (error: Error): void => settle(() => reject(error));
    const onAbort = (): void => fail(new NetworkError("NETWORK_CLOSED", "given up by the caller"));
    underWay.add(fail);
    if (signal !== undefined) counts.signals += 1;
    if (signal?.aborted) onAbort();
    else signal?.addEventListener("abort", onAbort, { once: true });

    const deliver = (to: SimulatedComputer, run: () => void): void => {
      const { now, cutUntil, latencyMs, plan } = this.#conditions;
      plan(Math.max(now(), cutUntil()) + latencyMs(), () => to.whenAwake(run));
    };
    const failAtClient = (error: NetworkError): void => deliver(computer, () => fail(error));
    deliver(this.#servers.get(portOf(url))?.computer ?? computer, () => {
      const server = this.#servers.get(portOf(url));
      if (server === undefined) {
        failAtClient(new NetworkError("NETWORK_REFUSED", `nobody listens at ${host}`, { sent: "no" }));
        return;
      }
      const cut = (): void => {
        server.unanswered.delete(cut);
        failAtClient(new NetworkError("NETWORK_RESET", `the connection to ${host} was lost`));
      };
      server.unanswered.add(cut);
      let answer: ServerResponse | undefined;
      watch?.onArrival();
      server.handler.onRequest(
        {
          method,
          path: `${pathname}${search}`,
          headers: { host, ...headers },
          body: new TextEncoder().encode(body),
          remoteAddress: HOST,
        },
        (response) => {
          // A server that was cut off has nobody to answer to.
          if (!server.unanswered.delete(cut)) return;
          if (response === "reset") return cut();
          answer = response;
          watch?.onAnswered(response);
          this.#countAnswer(computer, response.status);
          deliver(computer, () => {
            // Who gave up the request never reads the answer.
            if (!settled) this.#noteWait(computer, response);
            if (!settled) watch?.onDelivered(response);
            settle(() => resolve(toResponse(response)));
          });
        },
      );
      watch?.onHandled(answer);
    });
    return promise;
  }

  #noteWait(computer: SimulatedComputer, { status, headers = {} }: ServerResponse): void {
    const seconds = Number(headers["retry-after"]);
    if ((status !== 429 && status !== 418) || !(seconds > 0)) return;
    const until = computer.clock.monotonic() + seconds * 1_000;
    this.#toldToWait.set(computer, Math.max(this.#toldToWait.get(computer) ?? 0, until));
  }

  #countAnswer(computer: SimulatedComputer, status: number): void {
    let answers = this.#answers.get(computer);
    if (answers === undefined) {
      answers = new Map();
      this.#answers.set(computer, answers);
    }
    answers.set(status, (answers.get(status) ?? 0) + 1);
  }

  #linksOf(client: SimulatedComputer): number {
    let count = 0;
    for (const link of this.links) if (link.client === client && link.serverIsOpen) count += 1;
    return count;
  }

  #countsOf(computer: SimulatedComputer): OpenCounts {
    let counts = this.#open.get(computer);
    if (counts === undefined) {
      counts = { sockets: 0, requests: 0, httpClients: 0, servers: 0, impatientRequests: 0, signals: 0 };
      this.#open.set(computer, counts);
    }
    return counts;
  }
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}

function toResponse({ status, headers = {}, body = "" }: ServerResponse): HttpResponse {
  return { status, headers, body: typeof body === "string" ? new TextEncoder().encode(body) : body };
}

/** As the WebSocket port of core tells it. */
function handshakeRefusal(host: string, { status, headers = {} }: ServerResponse): VenueError {
  const retryAfterMs = Number(headers["retry-after"]) * 1_000;
  return new VenueError(
    status >= 500 ? "VENUE_UNAVAILABLE" : status >= 400 ? "VENUE_REFUSED" : "VENUE_ERROR",
    `${host} answered the WebSocket handshake with status ${status}`,
    { httpStatus: status, details: retryAfterMs > 0 ? { retryAfterMs } : {} },
  );
}
