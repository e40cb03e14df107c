import { Decimal, ZERO } from "@conn/core";
import type { Position, PositionSide } from "./position.js";

/** A position as the core keeps it. Amounts in the contract's amount unit, money in the settle asset. */
export class OpenPosition {
  readonly account: string;
  readonly symbol: string;
  readonly positionSide: PositionSide;
  readonly #contractSize: Decimal;
  readonly #decimals: number;
  /** Signed. */
  amount: Decimal = ZERO;
  /** What the open amount cost, without sign. */
  cost: Decimal = ZERO;
  realizedPnl: Decimal = ZERO;
  updatedAt = 0;

  /** `decimals`: those to which the cost of a part is rounded. */
  constructor(
    account: string,
    symbol: string,
    positionSide: PositionSide,
    contractSize: Decimal,
    decimals: number,
  ) {
    this.account = account;
    this.symbol = symbol;
    this.positionSide = positionSide;
    this.#contractSize = contractSize;
    this.#decimals = decimals;
  }

  /**
   * A fill of a signed amount; returns what it realized.
   *
   * What closes takes its share of the cost with it, rounded; the rest stays, so that a position that is closed
   * whole has realized exactly what its fills add up to.
   */
  fill(signedAmount: Decimal, price: Decimal, at: number): Decimal {
    this.updatedAt = at;
    const opens = this.amount.isZero() || this.amount.isNegative() === signedAmount.isNegative();
    if (opens) {
      this.amount = this.amount.plus(signedAmount);
      this.cost = this.cost.plus(this.#valueOf(signedAmount, price));
      return ZERO;
    }
    const open = this.amount.abs();
    const closed = Decimal.min(open, signedAmount.abs());
    const closedCost = closed.eq(open)
      ? this.cost
      : this.cost.times(closed).div(open).toDecimalPlaces(this.#decimals, Decimal.ROUND_HALF_UP);
    const gain = this.#valueOf(closed, price).minus(closedCost);
    const pnl = this.amount.isNegative() ? gain.negated() : gain;
    const rest = signedAmount.abs().minus(closed);
    this.amount = this.amount.plus(signedAmount);
    this.cost = rest.isZero() ? this.cost.minus(closedCost) : this.#valueOf(rest, price);
    this.realizedPnl = this.realizedPnl.plus(pnl);
    return pnl;
  }

  initialMargin(leverage: number): Decimal {
    return this.cost.div(leverage).toDecimalPlaces(this.#decimals, Decimal.ROUND_UP);
  }

  view(leverage: number): Position {
    const { account, symbol, positionSide, amount, cost, realizedPnl, updatedAt } = this;
    return {
      account,
      symbol,
      positionSide,
      amount,
      entryPrice: amount.isZero() ? undefined : cost.div(amount.abs().times(this.#contractSize)),
      cost,
      realizedPnl,
      leverage,
      initialMargin: this.initialMargin(leverage),
      updatedAt,
    };
  }

  #valueOf(amount: Decimal, price: Decimal): Decimal {
    return amount.abs().times(price).times(this.#contractSize);
  }
}
