// Quotes on both sides of the middle, renewed when the market moves, with a bound on what is held. The venue is
// simulated on this machine: node examples/market-maker.ts --duration 20 (Ctrl-C ends it earlier)
import { parseArgs } from "node:util";
import type {} from "@conn/binance-perpetual"; // types of create("binance-perpetual", …)
import { ConnError, type Connector, Decimal, type InFlightOrder, type OrderSide } from "@conn/core";
import { createRegistry } from "@conn/registry";

export const TRADING_PAIR = "BTC-USDT";
const AMOUNT = new Decimal("0.01"); // of a quote
const MOST = new Decimal("0.03"); // that may be held, long or short
const DISTANCE = new Decimal("0.00003"); // of a quote from the middle, as a part of the price
export const GUARDS = { maxPriceDeviation: "0.01", maxNotional: "10000", maxOrdersPerSecond: 20 };

/** Makes a market until the signal, then cancels its orders. What was held before it began it does not know. */
export async function makeMarket(connector: Connector, signal: AbortSignal) {
  let [placed, fills, position] = [0, 0, new Decimal(0)];
  const traded = new Map<string, InFlightOrder>();
  connector.on("order", ({ order }) => {
    if (order.certainty === "unknown") console.log(`${order.clientOrderId}: not known, being found out`);
    if (order.fills.length > 0) traded.set(order.clientOrderId, order);
  });
  connector.on("fill", ({ fill: { side, amount, price }, order }) => {
    console.log(`${side} ${amount} at ${price}`);
    fills += 1;
    position = side === "buy" ? position.plus(amount) : position.minus(amount);
    traded.set(order.clientOrderId, order);
  });
  connector.on("accountSync", ({ isSynced }) => console.log(`account ${isSynced ? "" : "not "}in step`));

  const quote = async (side: OrderSide, middle: Decimal): Promise<void> => {
    const sign = side === "buy" ? 1 : -1;
    // What is held shifts both quotes: the side that sheds it comes nearer to the market.
    const price = middle.minus(middle.times(DISTANCE).times(position.div(MOST).plus(sign)));
    const reduceOnly = position.times(sign).lt(0);
    const amount = reduceOnly ? Decimal.min(AMOUNT, position.abs()) : AMOUNT;
    const isWanted = position.times(sign).plus(amount).lte(MOST);
    const order = [...connector.orders.values()].find((each) => each.side === side);
    if (order === undefined) {
      if (!isWanted) return;
      const request = { tradingPair: TRADING_PAIR, side, amount, price, reduceOnly, quantize: true };
      await connector.placeOrder({ ...request, orderType: "limitMaker" }, { maxQueueMs: 500 });
      placed += 1;
    } else if (order.certainty === "known" && order.pendingCommand === "none") {
      const isNear = order.price?.minus(price).abs().lt(middle.times(DISTANCE).div(2));
      // The next change of the book brings the new one: never two at a time.
      if (!isWanted || !isNear) await connector.cancelOrder(order.clientOrderId);
    }
  };
  for await (const { book } of connector.stream("orderBook", { tradingPair: TRADING_PAIR, signal })) {
    const { midPrice: middle, integrity } = book;
    if (integrity.state !== "live" || middle === undefined || !connector.status.account) continue;
    for (const result of await Promise.allSettled([quote("buy", middle), quote("sell", middle)])) {
      const error = result.status === "rejected" ? result.reason : undefined;
      // What was not sent, by a guard for instance, is tried again with the next change.
      if (error instanceof ConnError && error.outcome === "notSent") console.log(error.message);
      else if (error !== undefined) throw error;
    }
  }
  const changes = connector.stream("order", { signal: AbortSignal.timeout(15_000) });
  await connector.cancelAllOrders();
  if (connector.orders.size > 0) for await (const _ of changes) if (connector.orders.size === 0) break;
  const fees = [...traded.values()].flatMap((order) => (connector.order(order.clientOrderId) ?? order).fees);
  const paid = Decimal.sum(0, ...fees.map(({ amount }) => amount));
  return { placed, fills, position, fees: paid, left: connector.orders.size };
}

if (process.argv[1]?.endsWith("market-maker.ts")) {
  const { values } = parseArgs({ options: { duration: { type: "string", default: "20" } } });
  const end = new AbortController();
  process.once("SIGINT", () => end.abort());
  const options = { environment: "sim", tradingPairs: [TRADING_PAIR], guards: GUARDS } as const;
  const connector = await createRegistry().create("binance-perpetual", options);
  await connector.start();
  const signal = AbortSignal.any([end.signal, AbortSignal.timeout(Number(values.duration) * 1_000)]);
  const summary = await makeMarket(connector, signal).finally(() => connector.stop());
  const { placed, fills, fees, position, left } = summary;
  console.log(`${placed} quotes, ${fills} fills, fees ${fees}, position ${position}, ${left} left open`);
}
