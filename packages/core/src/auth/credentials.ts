import type { Signer } from "./signer.js";

/** What goes with any kind of credentials. */
interface CredentialsExtras {
  /** Passphrase of the key, where the venue has such. */
  readonly passphrase?: string;
  /** Subaccount, where the key is for several. */
  readonly subaccount?: string;
  /**
   * Name of the account in events, journals and logs. Two connectors with the same account of a venue must have the same
   * name. @default a name derived from key and subaccount, from which neither can be told
   */
  readonly account?: string;
}

/**
 * Who trades: an API key with its secret, with its private key (PKCS #8, PEM: RSA or Ed25519), or with a signer that
 * holds the secret elsewhere.
 */
export type Credentials = CredentialsExtras &
  (
    | { readonly apiKey: string; readonly secret: string }
    | { readonly apiKey: string; readonly privateKey: string }
    | { readonly signer: Signer }
  );
