export { createLiveDisplay, type LiveDisplay, type LiveDisplayOptions } from "./display/live-display.js";
export type { WatchedConnector } from "./market/market-monitor.js";
export type { CommandIo, Keyboard, Output } from "./process/command-io.js";
export { type RunProcessOptions, runProcess } from "./process/run-process.js";
export type { Remark, Tone } from "./render/view.js";
export { run } from "./run.js";
