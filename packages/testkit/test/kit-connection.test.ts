// Frames are counted by connection, and books have no ids.
import { describeConnector } from "../src/index.js";
import { writeExamplePackage } from "./example/example-package.js";
import { defineExamplePlugin } from "./example/example-plugin.js";
import { createExampleSimulator } from "./example/example-simulator.js";

describeConnector({
  plugin: defineExamplePlugin(undefined, {}, "connection"),
  simulator: createExampleSimulator("connection"),
  packageFolder: writeExamplePackage(),
});
