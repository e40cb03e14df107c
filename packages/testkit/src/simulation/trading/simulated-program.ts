import type { HttpClient, HttpRequest, HttpResponse, Ports, Timer, WebSocketConnection } from "@conn/core";
import { createSeededRandom } from "@conn/simulator";
import type { SimulatedComputer } from "../simulated-computer.js";
import type { SimulatedWorld } from "../simulated-world.js";

/** Looks at requests as they leave; `repeat`: the network delivers them twice, and the program gets the second answer. */
export type RequestInspector = (request: HttpRequest) => "send" | "repeat";

/**
 * A program on a computer, which may die at any moment: nothing of it runs any more then, its sockets are cut, and what
 * it has sent is on its way. What it has written down stays on the computer.
 */
export class SimulatedProgram {
  readonly ports: Ports;
  readonly #computer: SimulatedComputer;
  readonly #timers = new Set<Timer>();
  readonly #sockets = new Set<WebSocketConnection>();
  readonly #clients = new Set<HttpClient>();
  #isAlive = true;

  /** @param name Of this run of the program: its random numbers depend on it. */
  constructor(
    world: SimulatedWorld,
    computer: SimulatedComputer,
    name: string,
    journals: Ports["journals"],
    inspect: RequestInspector,
  ) {
    this.#computer = computer;
    const { timers, http, webSocket, logger, ...others } = world.portsOf(computer);
    this.ports = {
      ...others,
      random: createSeededRandom(world.seed, name),
      journals,
      logger: {
        ...logger,
        error: (message, fields) => {
          if (this.#isAlive) logger.error(message, fields);
        },
      },
      timers: { set: (delayMs, callback) => this.#set(timers, delayMs, callback) },
      http: {
        open: async (options) => {
          const client = await http.open(options);
          if (this.#isAlive) this.#clients.add(client);
          else void client.close();
          return {
            request: (request) => this.#request(client, request, inspect),
            close: () => {
              this.#clients.delete(client);
              return client.close();
            },
          };
        },
      },
      webSocket: {
        connect: (options, handler) => {
          const alive = (act: () => void): void => {
            if (this.#isAlive) act();
          };
          const socket = webSocket.connect(options, {
            onOpen: () => alive(() => handler.onOpen()),
            onMessage: (data, isBinary) => alive(() => handler.onMessage(data, isBinary)),
            onPing: (payload) => alive(() => handler.onPing(payload)),
            onPong: (payload) => alive(() => handler.onPong(payload)),
            onClose: (close) => {
              this.#sockets.delete(socket);
              alive(() => handler.onClose(close));
            },
          });
          this.#sockets.add(socket);
          return socket;
        },
      },
    };
  }

  /** Ends the program without a word. */
  kill(): void {
    this.#isAlive = false;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    for (const socket of [...this.#sockets]) socket.terminate();
    for (const client of this.#clients) void client.close();
    this.#clients.clear();
    this.#computer.journals.crash();
  }

  #set(timers: Ports["timers"], delayMs: number, callback: () => void): Timer {
    const timer = timers.set(delayMs, () => {
      this.#timers.delete(timer);
      callback();
    });
    this.#timers.add(timer);
    return {
      cancel: () => {
        this.#timers.delete(timer);
        timer.cancel();
      },
    };
  }

  #request(client: HttpClient, request: HttpRequest, inspect: RequestInspector): Promise<HttpResponse> {
    const { promise, resolve, reject } = Promise.withResolvers<HttpResponse>();
    if (inspect(request) === "repeat") client.request(request).catch(() => undefined);
    // Who is dead learns nothing: neither handler runs then.
    client.request(request).then(
      (response) => {
        if (this.#isAlive) resolve(response);
      },
      (error: unknown) => {
        if (this.#isAlive) reject(error);
      },
    );
    return promise;
  }
}
