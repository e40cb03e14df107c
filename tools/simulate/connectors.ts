import { plugin as binancePerpetual } from "../../packages/derivative/binance-perpetual/src/index.js";
import { simulator as binancePerpetualSimulator } from "../../packages/derivative/binance-perpetual/test/conformance-simulator.js";
import { plugin as cryptoCom } from "../../packages/exchange/crypto-com/src/index.js";
import { simulator as cryptoComSimulator } from "../../packages/exchange/crypto-com/test/conformance-simulator.js";
import type { SimulationSetup } from "../../packages/testkit/src/simulation/index.js";

/** Every connector of this repository that can be simulated. */
export const setups: readonly SimulationSetup[] = [
  { plugin: binancePerpetual, simulator: binancePerpetualSimulator },
  { plugin: cryptoCom, simulator: cryptoComSimulator },
];
