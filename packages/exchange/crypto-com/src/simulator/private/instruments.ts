import type { InstrumentMarket } from "../market/instrument-market.js";

/**
 * The pairs that accounts can trade, by the names that the core has for them: these stay, whatever the venue calls a
 * pair later, and a pair that is listed again is another one.
 */
export interface Instruments {
  /** Names an instrument that is listed. */
  add(market: InstrumentMarket): string;
  nameOf(market: InstrumentMarket): string;
  market(name: string): InstrumentMarket;
}

/** Makes the list, empty. */
export function createInstruments(): Instruments {
  const markets = new Map<string, InstrumentMarket>();
  const names = new Map<InstrumentMarket, string>();
  return {
    add(added) {
      const symbol = added.instrument.exchangeSymbol;
      let name = symbol;
      for (let count = 2; markets.has(name); count++) name = `${symbol}#${count}`;
      markets.set(name, added);
      names.set(added, name);
      return name;
    },
    nameOf(of) {
      const name = names.get(of);
      if (name === undefined)
        throw new TypeError(`${of.instrument.exchangeSymbol} is not traded by accounts`);
      return name;
    },
    market(name) {
      const found = markets.get(name);
      if (found === undefined) throw new TypeError(`no instrument ${name}`);
      return found;
    },
  };
}
