export * from "./book-integrity.js";
export * from "./order-book.js";
