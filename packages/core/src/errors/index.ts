export { ConnError, type ConnErrorOptions, type RequestOutcome } from "./conn-error.js";
export * from "./errors.js";
