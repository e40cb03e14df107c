import { ConnError } from "../errors/index.js";
import type {
  HttpClient,
  HttpPort,
  HttpRequest,
  HttpResponse,
  Ports,
  SecretNames,
  WebSocketConnection,
  WebSocketPort,
} from "../ports/index.js";
import { Redactor } from "./redactor.js";
import type { SessionRecord } from "./session-record.js";

/** How to record. */
export interface RecordPortsOptions {
  /** Takes each record at once and in order: a frame's before whoever waits for it sees it. Must not throw. */
  readonly write: (record: SessionRecord) => void;
  /** What is secret beside what looks like it. */
  readonly secrets?: SecretNames;
}

/** RFC 6455: a close frame without a code, and a connection that ended without a close frame. */
const NO_CODE = 1005;
const NO_CLOSE_FRAME = 1006;

/** Text as it came: a byte order mark is part of it. */
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Ports that work as those given and write down all that passes through HTTP and WebSocket, without its secrets:
 * whatever stands under a name that is declared secret, here or by a connector, or looks like it is left out, and so
 * are the keys of connectors, and keys and tokens seen that way wherever else they stand. What is compressed, or packed in another form that is no
 * text, cannot be searched by name.
 *
 * @example
 * ```ts
 * import { createDefaultPorts, createHost, recordPorts } from "@conn/core";
 *
 * const ports = recordPorts(createDefaultPorts(), { write: ({ type, url }) => console.log(type, url) });
 * const host = createHost(ports);
 * ```
 */
export function recordPorts(ports: Ports, { write, secrets = {} }: RecordPortsOptions): Ports {
  const redactor = new Redactor(secrets);
  return {
    ...ports,
    declareSecrets(names, values) {
      redactor.declare(names, values);
      ports.declareSecrets?.(names, values);
    },
    http: recordHttp(ports, redactor, write),
    webSocket: recordWebSocket(ports, redactor, write),
  };
}

type RecordingPorts = Pick<Ports, "clock" | "http" | "webSocket">;
type Write = RecordPortsOptions["write"];

function recordHttp({ clock, http }: RecordingPorts, redactor: Redactor, write: Write): HttpPort {
  const request = async (client: HttpClient, sent: HttpRequest): Promise<HttpResponse> => {
    const requestedAt = clock.now();
    const facts = () =>
      ({
        at: clock.now(),
        requestHeaders: redactor.headers(sent.headers ?? {}),
        requestBody: sent.body === undefined ? undefined : redactor.text(sent.body, "sent"),
        url: redactor.url(sent.url),
        method: sent.method,
        requestedAt,
      }) as const;
    let answer: HttpResponse;
    try {
      answer = await client.request(sent);
    } catch (error) {
      const code = error instanceof ConnError ? error.code : "ERROR";
      write({ type: "unanswered", ...facts(), code });
      throw error;
    }
    // No frame can come between this record and the caller, who goes on in the same turn of the event loop.
    const { status, headers, body } = answer;
    write({
      type: "answered",
      ...facts(),
      status,
      headers: redactor.headers(headers),
      body: redacted(redactor, body, "answered"),
    });
    return answer;
  };
  return {
    async open(options) {
      const client = await http.open(options);
      return { request: (sent) => request(client, sent), close: () => client.close() };
    },
  };
}

function recordWebSocket(
  { clock, webSocket }: RecordingPorts,
  redactor: Redactor,
  write: Write,
): WebSocketPort {
  let dials = 0;
  return {
    connect(options, handler) {
      dials += 1;
      const connection = dials;
      redactor.headers(options.headers ?? {});
      const url = redactor.url(options.url);
      let over = false;
      const facts = () => ({ at: clock.now(), url: redactor.hideKnown(url), connection });
      const ended = (code: number, reason: string): void => {
        if (over) return;
        over = true;
        write({ type: "closed", ...facts(), code, reason: redactor.text(reason, "received") });
      };
      const inner = webSocket.connect(options, {
        onOpen() {
          if (!over) write({ type: "opened", ...facts() });
          handler.onOpen();
        },
        onMessage(data, isBinary) {
          if (!over)
            write({ type: "received", ...facts(), data: redacted(redactor, data, "received"), isBinary });
          handler.onMessage(data, isBinary);
        },
        onPing: (payload) => handler.onPing(payload),
        onPong: (payload) => handler.onPong(payload),
        onClose(close) {
          ended(close.code, close.reason);
          handler.onClose(close);
        },
      });
      const recorded: WebSocketConnection = {
        send(data) {
          if (!over) {
            const isBinary = typeof data !== "string";
            write({ type: "sent", ...facts(), data: isBinary ? "" : redactor.text(data, "sent"), isBinary });
          }
          inner.send(data);
        },
        ping: (payload) => inner.ping(payload),
        close(code, reason) {
          ended(code ?? NO_CODE, reason ?? "");
          inner.close(code, reason);
        },
        terminate() {
          ended(NO_CLOSE_FRAME, "");
          inner.terminate();
        },
      };
      return recorded;
    },
  };
}

function redacted(
  redactor: Redactor,
  data: Uint8Array,
  origin: "answered" | "received",
): string | Uint8Array {
  let text: string;
  try {
    text = decoder.decode(data);
  } catch {
    return redactor.bytes(data);
  }
  return redactor.text(text, origin);
}
