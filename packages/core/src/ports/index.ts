export type * from "./clock.js";
export type * from "./http.js";
export type * from "./logger.js";
export type * from "./ports.js";
export type * from "./random.js";
export type * from "./server.js";
export type * from "./timers.js";
export type * from "./web-socket.js";
