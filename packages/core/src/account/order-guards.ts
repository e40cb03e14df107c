import type { Decimal } from "../decimal/decimal.js";
import { ConfigurationError, OrderError } from "../errors/index.js";
import type { OrderSide } from "../model/index.js";
import type { Amount } from "./order-request.js";
import { parseAmount } from "./prepare-order.js";

/** Bounds that a program sets itself, against its own mistakes. None is set unless given. */
export interface OrderGuards {
  /**
   * An order's price may be worse than the middle of the book by at most this part of it (0.05: five percent). It
   * needs a book that is live: without one, the order is not let through.
   */
  readonly maxPriceDeviation?: Amount;
  /** Most that one order may be worth, in quote. */
  readonly maxNotional?: Amount;
  /** Most orders that may be placed within a second. */
  readonly maxOrdersPerSecond?: number;
}

/** An order as guards look at it. */
export interface GuardedOrder {
  readonly tradingPair: string;
  readonly side: OrderSide;
  /** Undefined for market orders. */
  readonly price: Decimal | undefined;
  /** In quote; undefined if it cannot be known. */
  readonly notional: Decimal | undefined;
  /** Middle of the book; undefined without a live book. */
  readonly middle: Decimal | undefined;
}

/** Holds orders against the guards of a program, before anything is sent. */
export class OrderGuard {
  readonly #venue: string;
  readonly #maxPriceDeviation: Decimal | undefined;
  readonly #maxNotional: Decimal | undefined;
  readonly #maxOrdersPerSecond: number | undefined;
  /** Monotonic times of the latest orders, in ms. */
  readonly #times: number[] = [];
  #isKilled = false;

  /** @throws {ConfigurationError} INVALID_OPTIONS. */
  constructor(venue: string, { maxPriceDeviation, maxNotional, maxOrdersPerSecond }: OrderGuards) {
    this.#venue = venue;
    try {
      this.#maxPriceDeviation = parseAmount("guards.maxPriceDeviation", maxPriceDeviation);
      this.#maxNotional = parseAmount("guards.maxNotional", maxNotional);
    } catch (cause) {
      throw new ConfigurationError("INVALID_OPTIONS", (cause as TypeError).message, { cause });
    }
    if (maxOrdersPerSecond !== undefined && !(Number.isInteger(maxOrdersPerSecond) && maxOrdersPerSecond > 0))
      throw new ConfigurationError(
        "INVALID_OPTIONS",
        "guards.maxOrdersPerSecond must be a whole number above 0",
      );
    this.#maxOrdersPerSecond = maxOrdersPerSecond;
  }

  /** Whether no orders are let through at all. */
  get isKilled(): boolean {
    return this.#isKilled;
  }

  /** Lets no orders through any more, or does again. */
  set isKilled(isKilled: boolean) {
    this.#isKilled = isKilled;
  }

  /** @throws {OrderError} ORDER_GUARDED with the guard as `details.guard`. */
  check(order: GuardedOrder, monotonicMs: number): void {
    this.checkAmended(order);
    if (this.#maxOrdersPerSecond === undefined) return;
    while (this.#times.length > 0 && monotonicMs - (this.#times[0] as number) >= 1_000) this.#times.shift();
    if (this.#times.length >= this.#maxOrdersPerSecond)
      this.#refuse(order, "maxOrdersPerSecond", `${this.#times.length} orders within a second`);
    this.#times.push(monotonicMs);
  }

  /** Holds an order against the guards as it will be amended: no new one. @throws as `check`. */
  checkAmended(order: GuardedOrder): void {
    const { side, price, notional, middle } = order;
    const refuse = (guard: string, message: string): never => this.#refuse(order, guard, message);
    if (this.#isKilled) refuse("killSwitch", "the kill switch is on");
    if (this.#maxNotional !== undefined) {
      if (notional === undefined) refuse("maxNotional", "what the order is worth cannot be known");
      else if (notional.gt(this.#maxNotional))
        refuse("maxNotional", `worth ${notional}, above ${this.#maxNotional}`);
    }
    if (this.#maxPriceDeviation !== undefined) {
      if (middle === undefined)
        refuse("maxPriceDeviation", "there is no live book to hold the price against");
      else if (price !== undefined) {
        const worse = side === "buy" ? price.minus(middle) : middle.minus(price);
        if (worse.gt(middle.times(this.#maxPriceDeviation)))
          refuse("maxPriceDeviation", `price ${price} is too far from ${middle}`);
      }
    }
  }

  #refuse({ tradingPair }: GuardedOrder, guard: string, message: string): never {
    throw new OrderError("ORDER_GUARDED", `${tradingPair}: ${message}`, {
      venue: this.#venue,
      outcome: "notSent",
      details: { guard, tradingPair },
    });
  }
}
