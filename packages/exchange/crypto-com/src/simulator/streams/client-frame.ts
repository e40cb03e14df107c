/** An error of the stream service. */
export interface FrameError {
  readonly code: number;
  readonly message: string;
}

/** How a client wants books told; as it was sent, checked with the channel. */
export interface BookParameters {
  readonly type: unknown;
  readonly frequency: unknown;
}

/** What a client may ask on a market socket. */
export type ClientRequest =
  | {
      readonly method: "subscribe";
      readonly channels: readonly string[];
      readonly book: BookParameters;
    }
  | { readonly method: "unsubscribe"; readonly channels: readonly string[] }
  | { readonly method: "public/respond-heartbeat" };

/** A client's frame, read: what it asks for, or what is wrong with it. */
export interface ClientFrame {
  /** The id as digits; -1 if there is none, as the venue answers. */
  readonly id: string;
  /** The method as it was sent; `ERROR` if there is none, as the venue answers. */
  readonly method: string;
  readonly request: ClientRequest | { readonly error: FrameError };
  /** The frame's text. */
  readonly text: string;
}

/**
 * Words for what went wrong, as measured in September 2026.
 *
 * @see https://github.com/nemanull/arbitrage-observatory/blob/2cbe70629c3c429da9b231ab71a7b861b3fc8096/docs/profiles/cryptocom/websocket.md
 */
export const frameErrors = {
  unknownMethod: { code: 40003, message: "No such method" },
  invalidRequest: { code: 40003, message: "Invalid request" },
  unknownSymbol: { code: 40003, message: "Unknown symbol" },
  unknownChannel: { code: 40003, message: "Unrecognized channel" },
  invalidDepth: { code: 40003, message: "Invalid depth" },
  invalidType: { code: 40003, message: "Invalid book_subscription_type" },
  unsupportedCombination: { code: 40003, message: "Unsupported depth/interval combination" },
  tooManySubscriptions: { code: 40107, message: "Maximum subscriptions exceeded" },
  tooManyRequests: { code: 42901, message: "TOO_MANY_REQUESTS" },
} as const;

/**
 * Reads a frame of a client; `undefined` if it is no JSON object: the venue does not answer such a one. The nonce
 * is documented as needed, and frames without it are taken.
 *
 * @see https://exchange-developer.crypto.com/exchange/v1/docs/api/websocket/ws-market-data-client-commands-market-data-subscribe-request
 * @see https://github.com/nemanull/arbitrage-observatory/blob/2cbe70629c3c429da9b231ab71a7b861b3fc8096/docs/profiles/cryptocom/websocket.md
 */
export function readClientFrame(data: string | Uint8Array): ClientFrame | undefined {
  const text = typeof data === "string" ? data : new TextDecoder().decode(data);
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof message !== "object" || message === null || Array.isArray(message)) return undefined;
  const fields: { readonly id?: unknown; readonly method?: unknown; readonly params?: unknown } = message;
  const frame = { id: readId(fields.id, text), text };
  if (typeof fields.method !== "string") {
    return { ...frame, method: "ERROR", request: { error: frameErrors.invalidRequest } };
  }
  return { ...frame, method: fields.method, request: readRequest(fields.method, fields.params) };
}

/** Ids are integers of 64 bits, which the vendor's examples send as texts too. */
function readId(id: unknown, text: string): string {
  if (typeof id === "string" && /^\d+$/.test(id)) return id;
  if (typeof id !== "number" || !Number.isInteger(id) || id < 0) return "-1";
  // From the text, because a 64-bit integer does not survive as a number.
  for (const [, digits = ""] of text.matchAll(/"id"\s*:\s*(\d+)/g)) {
    if (Number(digits) === id) return digits;
  }
  return String(id);
}

function readRequest(method: string, params: unknown): ClientFrame["request"] {
  if (method === "public/respond-heartbeat") return { method };
  if (method !== "subscribe" && method !== "unsubscribe") return { error: frameErrors.unknownMethod };
  if (typeof params !== "object" || params === null) return { error: frameErrors.invalidRequest };
  const fields: {
    readonly channels?: unknown;
    readonly book_subscription_type?: unknown;
    readonly book_update_frequency?: unknown;
  } = params;
  const { channels } = fields;
  if (!Array.isArray(channels) || channels.length === 0) return { error: frameErrors.invalidRequest };
  const names = channels.map(String);
  if (method === "unsubscribe") return { method, channels: names };
  return {
    method,
    channels: names,
    book: { type: fields.book_subscription_type, frequency: fields.book_update_frequency },
  };
}

/** The answer to a request that was carried out; of a subscription to a book with the channel's name. */
export function ackText({ id, method }: ClientFrame, channel?: string): string {
  return `{"id":${id},"method":"${method}","code":0${channelField(channel)}}`;
}

/**
 * The answer to a request that was not, or to one of its channels. Where the client gave no id and no method, the
 * answer has its text.
 *
 * @see https://exchange-developer.crypto.com/exchange/v1/docs/api/websocket-common-api-reference
 */
export function errorText(
  { id, method, text }: ClientFrame,
  { code, message }: FrameError,
  channel?: string,
): string {
  const original = method === "ERROR" ? `,"original":${JSON.stringify(text)}` : "";
  return (
    `{"id":${id},"method":${JSON.stringify(method)},"code":${code}${channelField(channel)}` +
    `,"message":${JSON.stringify(message)}${original}}`
  );
}

function channelField(channel: string | undefined): string {
  return channel === undefined ? "" : `,"channel":${JSON.stringify(channel)}`;
}

/**
 * A frame with data. Fields come in this order since January 2024.
 *
 * @see https://exchange-developer.crypto.com/exchange/v1/docs/api/websocket-change-log
 */
export function dataText(data: {
  /** The request's id in its first answer, -1 in what follows. */
  readonly id: string;
  readonly symbol: string;
  readonly subscription: string;
  readonly channel: string;
  readonly depth?: number;
  /** JSON text of the elements. */
  readonly elements: string;
}): string {
  const depth = data.depth === undefined ? "" : `,"depth":${data.depth}`;
  return (
    `{"id":${data.id},"method":"subscribe","code":0,"result":{"instrument_name":"${data.symbol}"` +
    `,"subscription":"${data.subscription}","channel":"${data.channel}"${depth},"data":[${data.elements}]}}`
  );
}
