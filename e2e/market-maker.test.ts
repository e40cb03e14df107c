import { plugin } from "@conn/binance-perpetual";
import { startSimulator } from "@conn/binance-perpetual/simulator";
import { createDefaultPorts, createHost, createMemoryJournals } from "@conn/core";
import { expect, test } from "vitest";
import { GUARDS, makeMarket, TRADING_PAIR } from "../examples/market-maker.ts";

test("the example quotes, trades, and leaves nothing open at the venue", async () => {
  const ports = createDefaultPorts({ journals: createMemoryJournals() });
  const venue = await startSimulator({ ports, seed: 3 });
  const connector = createHost(ports).create(plugin, {
    environment: "sim",
    urls: venue.urls,
    credentials: venue.credentials,
    tradingPairs: [TRADING_PAIR],
    guards: GUARDS,
  });
  try {
    await connector.start();
    const end = new AbortController();
    const filledSides = new Set<string>();
    // Quotes are served by an order of somebody else as soon as they stand, so that the test need not wait for one.
    connector.on("order", ({ order, change }) => {
      if (change === "created" && order.exchangeOrderId !== undefined)
        venue.machine.fillOrder(order.exchangeOrderId, "0.005");
    });
    connector.on("fill", ({ fill }) => {
      filledSides.add(fill.side);
      if (filledSides.size === 2) end.abort();
    });
    const { placed, fills, fees, position, left } = await makeMarket(connector, end.signal);

    const { machine } = venue;
    expect(machine.openOrdersOf("default")).toEqual([]);
    expect(left).toBe(0);
    expect(placed).toBe(machine.ordersOf("default").length);
    const truth = machine.fillsOf("default");
    expect(fills).toBe(truth.length);
    expect(fills).toBeGreaterThanOrEqual(2);
    expect(fees.toFixed()).toBe(
      truth.reduce((sum, { fee }) => sum.plus(fee), truth[0]!.fee.times(0)).toFixed(),
    );
    expect(position.toFixed()).toBe(
      (machine.positionsOf("default")[0]?.amount ?? position.times(0)).toFixed(),
    );
  } finally {
    await connector.stop();
    await venue.close();
  }
}, 20_000);
