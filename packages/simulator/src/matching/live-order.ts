import { Decimal, ZERO } from "@conn/core";
import type { EndCause, Order, OrderRequest, OrderStatus, RejectReason } from "./order.js";
import type { TradedMarket } from "./traded-market.js";

/** An order as the core keeps it: its state changes, `view` shows it as it is. */
export class LiveOrder {
  /** Its number in the books. */
  readonly number: number;
  readonly id: string;
  readonly request: OrderRequest;
  readonly instrument: TradedMarket;
  readonly isBuy: boolean;
  /** Whether it may only close a position: asked for, or the closing side of a hedge position. */
  readonly closesOnly: boolean;
  readonly quoteBudget: Decimal | undefined;
  readonly createdAt: number;
  /** 0 for market orders. */
  tick: number;
  /** The whole amount; for an order by quote amount, unknown. */
  lots: number | undefined;
  filledLots = 0;
  filledQuote: Decimal = ZERO;
  fillCount = 0;
  readonly fees = new Map<string, Decimal>();
  status: OrderStatus = "open";
  endCause: EndCause | undefined;
  rejectReason: RejectReason | undefined;
  updatedAt: number;
  /** Whether it stands in the book. */
  resting = false;
  /** Spot: what the ledger keeps back for it. */
  held: Decimal = ZERO;
  /** Spot market orders: what they were reckoned to pay when they came. */
  reserve: Decimal = ZERO;

  constructor(
    number: number,
    id: string,
    request: OrderRequest,
    instrument: TradedMarket,
    size: { readonly tick: number; readonly lots: number | undefined },
    at: number,
  ) {
    this.number = number;
    this.id = id;
    this.request = request;
    this.instrument = instrument;
    this.isBuy = request.side === "buy";
    const { positionSide = "both" } = request;
    this.closesOnly =
      request.reduceOnly === true || (positionSide !== "both" && (positionSide === "long") !== this.isBuy);
    this.quoteBudget = request.quoteAmount === undefined ? undefined : new Decimal(request.quoteAmount);
    this.tick = size.tick;
    this.lots = size.lots;
    this.createdAt = at;
    this.updatedAt = at;
  }

  get isOpen(): boolean {
    return this.status === "open";
  }

  /** What is left to fill; infinite for an order by quote amount. */
  get remainingLots(): number {
    return this.lots === undefined ? Number.POSITIVE_INFINITY : this.lots - this.filledLots;
  }

  view(defaultPrevention: Order["selfTradePrevention"]): Order {
    const { request, instrument, lots } = this;
    const filledAmount = instrument.amountOf(this.filledLots);
    return {
      id: this.id,
      clientOrderId: request.clientOrderId,
      account: request.account,
      symbol: request.symbol,
      side: request.side,
      kind: request.kind,
      timeInForce: request.timeInForce ?? (request.kind === "market" ? "ioc" : "gtc"),
      postOnly: request.postOnly ?? false,
      reduceOnly: request.reduceOnly ?? false,
      selfTradePrevention: request.selfTradePrevention ?? defaultPrevention,
      positionSide: request.positionSide ?? "both",
      price: this.tick > 0 ? instrument.priceOf(this.tick) : undefined,
      amount: lots === undefined ? undefined : instrument.amountOf(lots),
      quoteAmount: this.quoteBudget,
      expiresAt: request.expiresAt,
      flags: request.flags,
      status: this.status,
      endCause: this.endCause,
      rejectReason: this.rejectReason,
      filledAmount,
      filledQuote: this.filledQuote,
      remainingAmount: lots === undefined ? undefined : instrument.amountOf(lots - this.filledLots),
      averagePrice:
        this.filledLots === 0 ? undefined : this.filledQuote.div(filledAmount.times(instrument.contractSize)),
      fees: new Map(this.fees),
      fillCount: this.fillCount,
      createdAt: this.createdAt,
      updatedAt: this.updatedAt,
    };
  }
}
