import {
  createHmac,
  createPrivateKey,
  createSecretKey,
  type KeyObject,
  sign as signWithKey,
} from "node:crypto";
import { ConfigurationError } from "../errors/index.js";
import type { SignatureAlgorithm, SignatureEncoding, Signer } from "./signer.js";

/** The key of an API and what belongs to it in secret. */
export type SignerOptions =
  | {
      readonly apiKey: string;
      readonly secret: string;
      /** @default "hmac-sha256" */
      readonly algorithm?: Extract<SignatureAlgorithm, `hmac-${string}`>;
      /** `base64`: what the secret stands for, rather than its characters, is the key. @default "utf8" */
      readonly secretEncoding?: "utf8" | "base64";
    }
  | {
      readonly apiKey: string;
      /** PEM of an RSA or Ed25519 key, not encrypted. */
      readonly privateKey: string;
    };

/**
 * Makes a signer that holds the secret in this process. Neither `console.log`, `JSON.stringify` nor `String` show
 * anything of it.
 *
 * @throws {ConfigurationError} INVALID_CREDENTIALS. Neither its text nor its cause shows what was given.
 *
 * @example
 * ```ts
 * import { createSigner } from "@conn/core";
 *
 * const { CONN_KEY: apiKey = "", CONN_SECRET: secret = "" } = process.env;
 * const signer = createSigner({ apiKey, secret });
 * ```
 */
export function createSigner(options: SignerOptions): Signer {
  const { apiKey } = options;
  if (typeof apiKey !== "string" || !/^[\x21-\x7e]+$/.test(apiKey))
    throw invalid("apiKey must be printable ASCII without spaces");
  if ("privateKey" in options) {
    const key = readPrivateKey(options.privateKey);
    if (key.asymmetricKeyType === "rsa")
      return new LocalSigner(apiKey, "rsa-sha256", (message) => signWithKey("sha256", message, key));
    if (key.asymmetricKeyType === "ed25519")
      return new LocalSigner(apiKey, "ed25519", (message) => signWithKey(null, message, key));
    throw invalid("privateKey must be one of RSA or Ed25519");
  }
  const { secret, secretEncoding = "utf8", algorithm = "hmac-sha256" } = options;
  if (typeof secret !== "string" || secret === "" || secret !== secret.trim())
    throw invalid("secret must be a text that is not empty, without white space around it");
  if (
    secretEncoding === "base64" &&
    !/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(secret)
  )
    throw invalid("secret must be base64");
  const hash = HASHES[algorithm];
  if (hash === undefined) throw invalid("algorithm must be one of HMAC");
  const key = createSecretKey(secret, secretEncoding);
  return new LocalSigner(apiKey, algorithm, (message) => createHmac(hash, key).update(message).digest());
}

const HASHES: Readonly<Record<Extract<SignatureAlgorithm, `hmac-${string}`>, string>> = {
  "hmac-sha256": "sha256",
  "hmac-sha384": "sha384",
  "hmac-sha512": "sha512",
};

class LocalSigner implements Signer {
  readonly #keyId: string;
  readonly #sign: (message: Uint8Array) => Buffer;
  readonly algorithm: SignatureAlgorithm;

  constructor(keyId: string, algorithm: SignatureAlgorithm, sign: (message: Uint8Array) => Buffer) {
    this.#keyId = keyId;
    this.#sign = sign;
    this.algorithm = algorithm;
  }

  get keyId(): string {
    return this.#keyId;
  }

  sign(message: string | Uint8Array, encoding: SignatureEncoding): string {
    return this.#sign(typeof message === "string" ? Buffer.from(message) : message).toString(encoding);
  }

  toString(): string {
    return `Signer(${this.algorithm})`;
  }

  toJSON(): { readonly algorithm: SignatureAlgorithm } {
    return { algorithm: this.algorithm };
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

function readPrivateKey(pem: string): KeyObject {
  if (typeof pem === "string") {
    try {
      return createPrivateKey(pem);
    } catch {
      // What was wrong could quote the key.
    }
  }
  throw invalid("privateKey must be a private key in PEM that is not encrypted");
}

function invalid(what: string): ConfigurationError {
  return new ConfigurationError("INVALID_CREDENTIALS", what);
}
