import { describeConnector } from "../src/index.js";
import { writeExamplePackage } from "./example/example-package.js";
import { defineExamplePlugin } from "./example/example-plugin.js";
import { writeExampleRecording } from "./example/example-recording.js";
import { exampleSimulator } from "./example/example-simulator.js";

describeConnector({
  plugin: defineExamplePlugin(),
  simulator: exampleSimulator,
  packageFolder: writeExamplePackage(),
  recordings: [writeExampleRecording()],
});
