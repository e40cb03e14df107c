import type { Auth, JsonValue, SigningContext } from "@conn/core";

/**
 * How far the nonce may be from the venue's time, in ms.
 *
 * @see https://exchange-developer.crypto.com/exchange/v1/docs/api/rest-common-api-reference (40102 INVALID_NONCE)
 */
export const NONCE_WINDOW_MS = 60_000;

/** How deep params may be nested: below, the venue's samples write values each as their language does. */
const MAX_LEVEL = 3;

/**
 * Requests carry all in their body: the method's name, which is the path, id, key, params, nonce, and as `sig` the HMAC of
 * these in that order. Numbers among the params are texts.
 *
 * @see https://exchange-developer.crypto.com/exchange/v1/docs/api/rest-common-api-reference (digital signature)
 */
export const auth: Auth = {
  algorithms: ["hmac-sha256"],
  secrets: { fields: ["api_key", "sig"] },
  async signRequest({ method, path, body, headers = {} }, context) {
    if (method !== "POST" || body?.kind === "form")
      throw new TypeError("private methods of this venue are JSON by POST");
    const signed = await signMethod(path.slice(1), body?.fields ?? {}, context);
    return {
      method,
      path,
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(signed),
      validUntil: context.nonce + NONCE_WINDOW_MS,
    };
  },
  async formatLogin(context) {
    // A login has no params, neither in the frame nor in the signature.
    const { params: _, ...frame } = await signMethod("public/auth", {}, context);
    return JSON.stringify(frame);
  },
};

/** The nonce must be the time in ms, and a repeated request is refused (40006): it is the id as well. */
async function signMethod(
  method: string,
  params: Readonly<Record<string, JsonValue>>,
  { signer, nonce }: Pick<SigningContext, "signer" | "nonce">,
) {
  const payload = `${method}${nonce}${signer.keyId}${formatParams(params)}${nonce}`;
  const sig = await signer.sign(payload, "hex");
  return { id: nonce, method, api_key: signer.keyId, params, nonce, sig };
}

/**
 * The params as they are signed: names in ascending order, each followed by its value, without separators; lists entry by
 * entry; `null` as "null".
 *
 * @throws {TypeError} if they are nested deeper than the venue's samples agree on.
 */
export function formatParams(params: JsonValue, level = 0): string {
  if (typeof params !== "object" || params === null) return String(params);
  if (level >= MAX_LEVEL) throw new TypeError(`params of this venue have at most ${MAX_LEVEL} levels`);
  if (isList(params)) return params.map((entry) => formatParams(entry, level)).join("");
  return Object.keys(params)
    .sort()
    .map((name) => `${name}${formatParams(params[name] ?? null, level + 1)}`)
    .join("");
}

/** `Array.isArray` does not tell read-only lists apart. */
function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
