import { describeConnector } from "@conn/testkit";
import { plugin } from "../src/index.js";
import { simulator } from "./conformance-simulator.js";

describeConnector({ plugin, simulator, packageFolder: new URL("..", import.meta.url) });
