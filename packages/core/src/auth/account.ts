import { createHash } from "node:crypto";
import { ConfigurationError } from "../errors/index.js";
import type { Auth } from "./auth.js";
import { createSigner } from "./create-signer.js";
import type { Credentials } from "./credentials.js";
import type { SignatureAlgorithm, Signer } from "./signer.js";

/** Who trades, as core knows it. */
export class Account {
  /** Name in events, journals and logs; no secret. */
  readonly id: string;
  readonly #signer: Signer;
  readonly #passphrase: string | undefined;
  readonly #subaccount: string | undefined;

  constructor(
    id: string,
    signer: Signer,
    { passphrase, subaccount }: Pick<Credentials, "passphrase" | "subaccount">,
  ) {
    this.id = id;
    this.#signer = signer;
    this.#passphrase = passphrase;
    this.#subaccount = subaccount;
  }

  // Behind getters, so that an account that is printed shows its id alone.
  get signer(): Signer {
    return this.#signer;
  }

  get passphrase(): string | undefined {
    return this.#passphrase;
  }

  get subaccount(): string | undefined {
    return this.#subaccount;
  }

  /** What must not be shown wherever it stands. */
  get secrets(): readonly string[] {
    return this.#passphrase === undefined ? [this.#signer.keyId] : [this.#signer.keyId, this.#passphrase];
  }
}

/**
 * Checks credentials by what the venue takes.
 *
 * @throws {ConfigurationError} INVALID_CREDENTIALS. Neither its text nor its cause shows what was given.
 */
export function createAccount(credentials: Credentials, auth: Auth | undefined): Account {
  if (auth === undefined) throw invalid("this connector is for public data alone, and takes no credentials");
  if (typeof credentials !== "object" || credentials === null) throw invalid("must be an object");
  const { passphrase, subaccount, account } = credentials;
  for (const [name, value] of Object.entries({ passphrase, subaccount, account })) {
    if (value !== undefined && (typeof value !== "string" || value === ""))
      throw invalid(`${name} must be a text that is not empty`);
  }
  if ((passphrase !== undefined) !== (auth.passphrase ?? false))
    throw invalid(auth.passphrase ? "passphrase is missing" : "this venue has no passphrase");
  const signer = signerOf(credentials, auth);
  const id = account ?? `key-${fingerprint(JSON.stringify([signer.keyId, subaccount ?? ""]))}`;
  return new Account(id, signer, credentials);
}

/** The account of a recorded session, whose key is not in the record: what it signs is not looked at. */
export function createStandIn(id: string, auth: Auth | undefined): Account | undefined {
  const algorithm = auth?.algorithms[0];
  if (algorithm === undefined) return undefined;
  return new Account(id, { keyId: "[redacted]", algorithm, sign: () => "[redacted]" }, {});
}

function signerOf(credentials: Credentials, auth: Auth): Signer {
  const given = ["secret", "privateKey", "signer"].filter((name) => name in credentials);
  if (given.length !== 1) throw invalid("must have one of secret, privateKey and signer");
  const signer = makeSigner(credentials, auth);
  if (!auth.algorithms.includes(signer.algorithm))
    throw invalid(`the venue takes no ${signer.algorithm}, only ${auth.algorithms.join(", ")}`);
  return signer;
}

function makeSigner(credentials: Credentials, auth: Auth): Signer {
  if ("signer" in credentials) {
    const { signer } = credentials;
    if (typeof signer?.keyId !== "string" || typeof signer.sign !== "function")
      throw invalid("signer must have keyId and sign");
    return signer;
  }
  const { apiKey } = credentials;
  if ("privateKey" in credentials) return createSigner({ apiKey, privateKey: credentials.privateKey });
  const algorithm = auth.algorithms.find(isHmac);
  if (algorithm === undefined) throw invalid("the venue takes no secrets, only private keys");
  const { secretEncoding = "utf8" } = auth;
  return createSigner({ apiKey, secret: credentials.secret, algorithm, secretEncoding });
}

function isHmac(algorithm: SignatureAlgorithm): algorithm is Extract<SignatureAlgorithm, `hmac-${string}`> {
  return algorithm.startsWith("hmac-");
}

function fingerprint(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

function invalid(what: string): ConfigurationError {
  return new ConfigurationError("INVALID_CREDENTIALS", `credentials: ${what}`, {
    details: { option: "credentials" },
  });
}
