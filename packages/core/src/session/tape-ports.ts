import { createMemoryJournal } from "../ports/adapters/memory-journals.js";
import type {
  HttpClient,
  HttpPort,
  HttpRequest,
  HttpResponse,
  Journal,
  JournalEntry,
  JournalStore,
  Ports,
  Timers,
  WebSocketClose,
  WebSocketPort,
} from "../ports/index.js";
import { bytesCodec, type Codec, ERROR, NOTHING } from "./codec.js";
import type { Tape } from "./tape.js";

/** The ports of an engine that is recorded or replayed: the same code for both, so that both do the same. */
export function createTapePorts(tape: Tape, ports: Ports): Ports {
  return {
    ...ports,
    clock: tape.clock,
    random: tape.random,
    timers: tapeTimers(tape),
    http: tapeHttp(tape),
    webSocket: tapeWebSocket(tape),
    journals: tapeJournals(tape),
    declareSecrets(names, values) {
      tape.redactor.declare(names, values);
      ports.declareSecrets?.(names, values);
    },
  };
}

function tapeTimers(tape: Tape): Timers {
  return {
    set(delayMs, callback) {
      const inlet = tape.listen({
        fired: {
          ...NOTHING,
          take: () => {
            inlet.close();
            callback();
          },
        },
      });
      const timer = tape.world?.timers.set(delayMs, () => inlet.tell("fired", undefined));
      return {
        cancel() {
          inlet.close();
          timer?.cancel();
        },
      };
    },
  };
}

/** A client for whom nobody but the file answers. */
const NOBODY: HttpClient = {
  request: () => new Promise(() => undefined),
  close: () => Promise.resolve(),
};

const CLIENT: Codec<HttpClient> = { write: () => null, read: () => NOBODY };

const BODY = bytesCodec("answered");

const RESPONSE: Codec<HttpResponse> = {
  write: ({ status, headers, body }, redactor) => ({
    status,
    headers: redactor.headers(headers),
    body: BODY.write(body, redactor),
  }),
  read(json) {
    // as: `write` gave it.
    const { status, headers, body } = json as HttpResponse & { readonly body: unknown };
    return { status, headers, body: BODY.read(body) };
  },
};

function tapeHttp(tape: Tape): HttpPort {
  const request = async (client: HttpClient, sent: HttpRequest): Promise<HttpResponse> => {
    const { method, url, headers = {}, body, signal } = sent;
    tape.note(() => ({
      type: "request",
      method,
      headers: tape.redactor.headers(headers),
      url: tape.redactor.url(url),
      ...(body !== undefined && { body: tape.redactor.text(body, "sent") }),
    }));
    // A request that is given up may fail at once.
    const onAbort = (): void => tape.mark();
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      return await tape.ask(() => client.request(sent), RESPONSE);
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  };
  return {
    async open(options) {
      // as: asked only where there is a world.
      const client = await tape.ask(() => (tape.world as Ports).http.open(options), CLIENT);
      return {
        request: (sent) => request(client, sent),
        close: () => tape.ask(() => client.close(), NOTHING),
      };
    },
  };
}

/** What a journal holds when it is opened; from then on only the engine changes it. */
interface OpenedJournal {
  readonly created: boolean;
  readonly entries: readonly JournalEntry[];
  /** There is none in a replay. */
  readonly journal: Journal | undefined;
}

const OPENED: Codec<OpenedJournal> = {
  write: ({ created, entries }) => ({ created, entries }),
  // as: `write` gave it.
  read: (json) => ({ ...(json as Pick<OpenedJournal, "created" | "entries">), journal: undefined }),
};

function tapeJournals(tape: Tape): JournalStore {
  return {
    async open(binding) {
      const opened = await tape.ask(async (): Promise<OpenedJournal> => {
        // as: asked only where there is a world.
        const journal = await (tape.world as Ports).journals.open(binding);
        return { created: journal.created, entries: [...journal.all()], journal };
      }, OPENED);
      // A journal that nobody keeps, with what was in the one that was recorded.
      return opened.journal ?? createMemoryJournal(binding, opened.created, opened.entries);
    },
  };
}

interface Frame {
  readonly data: Uint8Array;
  readonly isBinary: boolean;
}

const RECEIVED = bytesCodec("received");

const FRAME: Codec<Frame> = {
  write: ({ data, isBinary }, redactor) => {
    const written = RECEIVED.write(data, redactor);
    return isBinary ? { binary: written } : written;
  },
  read: (json) => {
    // as: `write` gave it.
    const isBinary = typeof json === "object" && json !== null && "binary" in json;
    return { data: RECEIVED.read(isBinary ? json.binary : json), isBinary };
  },
};

const CLOSE: Codec<WebSocketClose> = {
  write: ({ code, reason, error }, redactor) => ({
    code,
    reason: redactor.text(reason, "received"),
    ...(error !== undefined && { error: ERROR.write(error, redactor) }),
  }),
  read(json) {
    // as: `write` gave it, and what reads an error gives one.
    const { code, reason, error } = json as WebSocketClose;
    return { code, reason, ...(error !== undefined && { error: ERROR.read(error) as Error }) };
  },
};

function tapeWebSocket(tape: Tape): WebSocketPort {
  let dials = 0;
  return {
    connect(options, handler) {
      dials += 1;
      const dial = dials;
      tape.note(() => {
        tape.redactor.headers(options.headers ?? {});
        return { type: "dial", dial, url: tape.redactor.url(options.url) };
      });
      const inlet = tape.listen({
        open: { ...NOTHING, take: () => handler.onOpen() },
        message: { ...FRAME, take: ({ data, isBinary }: Frame) => handler.onMessage(data, isBinary) },
        ping: { ...RECEIVED, take: (payload: Uint8Array) => handler.onPing(payload) },
        pong: { ...RECEIVED, take: (payload: Uint8Array) => handler.onPong(payload) },
        close: { ...CLOSE, take: (close: WebSocketClose) => handler.onClose(close) },
      });
      tape.mark();
      const socket = tape.world?.webSocket.connect(options, {
        onOpen: () => inlet.tell("open", undefined),
        onMessage: (data, isBinary) => inlet.tell("message", { data, isBinary }),
        onPing: (payload) => inlet.tell("ping", payload),
        onPong: (payload) => inlet.tell("pong", payload),
        onClose: (close) => inlet.tell("close", close),
      });
      return {
        send(data) {
          // Nothing would tell a secret in a binary frame.
          const text = typeof data === "string" ? data : "";
          tape.note(() => ({ type: "sent", dial, data: tape.redactor.text(text, "sent") }));
          // What is asked may be answered at once, here and below.
          tape.mark();
          socket?.send(data);
        },
        ping(payload) {
          tape.mark();
          socket?.ping(payload);
        },
        close(code, reason) {
          tape.note(() => ({ type: "closing", dial, code }));
          tape.mark();
          socket?.close(code, reason);
        },
        terminate() {
          tape.note(() => ({ type: "closing", dial }));
          tape.mark();
          socket?.terminate();
        },
      };
    },
  };
}
