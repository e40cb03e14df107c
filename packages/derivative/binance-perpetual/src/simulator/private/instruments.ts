import type { ContractMarket } from "../market/contract-market.js";

/**
 * The contracts that accounts can trade, by the names that the core has for them: these stay, whatever the venue
 * calls a contract later, and a contract that is listed again is another one.
 */
export interface Instruments {
  /** Names a contract that is listed. */
  add(market: ContractMarket): string;
  nameOf(market: ContractMarket): string;
  market(name: string): ContractMarket;
  /** What the venue calls it now. */
  exchangeSymbol(name: string): string;
}

/** Makes the list, empty. */
export function createInstruments(): Instruments {
  const markets = new Map<string, ContractMarket>();
  const names = new Map<ContractMarket, string>();
  const market = (name: string): ContractMarket => {
    const found = markets.get(name);
    if (found === undefined) throw new TypeError(`no contract ${name}`);
    return found;
  };
  return {
    add(added) {
      const symbol = added.contract.exchangeSymbol;
      let name = symbol;
      for (let count = 2; markets.has(name); count++) name = `${symbol}#${count}`;
      markets.set(name, added);
      names.set(added, name);
      return name;
    },
    nameOf(of) {
      const name = names.get(of);
      if (name === undefined) throw new TypeError(`${of.contract.exchangeSymbol} is not listed`);
      return name;
    },
    market,
    exchangeSymbol: (name) => market(name).contract.exchangeSymbol,
  };
}
