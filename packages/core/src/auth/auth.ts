import type { SecretNames } from "../ports/index.js";
import type { UnsignedRequest, WireRequest } from "../transport/index.js";
import type { SignatureAlgorithm, Signer } from "./signer.js";

/** What a request or a login is signed with. */
export interface SigningContext {
  readonly signer: Signer;
  /** The venue's time in whole ms since 1970-01-01 UTC, read when the request is about to be sent. */
  readonly timestamp: number;
  /**
   * A whole number larger than every earlier one of this key in this host, and no smaller than the time in ms: also an
   * id for requests that need one. Below 2^53, and still when multiplied by 1000.
   */
  readonly nonce: number;
  /** URL that the paths of requests stand below, for venues that sign host or whole path. */
  readonly restUrl: string;
  /** The passphrase of the key, where the venue has such. */
  readonly passphrase: string | undefined;
  /** The subaccount that is meant, where the key is for several. */
  readonly subaccount: string | undefined;
}

/** What an `Auth` makes of a request. */
export interface AuthorizedRequest extends WireRequest {
  /**
   * The last moment at which the venue accepts it, in ms by the venue's clock: the timestamp plus the receive window.
   * Absent where it holds for ever, or access is by key alone.
   */
  readonly validUntil?: number;
}

/** How a venue knows who asks: data and pure functions, which see neither the secret nor the clock. */
export interface Auth {
  /** Algorithms that the venue takes; the first HMAC among them is used for a secret. */
  readonly algorithms: readonly SignatureAlgorithm[];
  /** How the venue writes its HMAC secrets. @default "utf8", the characters of the secret themselves */
  readonly secretEncoding?: "utf8" | "base64";
  /** Whether a key has a passphrase, which must then be given. @default false */
  readonly passphrase?: boolean;
  /** Names of all that is secret in requests, answers and frames: keys, signatures, tokens, listen keys. */
  readonly secrets: SecretNames;
  /** Adds key and signature to a request: only the key where `request.access` is `key`. */
  signRequest(
    request: UnsignedRequest,
    context: SigningContext,
  ): AuthorizedRequest | Promise<AuthorizedRequest>;
  /** The frame that logs a stream connection in, where the venue has such a frame. */
  formatLogin?(context: SigningContext): string | Promise<string>;
}
