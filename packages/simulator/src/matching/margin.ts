import { Decimal, ZERO } from "@conn/core";
import type { LiveOrder } from "./live-order.js";
import type { TradedMarket } from "./traded-market.js";
import type { TradingAccount } from "./trading-account.js";

/** An order that is about to be placed, and what it is worth; its price would not do if it takes better ones. */
export interface Candidate {
  readonly order: LiveOrder;
  readonly lots: number;
  readonly quote: Decimal;
}

/**
 * The initial margin that a symbol needs, in the settle asset: that of its positions, and of all orders that would
 * enlarge one. Orders against a position need none as far as they close it, older ones first.
 *
 * `decimals`: those to which margins are rounded, upward.
 */
export function requiredMargin(
  account: TradingAccount,
  instrument: TradedMarket,
  leverage: number,
  decimals: number,
  candidate?: Candidate,
): Decimal {
  let margin = ZERO;
  const closable = new Map<string, Decimal>();
  for (const position of account.positionsOf(instrument.symbol)) {
    margin = margin.plus(position.initialMargin(leverage));
    closable.set(position.positionSide, position.amount);
  }
  const add = (order: LiveOrder, lots: number, quote: Decimal): void => {
    if (order.closesOnly || lots === 0) return;
    const side = order.request.positionSide ?? "both";
    const position = closable.get(side) ?? ZERO;
    let enlarging = instrument.amountOf(lots);
    const amount = enlarging;
    if (!position.isZero() && position.isNegative() === order.isBuy) {
      const closing = Decimal.min(position.abs(), enlarging);
      closable.set(side, order.isBuy ? position.plus(closing) : position.minus(closing));
      enlarging = enlarging.minus(closing);
    }
    const need = quote.times(enlarging).div(amount).div(leverage);
    margin = margin.plus(need.toDecimalPlaces(decimals, Decimal.ROUND_UP));
  };
  for (const order of account.openOrdersOf(instrument.symbol)) {
    if (order === candidate?.order || order.tick === 0) continue;
    add(order, order.remainingLots, instrument.quoteOf(order.tick, order.remainingLots));
  }
  if (candidate !== undefined) add(candidate.order, candidate.lots, candidate.quote);
  return margin;
}
