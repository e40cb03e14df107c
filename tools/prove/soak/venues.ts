import { plugin as binancePerpetual } from "@conn/binance-perpetual";
import { startSimulator as startBinancePerpetual } from "@conn/binance-perpetual/simulator";
import { type ConnectorPlugin, createDefaultPorts, type UpdateId } from "@conn/core";
import { plugin as cryptoCom } from "@conn/crypto-com";
import { startSimulator as startCryptoCom } from "@conn/crypto-com/simulator";
import type { Faults } from "@conn/simulator";

/** Levels of one side in texts, best price first. */
export type SideText = readonly (readonly [price: string, amount: string])[];

/** A whole book in texts. */
export interface BookText {
  readonly bids: SideText;
  readonly asks: SideText;
}

/** A simulated venue that listens on loopback. */
export interface SoakVenue {
  readonly urls: Readonly<Record<string, string>>;
  readonly faults: Faults;
  /** The book right after an update, as far as it is streamed; undefined if the venue never had it, or forgot it. */
  bookAt(exchangeSymbol: string, updateId: UpdateId): BookText | undefined;
  goOffline(): Promise<void>;
  goOnline(): Promise<void>;
  close(): Promise<void>;
}

/** A connector and its venue. */
export interface SoakSetup {
  readonly plugin: ConnectorPlugin;
  readonly tradingPairs: readonly string[];
  start(seed: number): Promise<SoakVenue>;
}

/** Few levels, for every book is compared after every change. */
const MARKET = { levels: 30, eventsPerSecond: 10, historySize: 16_384 };
/** Levels a side that the connector of Crypto.com subscribes to. */
const CRYPTO_COM_LEVELS = 50;

/** Every connector of this repository. */
export const setups: readonly SoakSetup[] = [
  {
    plugin: binancePerpetual,
    tradingPairs: ["BTC-USDT", "ETH-USDT", "SOL-USDT", "DOGE-USDT"],
    async start(seed) {
      const venue = await startBinancePerpetual({ ports: createDefaultPorts(), seed, ...MARKET });
      return {
        ...venue,
        // Its ids stay below 2^53.
        bookAt: (symbol, updateId) => venue.machine.bookAt(symbol, Number(updateId)),
      };
    },
  },
  {
    plugin: cryptoCom,
    tradingPairs: ["BTC-USDT", "ETH-USDT", "SHIB-USDT", "BTC-USD"],
    async start(seed) {
      const venue = await startCryptoCom({ ports: createDefaultPorts(), seed, ...MARKET });
      return {
        ...venue,
        bookAt(symbol, updateId) {
          const book = venue.machine.bookAt(symbol, BigInt(updateId));
          return (
            book && {
              bids: book.bids.slice(0, CRYPTO_COM_LEVELS),
              asks: book.asks.slice(0, CRYPTO_COM_LEVELS),
            }
          );
        },
      };
    },
  },
];
