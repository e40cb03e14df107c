import type { ConnectorType } from "@conn/core";
import type { plugin } from "./plugin.js";

export { plugin } from "./plugin.js";

declare module "@conn/core" {
  interface ConnectorTypes {
    "crypto-com": ConnectorType<unknown, (typeof plugin)["supports"]>;
  }
}
