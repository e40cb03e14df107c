import { expect, test } from "vitest";
import { ClientOrderTracker, type OrderChange } from "../../src/account/client-order-tracker.js";
import type { TrackedOrder } from "../../src/account/tracked-order.js";
import { Decimal } from "../../src/index.js";

const SYMBOL = "BTCUSDT";

/** An open order of 10 at 100, an amendment of which is on its way, and what is told of it. */
function amending(): { tracker: ClientOrderTracker; tracked: TrackedOrder; told: string[] } {
  const told: string[] = [];
  const tracker = new ClientOrderTracker(
    { venue: "test", fills: "each", keepFinished: 1, now: () => 1_000, venueTime: () => 1_000 },
    {
      begin: () => undefined,
      save: () => undefined,
      onOrder: (_, change: OrderChange) => told.push(change),
      onFill: () => told.push("fill"),
      onAlarm: ({ code }) => told.push(code),
    },
  );
  const tracked = tracker.create({
    account: "a",
    tradingPair: "BTC-USDT",
    clientOrderId: "c1",
    side: "buy",
    orderType: "limit",
    timeInForce: "gtc",
    price: new Decimal(100),
    amount: new Decimal(10),
    quoteAmount: undefined,
    reduceOnly: false,
    expireTimestamp: undefined,
    adjustments: [],
    creationTimestamp: 1_000,
  });
  tracker.signed(tracked, "place", 6_000);
  say(tracker, "open", 0, 10);
  tracker.commanding(tracked, "amend");
  tracker.unknown(tracked, "amend");
  told.length = 0;
  return { tracker, tracked, told };
}

function say(tracker: ClientOrderTracker, status: "open" | "filled", filled: number, amount: number): void {
  tracker.applyUpdate({
    exchangeSymbol: SYMBOL,
    clientOrderId: "c1",
    exchangeOrderId: "e1",
    status,
    filledAmount: new Decimal(filled),
    price: new Decimal(100),
    amount: new Decimal(amount),
    exchangeTimestamp: 1_000,
  });
}

function fill(tracker: ClientOrderTracker, tradeId: string, amount: number): void {
  tracker.applyFill({
    exchangeSymbol: SYMBOL,
    exchangeOrderId: "e1",
    clientOrderId: "c1",
    tradeId,
    side: "buy",
    price: new Decimal(100),
    amount: new Decimal(amount),
    fees: [],
    liquidity: "maker",
    exchangeTimestamp: 1_000,
  });
}

test("what may have become more is not filled by its old amount", () => {
  const { tracker, tracked, told } = amending();
  fill(tracker, "1", 10);
  expect(tracked.order.status).toBe("open");
  say(tracker, "open", 10, 12);
  expect(tracked.order).toMatchObject({ status: "open", certainty: "known", pendingCommand: "none" });
  fill(tracker, "2", 2);
  expect(told).toEqual(["fill", "amended", "known", "fill", "filled"]);
  expect(tracked.order.amount?.toFixed()).toBe("12");
});

test("more than its old amount is no alarm while it may have become more", () => {
  const { tracker, tracked, told } = amending();
  fill(tracker, "1", 12);
  say(tracker, "filled", 12, 12);
  expect(told).toEqual(["fill", "amended", "known", "filled"]);
  expect(tracked.order.amount?.toFixed()).toBe("12");
});

test("its old amount counts again when the amendment was not carried out", () => {
  const { tracker, tracked, told } = amending();
  fill(tracker, "1", 10);
  tracker.commandRefused(tracked, "amend", { kind: "notFound" });
  expect(told).toEqual(["fill", "amendRefused", "known", "filled"]);
});

test("an order is forgotten only when nothing has happened to it since", () => {
  const { tracker, tracked } = amending();
  tracker.commandRefused(tracked, "amend", { kind: "notFound" });
  fill(tracker, "1", 10);
  tracker.rejected(tracker.create({ ...tracked.order, clientOrderId: "c2", creationTimestamp: 1_000 }), {
    kind: "notSent",
  });
  expect(tracker.prune(1_000)).toEqual([]);
  expect(tracker.prune(1_001)).toEqual([tracked]);
});

test("a cancellation does not make the request to place it valid for longer", () => {
  const { tracker, tracked } = amending();
  tracker.signed(tracked, "cancel", 9_000);
  expect(tracked).toMatchObject({ validUntil: 9_000, placeableUntil: 6_000 });
});
