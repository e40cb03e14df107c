import type { PriceLadder } from "./price-ladder.js";

/** Receives what happens in a market. The order of calls is the order of events. */
export interface MarketListener {
  /** The lots at a price became `lots` (0: the level is gone); before, they were `previousLots`. */
  change(at: number, ladder: PriceLadder, tick: number, lots: number, previousLots: number): void;
  /**
   * Lots changed hands; `buyerIsMaker` tells that the taker sold. `maker` and `taker` are the numbers of accounts'
   * orders, 0 for anybody else's.
   */
  trade(at: number, tick: number, lots: number, buyerIsMaker: boolean, maker: number, taker: number): void;
  /** The changes and trades since the last commit are one step: the book is whole again. */
  commit(at: number): void;
}
