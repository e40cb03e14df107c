import { plugin as binancePerpetual } from "@conn/binance-perpetual";
import { plugin as cryptoCom } from "@conn/crypto-com";
import type { SimulationSetup } from "@conn/testkit/simulation";
import { simulator as binancePerpetualSimulator } from "../../packages/derivative/binance-perpetual/test/conformance-simulator.js";
import { startTrading as startBinancePerpetual } from "../../packages/derivative/binance-perpetual/test/simulated-account.js";
import { simulator as cryptoComSimulator } from "../../packages/exchange/crypto-com/test/conformance-simulator.js";
import { startTrading as startCryptoCom } from "../../packages/exchange/crypto-com/test/simulated-account.js";

/** Every connector of this repository that can be simulated. */
export const setups: readonly SimulationSetup[] = [
  { plugin: binancePerpetual, simulator: binancePerpetualSimulator, startTrading: startBinancePerpetual },
  { plugin: cryptoCom, simulator: cryptoComSimulator, startTrading: startCryptoCom },
];
