export { ConnError, type ConnErrorOptions } from "./conn-error.js";
export * from "./errors.js";
