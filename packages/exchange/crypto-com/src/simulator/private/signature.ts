import { createHmac, timingSafeEqual } from "node:crypto";
import { isList, isObject, type JsonObject, type JsonValue, NumberText } from "./json-value.js";

/** Deeper than this the venue's own examples do not sort keys; no method has such parameters. */
const MAX_LEVEL = 3;

/**
 * The parameters as one text: keys in ascending order, each followed by its value, without anything in between; the
 * elements of lists one after another.
 *
 * @see https://exchange-developer.crypto.com/exchange/v1/docs/api/rest-common-api-reference Digital Signature
 * @see https://github.com/crypto-com/cdcx-cli/blob/7d032e6/crates/cdcx-core/src/signing.rs
 */
export function parameterString(value: JsonValue, level = 0): string {
  if (value instanceof NumberText) return value.text;
  if (isList(value)) return value.map((element) => parameterString(element, level + 1)).join("");
  if (!isObject(value) || level >= MAX_LEVEL) return String(value);
  return Object.keys(value)
    .sort()
    .map((name) => `${name}${parameterString(value[name] ?? null, level + 1)}`)
    .join("");
}

/** What is signed, and with what. */
export interface SignedParts {
  readonly method: string;
  readonly id: string;
  readonly apiKey: string;
  readonly params: JsonObject | undefined;
  readonly nonce: string;
}

/**
 * Whether `signature` is the HMAC-SHA256 of method, id, key, parameters and nonce, in hexadecimal. The venue's own
 * check in Java does not look at the case of the letters.
 *
 * @see https://exchange-developer.crypto.com/exchange/v1/docs/api/rest-common-api-reference Digital Signature
 */
export function isSigned(parts: SignedParts, secret: string, signature: string): boolean {
  if (!/^[0-9a-f]{64}$/i.test(signature)) return false;
  const { method, id, apiKey, params, nonce } = parts;
  const payload = `${method}${id}${apiKey}${params === undefined ? "" : parameterString(params)}${nonce}`;
  const expected = createHmac("sha256", secret).update(payload, "utf8").digest();
  return timingSafeEqual(expected, Buffer.from(signature, "hex"));
}
