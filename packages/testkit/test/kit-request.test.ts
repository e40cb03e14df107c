// Snapshots that are asked for on the connection, and checksums.
import { describeConnector } from "../src/index.js";
import { writeExamplePackage } from "./example/example-package.js";
import { defineExamplePlugin } from "./example/example-plugin.js";
import { createExampleSimulator } from "./example/example-simulator.js";

describeConnector({
  plugin: defineExamplePlugin(undefined, {}, "request"),
  simulator: createExampleSimulator("request"),
  packageFolder: writeExamplePackage(),
});
