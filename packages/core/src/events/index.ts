export { Emitter, type EventOfType, type TypedEvent } from "./emitter.js";
export { EventStream, type StreamOptions, type StreamPolicy } from "./event-stream.js";
