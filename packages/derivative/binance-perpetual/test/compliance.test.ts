import { describeConnector } from "@conn/testkit";
import { plugin } from "../src/index.js";
import { simulator } from "./conformance-simulator.js";

// Beside the repository and no part of it; of before the venue split its streams by route, which changed no frame.
const RECORDINGS = new URL("../../../../../shared/recordings/", import.meta.url);

describeConnector({
  plugin,
  simulator,
  packageFolder: new URL("..", import.meta.url),
  recordings: [new URL("binance-usdm/20210722/", RECORDINGS)],
});
