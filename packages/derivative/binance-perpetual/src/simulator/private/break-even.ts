import { type Decimal, ZERO } from "@conn/core";
import type { Fill } from "@conn/simulator";

/** Knows at which price closing a position would bring back what it cost, the fees of opening it included. */
export interface BreakEvenPrices {
  add(fill: Fill): void;
  /** `undefined` without a position. */
  price(account: string, symbol: string): Decimal | undefined;
}

interface OpenCost {
  /** Signed. */
  amount: Decimal;
  /** Paid for it, less what was received. */
  paid: Decimal;
}

/**
 * Makes it, without positions. The venue's examples (entry 0.385 and break-even 0.385077; short at 70.92841 and
 * 70.900038636) are entry prices with the fees of opening.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api/Position-Information-V3
 */
export function createBreakEvenPrices(): BreakEvenPrices {
  const open = new Map<string, OpenCost>();
  const keyOf = (account: string, symbol: string): string => `${account}\n${symbol}`;
  return {
    add(fill) {
      const key = keyOf(fill.account, fill.symbol);
      const { amount, paid } = open.get(key) ?? { amount: ZERO, paid: ZERO };
      const sign = fill.side === "buy" ? 1 : -1;
      const left = amount.plus(fill.amount.times(sign));
      if (left.isZero()) {
        open.delete(key);
        return;
      }
      const cost = fill.quoteAmount.times(sign).plus(fill.fee);
      // A fill that turns the position over opens with the part that is left.
      const turned = !amount.isZero() && amount.isNeg() !== left.isNeg();
      open.set(key, {
        amount: left,
        paid: turned ? cost.times(left.abs()).div(fill.amount) : paid.plus(cost),
      });
    },
    price(account, symbol) {
      const position = open.get(keyOf(account, symbol));
      return position?.paid.div(position.amount);
    },
  };
}
