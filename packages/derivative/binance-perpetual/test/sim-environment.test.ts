import { createHost } from "@conn/core";
import { expect, it } from "vitest";
import { plugin } from "../src/index.js";

it("runs on its own simulated venue, which ends with it", async () => {
  const connector = createHost().create(plugin, {
    environment: "sim",
    seed: 3,
    tradingPairs: ["BTC-USDT", "ETH-USDT"],
  });
  await connector.start();
  await connector.whenReady();
  const { bestBid, bestAsk } = connector.orderBook("BTC-USDT");
  expect(bestBid && bestAsk && bestBid.price.lt(bestAsk.price)).toBe(true);
  const prices = await connector.fetchLastTradedPrices();
  expect([...prices.keys()].sort()).toEqual([...connector.tradingPairs].sort());
  await connector.checkNetwork();
  await connector.stop();
  expect(connector.status).toEqual({
    ready: false,
    instruments: false,
    orderBooks: false,
    missingOrderBooks: [],
    fundingInfo: false,
    account: false,
    missingFundingInfo: [],
  });
});
