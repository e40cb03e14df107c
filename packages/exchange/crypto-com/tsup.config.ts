import { bundle } from "../../../tsup.base.ts";

export default bundle({ index: "src/index.ts", "simulator/index": "src/simulator/index.ts" });
