import {
  AuthError,
  ConfigurationError,
  ConnError,
  type ConnErrorOptions,
  JournalError,
  LifecycleError,
  NetworkError,
  PluginError,
  ProtocolError,
  RateLimitError,
  VenueError,
} from "../errors/index.js";
import type { Redactor, TextOrigin } from "../recording/redactor.js";

/** How a value that the world gives is written to a session file and read from it. */
export interface Codec<Value> {
  write(value: Value, redactor: Redactor): unknown;
  /** Takes what `write` gave, after a way through JSON. */
  read(json: unknown): Value;
}

/** For what happens without a value. */
export const NOTHING: Codec<void> = { write: () => undefined, read: () => undefined };

/** Text as it came: a byte order mark is part of it. */
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** Bytes, as text where they are text. */
export function bytesCodec(origin: TextOrigin): Codec<Uint8Array> {
  return {
    write(data, redactor) {
      let text: string;
      try {
        text = decoder.decode(data);
      } catch {
        const without = redactor.bytes(data);
        return typeof without === "string" ? without : { base64: Buffer.from(without).toString("base64") };
      }
      return redactor.text(text, origin);
    },
    read(json) {
      // as: `write` gave it.
      const written = json as string | { readonly base64: string };
      return typeof written === "string" ? encoder.encode(written) : Buffer.from(written.base64, "base64");
    },
  };
}

/** The errors with which ports fail. */
const CLASSES: Readonly<
  Record<string, new (code: never, message: string, options: ConnErrorOptions) => ConnError>
> = {
  AuthError,
  ConfigurationError,
  JournalError,
  LifecycleError,
  NetworkError,
  PluginError,
  ProtocolError,
  RateLimitError,
  VenueError,
};

/** An error of a port: class, code and facts; never its stack. */
export const ERROR: Codec<unknown> = {
  write(error, redactor) {
    if (!(error instanceof Error))
      return { name: "Error", message: redactor.text(String(error), "answered") };
    const {
      name,
      message,
      cause: _cause,
      stack: _stack,
      ...facts
    } = {
      ...error,
      name: error.name,
      message: error.message,
    };
    // as: JSON of an object is text.
    const text = JSON.stringify({ name, message, ...facts }, writeValue) as string;
    const without = redactor.text(text, "answered");
    return JSON.parse(without.startsWith("{") ? without : JSON.stringify({ name }));
  },
  read(json) {
    // as: `write` gave it.
    const { name, code, message = "", ...facts } = json as { name: string; code?: string; message?: string };
    const ErrorClass = CLASSES[name];
    if (ErrorClass === undefined || code === undefined)
      return Object.assign(new Error(message), { name }, code === undefined ? {} : { code });
    // as: the code is one of the class, since an error of the class had it.
    return new ErrorClass(code as never, message, facts);
  },
};

/** What JSON has no word for, for `JSON.stringify`: of errors what a program can rely on, not their texts. */
export function writeValue(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Map) return [...value];
  if (value instanceof Set) return [...value];
  if (value instanceof ConnError) {
    const { name, code, venue, details } = value;
    return { name, code, venue, details };
  }
  return value instanceof Error ? { name: value.name } : value;
}
