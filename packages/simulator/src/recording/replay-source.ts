import type { Instrument, OrderBookDataSource } from "@conn/core";

/** What a replay must know of a venue: a decoder made for it, or an installed connector. */
export interface ReplaySource extends Pick<OrderBookDataSource, "sequence" | "parse" | "parseSnapshot"> {
  /** The symbol whose snapshot a recorded answer is; undefined for any other answer. */
  snapshotSymbol?(url: string, body: Uint8Array, method: string | undefined): string | undefined;
  /** The route to which a URL leads, for `parse`; the URL itself where this is absent. */
  routeOf?(url: string): string;
  /** All that is known of an instrument; undefined for one whose symbol is all that is known. */
  instrumentOf?(exchangeSymbol: string): Instrument | undefined;
  /** The symbols whose books' streams a frame that was sent names. */
  symbolsNamedIn?(sent: string): readonly string[];
  /** The symbols that were followed, also if nothing came of them. */
  readonly symbols?: readonly string[];
}
