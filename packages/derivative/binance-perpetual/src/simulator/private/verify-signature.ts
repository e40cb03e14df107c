import { createHmac, createPublicKey, type KeyObject, timingSafeEqual, verify } from "node:crypto";

/** How an API key's requests are checked. */
export type Verifier =
  | { readonly algorithm: "hmac"; readonly secret: string }
  | { readonly algorithm: "rsa" | "ed25519"; readonly publicKey: KeyObject };

/**
 * Reads a public key in PEM.
 *
 * @throws {TypeError} if it is neither an RSA nor an Ed25519 key.
 */
export function readPublicKey(pem: string): Verifier {
  let publicKey: KeyObject;
  try {
    publicKey = createPublicKey(pem);
  } catch {
    throw new TypeError("a public key is given in PEM");
  }
  const algorithm = publicKey.asymmetricKeyType;
  if (algorithm !== "rsa" && algorithm !== "ed25519") throw new TypeError("a key must be RSA or Ed25519");
  return { algorithm, publicKey };
}

/**
 * Whether `signature` signs `payload`. HMAC SHA-256 in hexadecimal is not case-sensitive; RSA (PKCS#1 v1.5 with
 * SHA-256) and Ed25519 signatures are base64.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/general-info
 */
export function isSigned(payload: string, signature: string, verifier: Verifier): boolean {
  const message = Buffer.from(payload, "utf8");
  if (verifier.algorithm === "hmac") {
    const expected = createHmac("sha256", verifier.secret).update(message).digest();
    if (!/^[0-9a-f]{64}$/i.test(signature)) return false;
    return timingSafeEqual(expected, Buffer.from(signature, "hex"));
  }
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(signature)) return false;
  const hash = verifier.algorithm === "rsa" ? "sha256" : null;
  return verify(hash, message, verifier.publicKey, Buffer.from(signature, "base64"));
}
