/** What a reviver is told of the text that a value was made of; TypeScript's library does not know it yet. */
interface ReviverContext {
  readonly source?: string;
}

/**
 * Reads JSON without losing digits: a whole number that a double cannot hold comes as its text; with `numbers: "text"`
 * every number does, as it stands there.
 *
 * @throws {SyntaxError} if it is no JSON.
 * @see https://tc39.es/proposal-json-parse-with-source/
 *
 * @example
 * ```ts
 * import { parseJson } from "@conn/core";
 *
 * const bytes = new TextEncoder().encode('{"id":9223372036854775807,"price":0.10}');
 * parseJson(bytes); // { id: "9223372036854775807", price: 0.1 }
 * parseJson(bytes, { numbers: "text" }); // { id: "9223372036854775807", price: "0.10" }
 * ```
 */
export function parseJson(data: Uint8Array, options: { readonly numbers?: "text" } = {}): unknown {
  const asText = options.numbers === "text";
  const text = new TextDecoder().decode(data);
  return JSON.parse(text, (_key, value: unknown, context?: ReviverContext): unknown => {
    if (typeof value !== "number" || (!asText && Number.isSafeInteger(value))) return value;
    const source = context?.source;
    return source !== undefined && (asText || /^-?\d+$/.test(source)) ? source : value;
  });
}
