import { canonicalNumber, type Level } from "@conn/simulator";
import type { Json } from "./rig.js";

/**
 * A client that follows the venue's page on books to the letter, with plain maps keyed by price. Written from that
 * page alone.
 *
 * @see https://exchange-docs.crypto.com/exchange/v1/rest-ws/index.html#book-instrument_name-depth
 */
export interface NaiveBook {
  /** `u` of the last frame that was processed. */
  readonly lastUpdateId: string | undefined;
  readonly live: boolean;
  /** Deltas that did not follow on what was there; each asks for a new subscription. */
  readonly gaps: number;
  onFrame(frame: Json): void;
  book(): { readonly bids: readonly Level[]; readonly asks: readonly Level[] };
}

export function createNaiveBook(subscribeAgain: () => void = () => {}): NaiveBook {
  let bids = new Map<string, Level>();
  let asks = new Map<string, Level>();
  let last: string | undefined;
  let gaps = 0;
  /** When it asked for a snapshot that has not come, by the venue's clock. */
  let askedAt: number | undefined;

  const setAll = (side: Map<string, Level>, rows: readonly [string, string, string][]): void => {
    for (const [price, amount] of rows) {
      const key = canonicalNumber(price);
      if (key === "0") continue;
      if (canonicalNumber(amount) === "0") side.delete(key);
      else side.set(key, [price, amount]);
    }
  };
  const sorted = (side: Map<string, Level>, direction: number): Level[] =>
    [...side.values()].sort(([a], [b]) => (Number(a) - Number(b)) * direction);

  return {
    get lastUpdateId() {
      return last;
    },
    get live() {
      return last !== undefined;
    },
    get gaps() {
      return gaps;
    },
    onFrame({ result }) {
      const [element] = result.data;
      if (result.channel === "book") {
        // Upon successful subscription, a book snapshot will be sent.
        bids = new Map();
        asks = new Map();
        setAll(bids, element.bids);
        setAll(asks, element.asks);
        last = element.u;
        askedAt = undefined;
        return;
      }
      // An update should only be processed if the pu field corresponds to the u of the last received update.
      if (element.pu !== last) {
        if (last !== undefined || askedAt === undefined) gaps++;
        last = undefined;
        // A snapshot takes a second. One that does not come was lost on the way.
        if (askedAt !== undefined && element.t - askedAt < 1500) return;
        askedAt = element.t;
        // If there is mismatch, the update should not be applied. Instead, re-subscribe.
        subscribeAgain();
        return;
      }
      setAll(bids, element.update.bids);
      setAll(asks, element.update.asks);
      last = element.u;
    },
    book: () => ({ bids: sorted(bids, -1), asks: sorted(asks, 1) }),
  };
}
