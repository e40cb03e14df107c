import { NetworkError } from "../errors/index.js";

/** Causes of causes are followed so far. */
const DEEPEST_CAUSE = 5;

/**
 * A copy of an error of which nothing is left but name, code, text and stack, and these without secrets: what else hangs
 * on the errors of an HTTP client, such as the request, may hold them. A `NetworkError` stays one.
 */
export function copyWithoutSecrets(error: unknown, redact: (text: string) => string, depth = 0): Error {
  if (!(error instanceof Error)) return new Error("not an error was thrown");
  const cause =
    error.cause === undefined || depth >= DEEPEST_CAUSE
      ? undefined
      : copyWithoutSecrets(error.cause, redact, depth + 1);
  const message = redact(error.message);
  const copy =
    error instanceof NetworkError
      ? new NetworkError(error.code, message, {
          sent: error.sent,
          cause,
          ...(error.venue !== undefined && { venue: error.venue }),
        })
      : new Error(message, cause === undefined ? undefined : { cause });
  const code: unknown = "code" in error ? error.code : undefined;
  if (!(copy instanceof NetworkError)) {
    copy.name = error.name;
    if (typeof code === "string") Object.assign(copy, { code });
  }
  copy.stack = redact(error.stack ?? "");
  return copy;
}
