export { isSessionHeader } from "./session-line.js";
export type { SessionDifference } from "./session-player.js";
export type { SessionSink } from "./session-recorder.js";
