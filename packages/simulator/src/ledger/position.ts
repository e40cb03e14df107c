import type { Decimal } from "@conn/core";

/** `both`: the one position of one-way mode. */
export type PositionSide = "both" | "long" | "short";

/** A position in a linear contract. Amounts are in the contract's amount unit. */
export interface Position {
  readonly account: string;
  readonly symbol: string;
  readonly positionSide: PositionSide;
  /** Positive: long; negative: short; zero: closed. */
  readonly amount: Decimal;
  /** Average price of what is open, to 60 digits; `undefined` when closed. */
  readonly entryPrice: Decimal | undefined;
  /** What the open amount cost, in the settle asset, without sign: amount times entry price, exactly. */
  readonly cost: Decimal;
  /** Sum of all that this position has realized, without fees and funding. */
  readonly realizedPnl: Decimal;
  readonly leverage: number;
  /** Kept back for it: its cost divided by the leverage. */
  readonly initialMargin: Decimal;
  /** Venue time of the last change, milliseconds since 1970. */
  readonly updatedAt: number;
}
