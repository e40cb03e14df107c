/** What a client may ask on a market stream socket. */
export type ControlRequest =
  | { readonly method: "SUBSCRIBE" | "UNSUBSCRIBE"; readonly streams: readonly string[] }
  | { readonly method: "LIST_SUBSCRIPTIONS" }
  | { readonly method: "GET_PROPERTY" }
  | { readonly method: "SET_PROPERTY"; readonly combined: boolean };

/** A client's frame, read: what it asks for, or what is wrong with it. */
export interface ControlFrame {
  /** The id as JSON text, exactly as it was sent; `null` if it could not be read. */
  readonly id: string;
  readonly request: ControlRequest | { readonly error: ControlError };
}

/** An error of the stream service. */
export interface ControlError {
  readonly code: number;
  readonly msg: string;
}

const METHODS = ["SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS", "SET_PROPERTY", "GET_PROPERTY"] as const;

const invalidRequest = (detail: string): { readonly error: ControlError } => ({
  error: { code: 2, msg: `Invalid request: ${detail}` },
});

/**
 * Reads a frame of a client.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams/Live-Subscribing-Unsubscribing-to-streams
 */
export function readControlFrame(data: string | Uint8Array): ControlFrame {
  const text = typeof data === "string" ? data : new TextDecoder().decode(data);
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return {
      id: "null",
      request: { error: { code: 3, msg: "Invalid JSON: expected value at line 1 column 1" } },
    };
  }
  if (typeof message !== "object" || message === null || Array.isArray(message)) {
    return { id: "null", request: invalidRequest("expected an object") };
  }
  const fields: { readonly method?: unknown; readonly params?: unknown; readonly id?: unknown } = message;
  const id = readId(fields.id, text);
  if (id === undefined) {
    return { id: "null", request: invalidRequest("request ID must be an unsigned integer") };
  }
  return { id, request: readRequest(fields.method, fields.params) };
}

/**
 * The document asks for an unsigned integer. The vendor's own client sends a text, and the service echoes it;
 * it is no integer that is refused: https://github.com/binance/binance-connector-python/issues/471
 */
function readId(id: unknown, text: string): string | undefined {
  if (id === undefined || id === null) return "null";
  if (typeof id === "string") return JSON.stringify(id);
  if (typeof id !== "number" || !Number.isInteger(id) || id < 0) return undefined;
  // From the text, because a 64-bit integer would not survive as a number.
  return /"id"\s*:\s*(\d+)\s*[,}]/.exec(text)?.[1] ?? String(id);
}

function readRequest(method: unknown, params: unknown): ControlFrame["request"] {
  if (method === undefined) return invalidRequest("missing field `method` at line 1 column 2");
  const known = METHODS.find((one) => one === method);
  switch (known) {
    case undefined:
      return invalidRequest(
        `unknown variant \`${String(method)}\`, expected one of ${METHODS.map((one) => `\`${one}\``).join(", ")} at line 1 column 28`,
      );
    case "LIST_SUBSCRIPTIONS":
      return { method: known };
    case "GET_PROPERTY":
    case "SET_PROPERTY": {
      if (!Array.isArray(params) || typeof params[0] !== "string") {
        return invalidRequest("property name must be a string");
      }
      if (params[0] !== "combined") return { error: { code: 0, msg: "Unknown property" } };
      if (known === "GET_PROPERTY") {
        return params.length > 1 ? invalidRequest("too many parameters") : { method: known };
      }
      if (params.length > 2) return invalidRequest("too many parameters");
      if (typeof params[1] !== "boolean") {
        return { error: { code: 1, msg: "Invalid value type: expected Boolean" } };
      }
      return { method: known, combined: params[1] };
    }
    default: {
      if (!Array.isArray(params)) return invalidRequest("invalid type: expected a sequence");
      const streams: string[] = [];
      for (const name of params) {
        // Any name without white space is acknowledged, whether such a stream exists or not:
        // https://github.com/ccxt/ccxt/pull/19833
        if (typeof name !== "string" || name === "" || /\s/.test(name)) {
          return invalidRequest("invalid stream");
        }
        streams.push(name);
      }
      return { method: known, streams };
    }
  }
}

/** The answer to a request that was carried out; `result` is JSON text. */
export function resultText(id: string, result: string): string {
  return `{"result":${result},"id":${id}}`;
}

/** The answer to a request that was not. */
export function errorText(id: string, error: ControlError): string {
  return `{"error":${JSON.stringify({ code: error.code, msg: error.msg })},"id":${id}}`;
}
