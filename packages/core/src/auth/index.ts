export type { Auth, AuthorizedRequest, SigningContext } from "./auth.js";
export { createSigner, type SignerOptions } from "./create-signer.js";
export type { Credentials } from "./credentials.js";
export type { SignatureAlgorithm, SignatureEncoding, Signer } from "./signer.js";
