import { InstrumentError, ProtocolError } from "../errors/index.js";
import type { Instrument } from "../instrument/index.js";
import type { InstrumentChange } from "./connector-events.js";
import type { InstrumentListing } from "./exchange-definition.js";

/** One thing that has changed in what the venue says of an instrument. */
export interface CatalogChange {
  readonly tradingPair: string;
  readonly change: InstrumentChange;
  /** As it is now; undefined if it is delisted. */
  readonly instrument: Instrument | undefined;
  /** As it was; undefined if it was not listed. */
  readonly previous: Instrument | undefined;
}

/** What a new list brought. */
export interface CatalogUpdate {
  readonly changes: readonly CatalogChange[];
  /** Entries that could not be used. */
  readonly problems: readonly ProtocolError[];
}

/** What a venue lists: takes its lists over one after the other, and tells what has changed from one to the next. */
export class InstrumentCatalog {
  readonly #venue: string;
  #instruments: ReadonlyMap<string, Instrument> = new Map();
  /** Trading pairs by all symbols that were ever listed. */
  readonly #symbols = new Map<string, string>();
  /** Lists asked for so far, and the latest of them that was taken over. */
  #asked = 0;
  #taken = 0;

  constructor(venue: string) {
    this.#venue = venue;
  }

  /** What is listed now, by trading pair. */
  get instruments(): ReadonlyMap<string, Instrument> {
    return this.#instruments;
  }

  /** The pairs that the venue takes orders for. */
  get tradingPairs(): readonly string[] {
    return [...this.#instruments.values()]
      .filter(({ status }) => status === "trading")
      .map(({ tradingPair }) => tradingPair);
  }

  /** @throws {InstrumentError} UNKNOWN_TRADING_PAIR if it is not listed. */
  get(tradingPair: string): Instrument {
    const instrument = this.#instruments.get(tradingPair);
    if (instrument === undefined) {
      throw new InstrumentError("UNKNOWN_TRADING_PAIR", `${this.#venue} does not list ${tradingPair}`, {
        venue: this.#venue,
        details: { tradingPair },
      });
    }
    return instrument;
  }

  /** Whether the venue lists a symbol, or ever did. */
  knows(exchangeSymbol: string): boolean {
    return this.#symbols.has(exchangeSymbol);
  }

  /** The pair that a symbol is, or was, the venue's spelling of. */
  tradingPairOf(exchangeSymbol: string): string | undefined {
    return this.#symbols.get(exchangeSymbol);
  }

  /** Asks for a list and takes it over; an older one that comes after a newer one brings nothing. */
  async fetch(ask: () => Promise<InstrumentListing>): Promise<CatalogUpdate> {
    this.#asked += 1;
    const request = this.#asked;
    const listing = await ask();
    if (request < this.#taken) return { changes: [], problems: [] };
    this.#taken = request;
    return this.update(listing);
  }

  /** Takes over a list. An entry that cannot be read is no sign that its instrument is gone: it stays as it was. */
  update(listing: InstrumentListing): CatalogUpdate {
    const before = this.#instruments;
    const byPair = new Map<string, Instrument>();
    const problems = [...listing.problems];
    for (const instrument of listing.instruments) {
      const { tradingPair, exchangeSymbol } = instrument;
      this.#symbols.set(exchangeSymbol, tradingPair);
      const taken = byPair.get(tradingPair);
      // Of two with one name, the one that has it already keeps it, wherever the venue puts them in its list.
      const isFirst = taken === undefined || before.get(tradingPair)?.exchangeSymbol === exchangeSymbol;
      if (isFirst) byPair.set(tradingPair, instrument);
      if (taken !== undefined) problems.push(this.#clash(isFirst ? taken : instrument));
    }
    const unreadable = new Set(listing.problems.map(({ details }) => details.exchangeSymbol));
    for (const [tradingPair, instrument] of before) {
      if (!byPair.has(tradingPair) && unreadable.has(instrument.exchangeSymbol))
        byPair.set(tradingPair, instrument);
    }
    this.#instruments = byPair;
    return { changes: changesBetween(before, byPair), problems };
  }

  #clash({ tradingPair, exchangeSymbol }: Instrument): ProtocolError {
    return new ProtocolError(
      "MALFORMED_INSTRUMENT",
      `${exchangeSymbol} has the name of another instrument, ${tradingPair}`,
      { venue: this.#venue, details: { tradingPair, exchangeSymbol } },
    );
  }
}

function changesBetween(
  before: ReadonlyMap<string, Instrument>,
  after: ReadonlyMap<string, Instrument>,
): CatalogChange[] {
  const changes: CatalogChange[] = [];
  for (const [tradingPair, previous] of before) {
    const instrument = after.get(tradingPair);
    for (const change of changesOf(previous, instrument)) {
      changes.push({ tradingPair, change, instrument, previous });
    }
  }
  for (const [tradingPair, instrument] of after) {
    if (!before.has(tradingPair))
      changes.push({ tradingPair, change: "listed", instrument, previous: undefined });
  }
  return changes;
}

function changesOf(previous: Instrument, instrument: Instrument | undefined): InstrumentChange[] {
  if (instrument === undefined) return ["delisted"];
  const changes: InstrumentChange[] = [];
  if (previous.exchangeSymbol !== instrument.exchangeSymbol) changes.push("renamed");
  if (previous.status !== instrument.status || previous.venueStatus !== instrument.venueStatus)
    changes.push("status");
  if (termsOf(previous) !== termsOf(instrument)) changes.push("rules");
  return changes;
}

/** Everything of an instrument but its name and status, as text: equal for equal terms. */
function termsOf({ exchangeSymbol, status, venueStatus, ...terms }: Instrument): string {
  // Lists of an instrument are sets. Decimals are written as they are, and a connector writes its fields in one order.
  return JSON.stringify(terms, (_key, value: unknown) => (Array.isArray(value) ? value.toSorted() : value));
}
