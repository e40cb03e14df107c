export * from "./decimal/decimal.js";
export * from "./errors/index.js";
export * from "./instrument/index.js";
export * from "./order-book/index.js";
export * from "./parse/index.js";
export * from "./ports/index.js";
