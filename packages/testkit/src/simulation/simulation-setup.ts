import type { ConnectorPlugin } from "@conn/core";
import type { ConformanceSimulator } from "../venue/conformance-venue.js";
import type { StartTradingVenue } from "./trading/simulated-account.js";

/** What is simulated: a connector and its venue. */
export interface SimulationSetup {
  readonly plugin: ConnectorPlugin;
  readonly simulator: ConformanceSimulator;
  /** Starts the venue with an account, where the connector trades. */
  readonly startTrading?: StartTradingVenue;
  /** Options that the connector alone has, where it cannot do without. */
  readonly connectorOptions?: Readonly<Record<string, unknown>>;
}
