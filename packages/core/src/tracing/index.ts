export { TRACE_CHANNELS } from "./trace-channels.js";
export type { RestTrace, ResyncTrace, SocketTrace } from "./trace-messages.js";
