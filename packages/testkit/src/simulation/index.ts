export * from "./shrink-seed.js";
export * from "./simulate-seed.js";
export type { SimulationSetup } from "./simulation-setup.js";
