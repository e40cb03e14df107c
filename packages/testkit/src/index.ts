export {
  createLoopbackWorld,
  type Handles,
  type LogLine,
  type LoopbackWorld,
  type LoopbackWorldOptions,
  type WaitOptions,
} from "./world/loopback-world.js";
export type { TrafficEvent } from "./world/traffic.js";
export type { PendingTimer } from "./world/virtual-time.js";
