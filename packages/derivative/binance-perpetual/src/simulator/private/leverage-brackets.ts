import { Decimal, ZERO } from "@conn/core";
import type { ContractMarket } from "../market/contract-market.js";
import type { PrivateCall } from "./private-call.js";

/** How much may be held at a leverage, and what must be kept back for it. Amounts in the margin asset. */
export interface Bracket {
  readonly bracket: number;
  readonly initialLeverage: number;
  readonly notionalFloor: number;
  readonly notionalCap: number;
  readonly maintMarginRatio: string;
  /** What makes the maintenance margin grow without steps from bracket to bracket. */
  readonly cum: string;
}

const RAW: readonly (readonly [leverage: number, cap: number, ratio: string])[] = [
  [125, 300_000, "0.004"],
  [100, 800_000, "0.005"],
  [75, 3_000_000, "0.0065"],
  [50, 12_000_000, "0.01"],
  [25, 70_000_000, "0.02"],
  [20, 100_000_000, "0.025"],
  [10, 230_000_000, "0.05"],
  [5, 480_000_000, "0.1"],
  [4, 600_000_000, "0.125"],
  [3, 800_000_000, "0.15"],
  [2, 1_200_000_000, "0.25"],
  [1, 1_800_000_000, "0.5"],
];

/**
 * The brackets of every contract: the venue's differ from contract to contract and change; these are this
 * simulator's, in the venue's form.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/account/rest-api/Notional-and-Leverage-Brackets
 */
export const BRACKETS: readonly Bracket[] = RAW.reduce<Bracket[]>(
  (brackets, [leverage, cap, ratio], index) => {
    const previous = brackets.at(-1);
    const floor = previous?.notionalCap ?? 0;
    const step = new Decimal(ratio).minus(previous?.maintMarginRatio ?? ratio).times(floor);
    brackets.push({
      bracket: index + 1,
      initialLeverage: leverage,
      notionalFloor: floor,
      notionalCap: cap,
      maintMarginRatio: ratio,
      cum: step.plus(previous?.cum ?? 0).toFixed(),
    });
    return brackets;
  },
  [],
);

/** The largest position that may be held at a leverage. */
export function maxNotionalAt(leverage: number): number {
  return BRACKETS.findLast(({ initialLeverage }) => initialLeverage >= leverage)?.notionalCap ?? 0;
}

/** The bracket of a position. */
export function bracketOf(notional: Decimal): Bracket {
  return BRACKETS.find(({ notionalCap }) => notional.lte(notionalCap)) ?? BRACKETS.at(-1)!;
}

/** What must be kept for a position: its size without sign, at the mark price. */
export function maintenanceMargin(notional: Decimal): Decimal {
  const { maintMarginRatio, cum } = bracketOf(notional);
  return Decimal.max(ZERO, notional.times(maintMarginRatio).minus(cum));
}

/** Whether an order, with the position and the open orders of its side, could grow beyond what its leverage allows. */
export function exceedsPositionLimit(
  { context, account }: PrivateCall,
  market: ContractMarket,
  side: "buy" | "sell",
  amount: Decimal,
): boolean {
  const name = context.instruments.nameOf(market);
  const held = context.core.positions(account.name, name)[0]?.amount ?? ZERO;
  let size = amount.plus(side === "buy" ? held : held.neg());
  for (const order of context.core.openOrders(account.name, name)) {
    if (order.side === side && !order.reduceOnly) size = size.plus(order.remainingAmount ?? ZERO);
  }
  const mark = new Decimal(market.markPrice()).div(1e8);
  return size.times(mark).gt(maxNotionalAt(context.core.leverage(account.name, name)));
}
