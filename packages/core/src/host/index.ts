export { createHost, type Host, type HostOptions } from "./host.js";
export { type ReplaySessionOptions, replaySession, type SessionReplay } from "./replay-session.js";
export { CORE_VERSION } from "./version.js";
