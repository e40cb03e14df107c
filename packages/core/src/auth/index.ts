export type { Auth, AuthorizedRequest, SigningContext } from "./auth.js";
export type { Credentials } from "./credentials.js";
export type { SignatureAlgorithm, SignatureEncoding, Signer } from "./signer.js";
