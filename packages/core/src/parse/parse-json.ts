/** What a reviver is told of the text that a value was made of; TypeScript's library does not know it yet. */
interface ReviverContext {
  readonly source?: string;
}

/**
 * Reads JSON without losing digits of ids: a whole number that a double cannot hold comes as its text. Amounts that
 * a venue writes as JSON numbers are not helped by that: read those with `JsonScanner`.
 *
 * @throws {SyntaxError} if it is no JSON.
 * @see https://tc39.es/proposal-json-parse-with-source/
 *
 * @example
 * ```ts
 * import { parseJson } from "@conn/core";
 *
 * parseJson(new TextEncoder().encode('{"id":9223372036854775807}')); // { id: "9223372036854775807" }
 * ```
 */
export function parseJson(data: Uint8Array): unknown {
  const text = new TextDecoder().decode(data);
  return JSON.parse(text, (_key, value: unknown, context?: ReviverContext): unknown => {
    if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
    const source = context?.source;
    return source !== undefined && /^-?\d+$/.test(source) ? source : value;
  });
}
