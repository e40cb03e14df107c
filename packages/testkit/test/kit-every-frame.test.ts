// Every frame is the whole book.
import { describeConnector } from "../src/index.js";
import { writeExamplePackage } from "./example/example-package.js";
import { defineExamplePlugin } from "./example/example-plugin.js";
import { createExampleSimulator } from "./example/example-simulator.js";

describeConnector({
  plugin: defineExamplePlugin(undefined, {}, "everyFrame"),
  simulator: createExampleSimulator("everyFrame"),
  packageFolder: writeExamplePackage(),
});
