export { Account, createAccount } from "./account.js";
export type { Auth, AuthorizedRequest, SigningContext } from "./auth.js";
export { Authenticator, type AuthenticatorOptions } from "./authenticator.js";
export { createSigner, type SignerOptions } from "./create-signer.js";
export type { Credentials } from "./credentials.js";
export { NonceSource } from "./nonce-source.js";
export type { SignatureAlgorithm, SignatureEncoding, Signer } from "./signer.js";
