export { createDefinition } from "./create-definition.js";
export {
  assertPlugin,
  type ConnectorPlugin,
  type ConnectorType,
  type ConnectorTypes,
  coreRangeAllows,
  definePlugin,
  isPlugin,
  type PluginDefinition,
  type SimulatedVenue,
  type SimulatorModule,
} from "./plugin.js";
export type { StandardIssue, StandardResult, StandardSchema } from "./standard-schema.js";
