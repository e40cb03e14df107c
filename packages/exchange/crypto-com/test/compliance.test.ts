import { describeConnector } from "@conn/testkit";
import { plugin } from "../src/index.js";
import { simulator } from "./conformance-simulator.js";

// No recordings: those that are known are of the venue's retired market feed (version 2), which sent whole books.
// This connector reads version 1, of which there is none yet, so that M50 and M51 are skipped.
describeConnector({ plugin, simulator, packageFolder: new URL("..", import.meta.url) });
