import { type FaultKind, type FaultTargets, pick, spread } from "./fault-kind.js";

/** What a venue does to its list of instruments. */
export const LISTING_FAULTS: readonly FaultKind[] = [
  {
    name: "haltedSymbol",
    weight: 1,
    happen({ venue, listings, bot }, random) {
      const symbol = pick(listings.symbols, random);
      const ms = spread(random, 1_000, 300_000);
      if (listings.isDelisted(symbol)) return "is delisted";
      venue.halt(symbol);
      goOn({ listings, bot }, ms, symbol, (name) => venue.resume(name));
      return `${symbol} for ${ms} ms`;
    },
  },
  {
    name: "delistedSymbol",
    weight: 3,
    happen({ listings }, random) {
      const symbol = pick(listings.symbols, random);
      const ms = spread(random, 1_000, 300_000);
      return listings.delist(symbol, ms) ? `${symbol} for at least ${ms} ms` : "is delisted already";
    },
  },
  {
    name: "renamedSymbol",
    weight: 2,
    happen({ listings }, random) {
      const symbol = pick(listings.symbols, random);
      return `${symbol} to ${listings.rename(symbol) ?? "nothing: it is delisted"}`;
    },
  },
  {
    name: "refinedTick",
    weight: 1,
    happen({ listings }, random) {
      const symbol = pick(listings.symbols, random);
      return `${symbol}: ${listings.refineTick(symbol) ?? "no more"}`;
    },
  },
  {
    name: "wrongListing",
    weight: 1,
    happen({ venue }) {
      venue.listMalformed();
      return "one more entry that cannot be read";
    },
  },
  {
    name: "quietMarket",
    weight: 2,
    happen({ venue, listings, bot }, random) {
      const symbol = pick(listings.symbols, random);
      const ms = spread(random, 1_000, 120_000);
      if (listings.isDelisted(symbol)) return "is delisted";
      venue.freeze(symbol);
      goOn({ listings, bot }, ms, symbol, (name) => venue.unfreeze(name));
      return `${symbol} for ${ms} ms`;
    },
  },
];

/**
 * Lets a market go on after so long, but not while the bot sleeps: markets stand still in long sleeps, so that the
 * venue still remembers the books of before.
 */
function goOn(
  { listings, bot }: Pick<FaultTargets, "listings" | "bot">,
  ms: number,
  symbol: string,
  run: (name: string) => void,
): void {
  listings.later(ms, symbol, (name) => bot.whenAwake(() => listings.later(0, name, run)));
}
