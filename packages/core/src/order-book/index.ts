export type { BookFault, BookIntegrity, BookState, MutableBookIntegrity } from "./book-integrity.js";
export type { BookLevel } from "./book-side.js";
export { EngineOrderBook, type EngineOrderBookOptions } from "./engine-order-book.js";
export type { OrderBook, TakerSide } from "./order-book.js";
export type { TakerFill, TakerLimit, TakerSize } from "./taker-queries.js";
