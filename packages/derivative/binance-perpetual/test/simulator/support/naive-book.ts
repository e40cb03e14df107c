import type { BookText } from "@conn/simulator";
import type { Json } from "./rig.js";

/**
 * A client that follows the venue's page on local order books to the letter, with plain maps keyed by the
 * price's text. Written from that page alone.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams/How-to-manage-a-local-order-book-correctly
 */
export interface NaiveBook {
  readonly lastUpdateId: number | undefined;
  readonly live: boolean;
  /** Events that broke the chain. */
  readonly gaps: number;
  onEvent(event: Json): void;
  onSnapshot(snapshot: Json): void;
  book(): Omit<BookText, "lastUpdateId">;
}

export function createNaiveBook(): NaiveBook {
  let bids = new Map<string, string>();
  let asks = new Map<string, string>();
  let buffer: Json[] | undefined = [];
  let snapshotId: number | undefined;
  let last: number | undefined;
  let gaps = 0;

  const setAll = (side: Map<string, string>, rows: readonly [string, string][]): void => {
    for (const [price, amount] of rows) {
      if (Number(amount) === 0) side.delete(price);
      else side.set(price, amount);
    }
  };

  const apply = (event: Json): void => {
    if (snapshotId === undefined) {
      buffer!.push(event);
      return;
    }
    if (last === undefined) {
      // Drop any event where u is < lastUpdateId in the snapshot.
      if (event.u < snapshotId) return;
      // The first processed event should have U <= lastUpdateId AND u >= lastUpdateId.
      if (event.U > snapshotId) {
        restart(event);
        return;
      }
    } else if (event.pu !== last) {
      // Each new event's pu should be equal to the previous event's u, otherwise start again.
      gaps++;
      restart(event);
      return;
    }
    last = event.u;
    setAll(bids, event.b);
    setAll(asks, event.a);
  };

  const restart = (event: Json): void => {
    buffer = [event];
    snapshotId = undefined;
    last = undefined;
    bids = new Map();
    asks = new Map();
  };

  const sorted = (side: Map<string, string>, direction: number): [string, string][] =>
    [...side].sort(([a], [b]) => (Number(a) - Number(b)) * direction);

  return {
    get lastUpdateId() {
      return last ?? snapshotId;
    },
    get live() {
      return last !== undefined;
    },
    get gaps() {
      return gaps;
    },
    onEvent: apply,
    onSnapshot(snapshot) {
      if (snapshotId !== undefined) return;
      snapshotId = snapshot.lastUpdateId;
      bids = new Map();
      asks = new Map();
      setAll(bids, snapshot.bids);
      setAll(asks, snapshot.asks);
      const held = buffer ?? [];
      buffer = undefined;
      for (const event of held) apply(event);
    },
    book: () => ({ bids: sorted(bids, -1), asks: sorted(asks, 1) }),
  };
}
