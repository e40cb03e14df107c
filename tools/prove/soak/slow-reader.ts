import { type Connector, OverflowError } from "@conn/core";
import { pause } from "./venue-faults.ts";

/** Trades that may wait for a reader that does not read. */
const CAPACITY = 20;
const DAWDLE_MS = 300;

/**
 * A part of the program that reads too slowly: of books it gets the newest, and a stream of trades that it leaves
 * unread ends in an error for it alone.
 *
 * @returns Whether the stream of trades overflowed.
 */
export async function readSlowly(
  connector: Connector,
  durationMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const trades = connector.stream("trade", { capacity: CAPACITY });
  const books = connector.stream("orderBook", {
    signal: AbortSignal.any([signal, AbortSignal.timeout(durationMs)]),
  });
  for await (const { book } of books) {
    book.bids(5);
    await pause(DAWDLE_MS, signal);
  }
  try {
    for (let read = 0; read < CAPACITY; read += 1) {
      // Fewer than that came in the time.
      if (signal.aborted) break;
      const first = await Promise.race([trades.next(), pause(100, signal)]);
      if (first === undefined || first.done) break;
    }
    // The error comes after what still waited.
    await Promise.race([trades.next(), pause(100, signal)]);
    return false;
  } catch (error) {
    if (!(error instanceof OverflowError)) throw error;
    return true;
  } finally {
    await trades.return();
  }
}
