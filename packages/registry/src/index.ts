export { nodeModuleSource } from "./adapters/node-module-source.js";
export type { ConnField } from "./conn-field.js";
export { createRegistry, type RegistryOptions } from "./create-registry.js";
export type { DiscoveredPlugin, Discovery } from "./discover-plugins.js";
export type { ModuleSource } from "./module-source.js";
export type { CreateArguments, CreatedConnector, Registry } from "./registry.js";
