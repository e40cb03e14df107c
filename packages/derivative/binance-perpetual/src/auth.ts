import type { Auth } from "@conn/core";

/**
 * How long after its timestamp the venue accepts a request, in ms: its default, named in each request all the same, so
 * that nothing hangs on the default.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/general-info (Timing Security)
 */
export const RECEIVE_WINDOW_MS = 5_000;

/**
 * The key in a header; the signature over the query exactly as it is sent, percent-encoded, as its last parameter: HMAC in
 * hex, RSA and Ed25519 in base64. All parameters go into the query, whatever the method.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/general-info (SIGNED Endpoint security)
 */
export const auth: Auth = {
  algorithms: ["hmac-sha256", "rsa-sha256", "ed25519"],
  secrets: {
    headers: ["X-MBX-APIKEY"],
    query: ["signature", "listenKey"],
    fields: ["signature", "listenKey", "apiKey"],
  },
  async signRequest({ method, path, query = {}, body, headers = {}, access }, { signer, timestamp }) {
    if (body !== undefined) throw new TypeError("parameters of this venue go into the query");
    const withKey = { ...headers, "x-mbx-apikey": signer.keyId };
    if (access === "key") return { method, path: pathWith(path, formatQuery(query)), headers: withKey };
    const payload = formatQuery({
      ...query,
      recvWindow: String(RECEIVE_WINDOW_MS),
      timestamp: String(timestamp),
    });
    const signature = await signer.sign(payload, signer.algorithm === "hmac-sha256" ? "hex" : "base64");
    return {
      method,
      path: pathWith(path, `${payload}&signature=${encodeURIComponent(signature)}`),
      headers: withKey,
      validUntil: timestamp + RECEIVE_WINDOW_MS,
    };
  },
};

/** Percent-encoded as RFC 3986 has it: a form's "+" for a space is not what the venue decodes and checks. */
function formatQuery(query: Readonly<Record<string, string>>): string {
  return Object.entries(query)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join("&");
}

function pathWith(path: string, query: string): string {
  return query === "" ? path : `${path}?${query}`;
}
