import { Decimal, type UpdateId } from "@conn/core";
import { type FaultFacts, venueFaults } from "./venue-faults.ts";
import { type BookText, type SideText, type SoakVenue, setups } from "./venues.ts";

/** A live book of a connector, to be held against its venue's. */
export interface ClaimedBook extends BookText {
  readonly connector: string;
  readonly exchangeSymbol: string;
  readonly updateId: UpdateId;
}

/** What came of comparing books. */
export interface Comparisons {
  readonly equal: number;
  readonly different: number;
  /** The first of them. */
  readonly differences: readonly string[];
}

const MOST_DIFFERENCES = 10;

/** Runs the venues of a soak. */
export class VenueHost {
  readonly #venues = new Map<string, SoakVenue>();
  readonly #differences: string[] = [];
  #faultsEnd = new AbortController();
  #equal = 0;
  #different = 0;

  /** Starts the venue of a connector; returns where it listens. */
  async start(connector: string, seed: number): Promise<SoakVenue["urls"]> {
    const setup = setups.find(({ plugin }) => plugin.name === connector);
    if (setup === undefined) throw new TypeError(`no venue for ${connector}`);
    const venue = await setup.start(seed);
    this.#venues.set(connector, venue);
    return venue.urls;
  }

  /** Lets a fault happen; resolves when it is over. */
  async fault(connector: string, name: string, facts: FaultFacts): Promise<void> {
    await venueFaults[name]?.(this.#venue(connector), facts, this.#faultsEnd.signal);
  }

  /** Ends all faults. */
  async endFaults(): Promise<void> {
    this.#faultsEnd.abort();
    this.#faultsEnd = new AbortController();
    for (const { faults } of this.#venues.values()) faults.clear();
  }

  /** Holds a live book against the venue's own at the same update. */
  async compare({ connector, exchangeSymbol, updateId, bids, asks }: ClaimedBook): Promise<void> {
    const truth = this.#venue(connector).bookAt(exchangeSymbol, updateId);
    const difference =
      truth === undefined
        ? `it claims update ${updateId}, which the venue never had`
        : (differenceOf("bids", bids, truth.bids) ?? differenceOf("asks", asks, truth.asks));
    if (difference === undefined) {
      this.#equal += 1;
      return;
    }
    this.#different += 1;
    if (this.#differences.length < MOST_DIFFERENCES)
      this.#differences.push(`${connector} ${exchangeSymbol}: ${difference}`);
  }

  /** What came of all comparisons so far. */
  async comparisons(): Promise<Comparisons> {
    return { equal: this.#equal, different: this.#different, differences: this.#differences };
  }

  async close(): Promise<void> {
    for (const venue of this.#venues.values()) await venue.close();
    this.#venues.clear();
  }

  #venue(connector: string): SoakVenue {
    const venue = this.#venues.get(connector);
    if (venue === undefined) throw new TypeError(`the venue of ${connector} is not started`);
    return venue;
  }
}

function differenceOf(side: string, own: SideText, wanted: SideText): string | undefined {
  for (let rank = 0; rank < Math.max(own.length, wanted.length); rank += 1) {
    const [price, amount] = own[rank] ?? [];
    const [truePrice, trueAmount] = wanted[rank] ?? [];
    if (isSameNumber(price, truePrice) && isSameNumber(amount, trueAmount)) continue;
    return `${side}, rank ${rank}: ${amount} at ${price}, the venue has ${trueAmount} at ${truePrice}`;
  }
  return undefined;
}

function isSameNumber(own: string | undefined, wanted: string | undefined): boolean {
  // Equal text is the common case, and comparing it is cheaper than reading it.
  if (own === wanted) return true;
  return own !== undefined && wanted !== undefined && new Decimal(own).equals(wanted);
}
