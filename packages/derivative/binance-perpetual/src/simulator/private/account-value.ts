import { Decimal, ZERO } from "@conn/core";
import type { Position } from "@conn/simulator";
import type { ContractMarket } from "../market/contract-market.js";
import { bracketOf, maintenanceMargin } from "./leverage-brackets.js";
import { markPriceOf } from "./order-form.js";
import type { PrivateContext } from "./private-call.js";

/** What a position is worth at the mark price. Amounts in the margin asset. */
export interface PositionValue {
  readonly position: Position;
  readonly market: ContractMarket;
  readonly markPrice: Decimal;
  /** Signed. */
  readonly notional: Decimal;
  readonly unrealizedProfit: Decimal;
  readonly initialMargin: Decimal;
  readonly maintMargin: Decimal;
}

/** What an account has in one asset. */
export interface AssetValue {
  readonly asset: string;
  readonly walletBalance: Decimal;
  readonly availableBalance: Decimal;
  readonly unrealizedProfit: Decimal;
  readonly maintMargin: Decimal;
  readonly positionInitialMargin: Decimal;
  readonly openOrderInitialMargin: Decimal;
  readonly updatedAt: number;
}

const sum = (amounts: readonly Decimal[]): Decimal => amounts.reduce((total, one) => total.plus(one), ZERO);

/** A position at the mark price of now. */
export function valuePosition(context: PrivateContext, position: Position, at: number): PositionValue {
  const market = context.instruments.market(position.symbol);
  market.advance(at);
  const markPrice = markPriceOf(market);
  const notional = position.amount.times(markPrice);
  const cost = position.amount.isNeg() ? position.cost.neg() : position.cost;
  return {
    position,
    market,
    markPrice,
    notional,
    unrealizedProfit: notional.minus(cost),
    initialMargin: notional.abs().div(position.leverage),
    maintMargin: maintenanceMargin(notional.abs()),
  };
}

/** All positions that an account ever had, at the mark prices of now. */
export function valuePositions(context: PrivateContext, account: string, at: number): PositionValue[] {
  return context.core.positions(account).map((position) => valuePosition(context, position, at));
}

/** All assets that an account ever had. */
export function valueAssets(
  context: PrivateContext,
  account: string,
  values: readonly PositionValue[],
): AssetValue[] {
  return context.core.ledger.balances(account).map(({ asset, total, held, available }) => {
    const own = values.filter(({ market }) => market.contract.marginAsset === asset);
    // What is held for positions is counted at their entry prices, and shown at mark prices.
    const heldForPositions = sum(own.map(({ position }) => position.initialMargin));
    return {
      asset,
      walletBalance: total,
      availableBalance: available,
      unrealizedProfit: sum(own.map(({ unrealizedProfit }) => unrealizedProfit)),
      maintMargin: sum(own.map(({ maintMargin }) => maintMargin)),
      positionInitialMargin: sum(own.map(({ initialMargin }) => initialMargin)),
      openOrderInitialMargin: Decimal.max(ZERO, held.minus(heldForPositions)),
      updatedAt: context.core.ledger.entries(account).findLast((entry) => entry.asset === asset)?.at ?? 0,
    };
  });
}

/**
 * What open orders of a contract need at its leverage; 0 for reduce-only ones. Both sides are counted, which is
 * the most that the venue may keep: how it nets them is not published.
 */
export function openOrderMargin(context: PrivateContext, account: string, name: string): Decimal {
  const leverage = context.core.leverage(account, name);
  const orders = context.core.openOrders(account, name).filter(({ reduceOnly }) => !reduceOnly);
  return sum(orders.map(({ price, remainingAmount }) => (price ?? ZERO).times(remainingAmount ?? ZERO))).div(
    leverage,
  );
}

/**
 * The mark price at which a cross position would be liquidated, all else being equal; 0 if there is none above
 * zero.
 *
 * @see https://www.binance.com/en/support/faq/b3c689c1f50a44cabb3a84e663b81d93
 */
export function liquidationPrice(
  value: PositionValue,
  walletBalance: Decimal,
  others: readonly PositionValue[],
): Decimal {
  const { position, notional } = value;
  if (position.amount.isZero() || position.entryPrice === undefined) return ZERO;
  const { maintMarginRatio, cum } = bracketOf(notional.abs());
  const size = position.amount.abs();
  const side = position.amount.isNeg() ? -1 : 1;
  const free = walletBalance
    .minus(sum(others.map(({ maintMargin }) => maintMargin)))
    .plus(sum(others.map(({ unrealizedProfit }) => unrealizedProfit)))
    .plus(cum)
    .minus(size.times(side).times(position.entryPrice));
  const price = free.div(size.times(maintMarginRatio).minus(size.times(side)));
  return Decimal.max(ZERO, price);
}
