export { createHost, type Host } from "./host.js";
export { CORE_VERSION } from "./version.js";
