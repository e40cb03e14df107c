export { nodeDisk } from "./adapters/node-disk.js";
export { createLiveDisplay, type LiveDisplay, type LiveDisplayOptions } from "./display/live-display.js";
export type { WatchedConnector } from "./market/market-monitor.js";
export type { CommandIo, Keyboard, Output } from "./process/command-io.js";
export type { Disk, NewFile } from "./process/disk.js";
export { type RunProcessOptions, runProcess } from "./process/run-process.js";
export type { Remark, Tone } from "./render/view.js";
export type { Decoder, Decoders } from "./replay/decoder.js";
export { run } from "./run.js";
