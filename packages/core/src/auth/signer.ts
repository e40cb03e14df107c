/** How a signature is computed: HMAC (RFC 2104) with a hash, RSA (RSASSA-PKCS1-v1_5, RFC 8017) or Ed25519 (RFC 8032). */
export type SignatureAlgorithm = "hmac-sha256" | "hmac-sha384" | "hmac-sha512" | "rsa-sha256" | "ed25519";

/** How the bytes of a signature are written: `hex` in lower case, `base64` with padding (RFC 4648, section 4). */
export type SignatureEncoding = "hex" | "base64";

/**
 * Holds an API key's secret and signs with it: nothing else in this library ever sees the secret. `createSigner`
 * makes one of a secret; one of your own may ask a key vault or a hardware module.
 *
 * @example
 * ```ts
 * import type { Signer } from "@conn/core";
 *
 * export function remoteSigner(keyId: string, ask: (text: string) => Promise<string>): Signer {
 *   return {
 *     keyId,
 *     algorithm: "ed25519",
 *     sign: (message) => ask(typeof message === "string" ? message : Buffer.from(message).toString("latin1")),
 *   };
 * }
 * ```
 */
export interface Signer {
  /** The API key: names the secret to the venue. Not shown in errors or logs. */
  readonly keyId: string;
  readonly algorithm: SignatureAlgorithm;
  /**
   * Signs a message.
   *
   * @param message Text stands for its UTF-8 bytes.
   */
  sign(message: string | Uint8Array, encoding: SignatureEncoding): string | Promise<string>;
}
