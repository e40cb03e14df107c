import { createHost } from "@conn/core";
import { expect, it } from "vitest";
import { plugin } from "../src/index.js";

it("keeps a book on its own simulated venue", async () => {
  const connector = createHost().create(plugin, { environment: "sim", seed: 3, tradingPairs: ["BTC-USDT"] });
  await connector.start();
  await connector.whenReady();
  const book = connector.orderBook("BTC-USDT");
  expect(book.bidCount).toBe(50);
  expect(book.spread?.gt(0)).toBe(true);
  await expect.poll(() => book.integrity.diffs).toBeGreaterThan(3);
  expect(book.integrity).toMatchObject({ state: "live", gaps: 0, crossed: 0 });
  await connector.checkNetwork();
  await connector.stop();
});
