import { Decimal } from "@conn/core";
import { OpenPosition } from "../ledger/open-position.js";
import type { Position, PositionSide } from "../ledger/position.js";
import type { LiveOrder } from "./live-order.js";
import type { Fill } from "./order.js";
import type { TradedMarket } from "./traded-market.js";
import type { AccountSettings, FeeRates } from "./venue-rules.js";

const DEFAULT_LEVERAGE = 20;

/** One account: its settings, its orders as far as the venue remembers them, its fills and its positions. */
export class TradingAccount {
  readonly name: string;
  #settings: AccountSettings;
  /** All remembered orders by number, oldest first. */
  readonly orders = new Map<number, LiveOrder>();
  readonly open = new Map<number, LiveOrder>();
  /** Remembered orders that are over, in the order of their ends. */
  readonly finished = new Map<number, LiveOrder>();
  readonly byId = new Map<string, LiveOrder>();
  /** The latest order of each client id. */
  readonly byClientId = new Map<string, LiveOrder>();
  /** When each client id was used last, also by forgotten orders. */
  readonly clientIdUsedAt = new Map<string, number>();
  readonly fills: Fill[] = [];
  readonly #positions = new Map<string, OpenPosition>();
  readonly #leverage = new Map<string, number>();
  /** What the ledger keeps back for a symbol's positions and orders. */
  readonly marginHeld = new Map<string, Decimal>();

  /** @throws {TypeError} if a number is no decimal or the leverage no whole number from 1 on. */
  constructor(name: string, settings: AccountSettings) {
    this.name = name;
    checkSettings(settings);
    this.#settings = settings;
  }

  get settings(): AccountSettings {
    return this.#settings;
  }

  set settings(settings: AccountSettings) {
    checkSettings(settings);
    this.#settings = settings;
  }

  feeRate(symbol: string, role: keyof FeeRates): Decimal {
    return new Decimal((this.#settings.feesOf?.[symbol] ?? this.#settings.fees)[role]);
  }

  leverage(symbol: string): number {
    return this.#leverage.get(symbol) ?? this.#settings.leverage ?? DEFAULT_LEVERAGE;
  }

  setLeverage(symbol: string, leverage: number): void {
    checkLeverage(leverage);
    this.#leverage.set(symbol, leverage);
  }

  position(symbol: string, side: PositionSide): OpenPosition | undefined {
    return this.#positions.get(`${side} ${symbol}`);
  }

  openPosition(instrument: TradedMarket, side: PositionSide, decimals: number): OpenPosition {
    let position = this.position(instrument.symbol, side);
    if (position === undefined) {
      position = new OpenPosition(this.name, instrument.symbol, side, instrument.contractSize, decimals);
      this.#positions.set(`${side} ${instrument.symbol}`, position);
    }
    return position;
  }

  positionsOf(symbol: string): OpenPosition[] {
    return [...this.#positions.values()].filter((position) => position.symbol === symbol);
  }

  positionViews(symbol: string | undefined): Position[] {
    return Array.from(this.#positions.values())
      .filter((position) => symbol === undefined || position.symbol === symbol)
      .map((position) => position.view(this.leverage(position.symbol)));
  }

  openOrdersOf(symbol: string): LiveOrder[] {
    return [...this.open.values()].filter((order) => order.request.symbol === symbol);
  }

  forget(order: LiveOrder): void {
    this.orders.delete(order.number);
    this.finished.delete(order.number);
    this.byId.delete(order.id);
    const { clientOrderId } = order.request;
    if (clientOrderId !== undefined && this.byClientId.get(clientOrderId) === order) {
      this.byClientId.delete(clientOrderId);
    }
  }
}

function checkSettings(settings: AccountSettings): void {
  const rates = [settings.fees, ...Object.values(settings.feesOf ?? {})];
  for (const text of [...rates.flatMap(({ maker, taker }) => [maker, taker]), settings.feeDiscount?.factor]) {
    if (text !== undefined && !new Decimal(text).abs().lt(1.000001)) throw new TypeError(`no rate: ${text}`);
  }
  if (settings.leverage !== undefined) checkLeverage(settings.leverage);
}

function checkLeverage(leverage: number): void {
  if (!(Number.isSafeInteger(leverage) && leverage >= 1)) throw new TypeError(`no leverage: ${leverage}`);
}
