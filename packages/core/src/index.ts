export * from "./decimal/decimal.js";
export * from "./errors/index.js";
export * from "./parse/index.js";
export * from "./ports/adapters/default-ports.js";
export * from "./ports/index.js";
