// A live order book in ten lines: node examples/live-book.ts
import type {} from "@conn/binance-perpetual"; // types of create("binance-perpetual", …)
import { createRegistry } from "@conn/registry";

const registry = createRegistry({ from: import.meta.url });
const connector = await registry.create("binance-perpetual", { tradingPairs: ["BTC-USDT"] });
await connector.start();
await connector.whenReady();
for await (const { book } of connector.stream("orderBook")) {
  if (book.integrity.state !== "live") continue; // known to be incomplete, and being repaired
  console.log(`${book.bestBid?.price} / ${book.bestAsk?.price}, spread ${book.spread}`);
}
