import {
  ConnError,
  type ConnectorEvent,
  type Instrument,
  type OrderBook,
  type OrderBookEvent,
} from "@conn/core";
import { formatAtScale } from "../render/format.js";

/** An object for one line of JSON. */
export type JsonEvent = Readonly<Record<string, unknown>>;

/** What is common to all events of a connector. */
type Facts = Pick<ConnectorEvent, "connector" | "environment" | "receivedTimestamp">;

/** A book's best levels for a line of JSON: prices and amounts as text at the instrument's scales. */
export function describeBook(
  facts: Facts,
  book: OrderBook,
  instrument: Pick<Instrument, "priceScale" | "amountScale">,
  depth: number,
  kind?: OrderBookEvent["kind"],
): JsonEvent {
  const levels = (side: ReturnType<OrderBook["bids"]>): [string, string][] =>
    side.map(({ price, amount }) => [
      formatAtScale(price, instrument.priceScale),
      formatAtScale(amount, instrument.amountScale),
    ]);
  const { state, lastUpdateId, exchangeTimestamp } = book.integrity;
  return {
    type: "book",
    connector: facts.connector,
    environment: facts.environment,
    tradingPair: book.tradingPair,
    kind,
    state,
    // Text, because ids of some venues are beyond what a reader's double can hold.
    lastUpdateId: lastUpdateId?.toString(),
    exchangeTimestamp,
    receivedTimestamp: facts.receivedTimestamp,
    bids: levels(book.bids(depth)),
    asks: levels(book.asks(depth)),
  };
}

/** Any other event of a connector for a line of JSON; nothing for one that is not told. */
export function describeEvent(
  event: ConnectorEvent,
  instruments: ReadonlyMap<string, Pick<Instrument, "priceScale" | "amountScale">>,
): JsonEvent | undefined {
  const { type, connector, environment, receivedTimestamp } = event;
  const facts = { type, connector, environment };
  switch (type) {
    case "trade": {
      const { tradingPair, tradeId, side, price, amount, exchangeTimestamp } = event.trade;
      const scales = instruments.get(tradingPair);
      return {
        ...facts,
        tradingPair,
        tradeId,
        side,
        price: formatAtScale(price, scales?.priceScale ?? 0),
        amount: formatAtScale(amount, scales?.amountScale ?? 0),
        exchangeTimestamp,
        receivedTimestamp,
      };
    }
    case "orderBookState": {
      const { tradingPair, previous, state, fault } = event;
      const { gaps, resyncs, crossed } = event.book.integrity;
      return { ...facts, tradingPair, previous, state, fault, gaps, resyncs, crossed, receivedTimestamp };
    }
    case "connection": {
      const { connectionId, route, state, reason, error, delayMs } = event;
      return {
        ...facts,
        connectionId,
        route,
        state,
        reason,
        error: error && describeError(error),
        delayMs,
        receivedTimestamp,
      };
    }
    case "instrument": {
      const { tradingPair, change, instrument, previous } = event;
      return { ...facts, tradingPair, change, instrument, previous, receivedTimestamp };
    }
    case "problem":
      return {
        ...facts,
        tradingPair: event.tradingPair,
        error: describeError(event.error),
        receivedTimestamp,
      };
    case "rateLimit": {
      const { scope, pool, reason, untilTimestamp } = event;
      return { ...facts, scope, pool, reason, untilTimestamp, receivedTimestamp };
    }
    case "order": {
      const { account, change, order } = event;
      return { ...facts, account, change, order, receivedTimestamp };
    }
    case "fill": {
      const { account, tradingPair, fill, order } = event;
      return { ...facts, account, tradingPair, clientOrderId: order.clientOrderId, fill, receivedTimestamp };
    }
    case "balance":
      return { ...facts, account: event.account, balance: event.balance, receivedTimestamp };
    case "accountSync":
      return { ...facts, account: event.account, isSynced: event.isSynced, receivedTimestamp };
    case "reconciled": {
      const { account, reason, orders, fills, assets, foreignOrders } = event;
      return { ...facts, account, reason, orders, fills, assets, foreignOrders, receivedTimestamp };
    }
    case "orderBook":
    case "ticker":
    case "funding":
    case "ready":
      return undefined;
  }
}

/** An error for a line of JSON. */
export function describeError(error: Error): JsonEvent {
  if (!(error instanceof ConnError)) return { name: error.name, message: error.message };
  const { name, code, message, details } = error;
  return { name, code, message, details };
}

/** One line of JSON, without its end. */
export function formatJson(value: JsonEvent): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "bigint" ? inner.toString() : inner,
  );
}
