import type { ConformanceVenue, VenueBook } from "../venue/conformance-venue.js";
import type { SimulatedWorld } from "./simulated-world.js";

/** Looks at what is delisted so often, in virtual ms. */
const LOOK_AGAIN_AFTER_MS = 2_000;

/**
 * What becomes of the symbols that a bot may follow: they are renamed, taken off the list and listed again. Knows
 * the venue's books by any name that a symbol ever had.
 */
export class SimulatedListings {
  readonly #world: SimulatedWorld;
  readonly #venue: ConformanceVenue;
  /** By the names of the beginning. */
  readonly #names: string[];
  /** Later names by earlier ones. */
  readonly #renamed = new Map<string, string>();
  readonly #delisted = new Set<string>();
  #hasRefined = false;
  /** Whether no bot believes any more that a symbol is listed. */
  readonly #isNoticed: (symbol: string) => boolean;

  constructor(
    world: SimulatedWorld,
    venue: ConformanceVenue,
    symbols: readonly string[],
    isNoticed: (symbol: string) => boolean,
  ) {
    this.#world = world;
    this.#venue = venue;
    this.#names = [...symbols];
    this.#isNoticed = isNoticed;
  }

  /** The symbols as the venue calls them now, delisted ones included. */
  get symbols(): readonly string[] {
    return this.#names;
  }

  /** Whether all symbols are listed. */
  get isWhole(): boolean {
    return this.#delisted.size === 0;
  }

  isDelisted(symbol: string): boolean {
    return this.#delisted.has(this.nameOf(symbol));
  }

  /** What the venue calls a symbol now. */
  nameOf(symbol: string): string {
    let name = symbol;
    for (let next = this.#renamed.get(name); next !== undefined; next = this.#renamed.get(name)) name = next;
    return name;
  }

  /** Returns the new name; undefined if the symbol is delisted. */
  rename(symbol: string): string | undefined {
    const name = this.nameOf(symbol);
    if (this.#delisted.has(name)) return undefined;
    const renamed = this.#venue.rename(name);
    this.#renamed.set(name, renamed);
    this.#names[this.#names.indexOf(name)] = renamed;
    return renamed;
  }

  /**
   * Takes a symbol off the list, and lists it again when every bot has noticed. A bot that had not would have to tell
   * two markets of one name apart, and no venue lists them within minutes of each other.
   */
  delist(symbol: string, forMs: number): boolean {
    const name = this.nameOf(symbol);
    if (this.#delisted.has(name)) return false;
    this.#venue.delist(name);
    this.#delisted.add(name);
    const relist = (): void => {
      if (!this.#isNoticed(name)) {
        this.#world.after(LOOK_AGAIN_AFTER_MS, relist);
        return;
      }
      this.#delisted.delete(name);
      this.#venue.relist(name);
    };
    this.#world.after(forMs, relist);
    return true;
  }

  /** Makes the ticks of one symbol finer, once. Returns the new tick. */
  refineTick(symbol: string): string | undefined {
    const name = this.nameOf(symbol);
    if (this.#hasRefined || this.#delisted.has(name)) return undefined;
    this.#hasRefined = true;
    return this.#venue.refineTick(name);
  }

  /** Does something to a symbol after so long, or when it is listed again. */
  later(ms: number, symbol: string, run: (name: string) => void): void {
    this.#world.after(ms, () => {
      const name = this.nameOf(symbol);
      if (this.#delisted.has(name)) this.later(LOOK_AGAIN_AFTER_MS, name, run);
      else run(name);
    });
  }

  /** The venue's book right after an update; undefined if it never had that. Not for delisted symbols. */
  bookAt(symbol: string, updateId: Parameters<ConformanceVenue["bookAt"]>[1]): VenueBook | undefined {
    return this.#venue.bookAt(this.nameOf(symbol), updateId);
  }

  /** The venue's book as it is. Not for delisted symbols. */
  bookOf(symbol: string): VenueBook {
    return this.#venue.bookOf(this.nameOf(symbol));
  }
}
