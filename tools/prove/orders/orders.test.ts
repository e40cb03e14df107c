import { describe, expect, it } from "vitest";
import type { KnownAccount, KnownOrderText, OrderText, TrueAccount } from "./account-text.js";
import { compareAccount } from "./compare-account.js";
import { type EventFact, EventHistory } from "./event-history.js";
import { orderSetups } from "./order-venues.js";
import { runKills } from "./run-kills.js";
import { runOrders } from "./run-orders.js";

const signal = new AbortController().signal;

describe.each(orderSetups)("$plugin.name", (setup) => {
  it("knows hundreds of orders as they are, whatever went wrong", { timeout: 60_000 }, async () => {
    const outcome = await runOrders({ setup, orders: 300, seed: 5, faultShare: 0.2, speed: 10, signal });
    expect(outcome.problems).toEqual([]);
    expect(Object.keys(outcome.faults).length).toBeGreaterThan(10);
    expect(outcome.atVenue).toMatchObject({ filled: expect.any(Number), canceled: expect.any(Number) });
    expect(outcome.fills).toBeGreaterThan(50);
  });

  it("is killed and knows its orders again", { timeout: 120_000 }, async () => {
    const outcome = await runKills({
      setup,
      kills: 20,
      seed: 3,
      lanes: 4,
      killsPerAccount: 5,
      speed: 10,
      signal,
    });
    expect(outcome.problems).toEqual([]);
    expect(outcome.kills).toBe(20);
    expect(outcome.comparisons).toBeGreaterThan(15);
    expect(outcome.orders).toBeGreaterThan(50);
    expect(outcome.fills).toBeGreaterThan(50);
  });
});

describe("compareAccount", () => {
  const order: OrderText = {
    clientOrderId: "a",
    exchangeOrderId: "1",
    exchangeSymbol: "X",
    side: "buy",
    status: "open",
    price: "5",
    amount: "2",
    filledAmount: "1",
    fills: [{ tradeId: "7", price: "5", amount: "1", fees: "0.1 Q" }],
    fees: "0.1 Q",
  };
  const own: KnownOrderText = { ...order, certainty: "known", pendingCommand: "none", reason: undefined };
  const balances = { Q: { total: "9", available: "4" } };
  const foreign: OrderText = { ...order, clientOrderId: "other-1", exchangeOrderId: "2" };
  const truth: TrueAccount = {
    orders: [order],
    foreignOrders: [foreign],
    balances,
    feesPaid: { 1: "0.1 Q" },
    contradictions: [],
  };
  const known: KnownAccount = { orders: [own], balances };

  it("finds nothing where all is equal, or absent and known to be", () => {
    expect(compareAccount(known, truth)).toEqual([]);
    const absent: KnownOrderText = { ...own, clientOrderId: "b", status: "rejected", reason: "notFound" };
    expect(compareAccount({ ...known, orders: [own, absent] }, truth)).toEqual([]);
  });

  it.each<[string, KnownAccount, TrueAccount]>([
    ["an order that is not known", { ...known, orders: [] }, truth],
    ["an order that is known twice", { ...known, orders: [own, own] }, truth],
    ["an order that was placed twice", known, { ...truth, orders: [order, order] }],
    ["an order that the venue never had", known, { ...truth, orders: [] }],
    ["another status", { ...known, orders: [{ ...own, status: "filled" }] }, truth],
    ["another fill", { ...known, orders: [{ ...own, fills: [] }] }, truth],
    ["fees that were not paid", known, { ...truth, feesPaid: {} }],
    ["what is not settled", { ...known, orders: [{ ...own, certainty: "unknown" }] }, truth],
    [
      "another balance",
      { ...known, balances: {} },
      { ...truth, balances: { Q: { total: "9", available: "0" } } },
    ],
    ["a canceled order of another", known, { ...truth, foreignOrders: [{ ...foreign, status: "canceled" }] }],
    ["what contradicts itself", known, { ...truth, contradictions: ["x"] }],
  ])("finds %s", (_, given, wanted) => {
    expect(compareAccount(given, wanted).length).toBeGreaterThan(0);
  });
});

describe("EventHistory", () => {
  const told = (...changes: string[]): EventHistory => {
    const history = new EventHistory();
    for (const change of changes) history.take(factOf(change));
    return history;
  };
  /** A change, or `fill` with the id of its trade after a space. */
  const factOf = (text: string): EventFact => {
    const [change = "", trade] = text.split(" ");
    return { clientOrderId: "a", change, ...(trade !== undefined && { trade }) };
  };

  it.each([
    ["created", "fill 1", "fill 2", "filled"],
    ["unknown", "rejected", "revived", "fill 1", "canceled", "fill 2", "filled"],
    ["unknown", "created", "known", "amended", "expired"],
  ])("has nothing against %s, %s, %s …", (...changes) => {
    expect(told(...changes).problems).toEqual([]);
  });

  it.each([
    ["created", "created"],
    ["fill 1", "created"],
    ["created", "fill 1", "fill 1"],
    ["created", "filled", "fill 1"],
    ["created", "canceled", "expired"],
    ["created", "filled", "filled"],
    ["amended"],
  ])("finds the fault in %s, %s …", (...changes) => {
    expect(told(...changes).problems.length).toBeGreaterThan(0);
  });

  it("finds what was not told, or told and is not", () => {
    const history = told("created", "fill 1", "canceled");
    const orders = [{ clientOrderId: "a", status: "canceled" }];
    expect(history.compare(orders, () => ["1"])).toEqual([]);
    expect(history.compare(orders, () => ["1", "2"])).toHaveLength(1);
    expect(history.compare([{ clientOrderId: "a", status: "open" }], () => ["1"])).toHaveLength(1);
    expect(history.compare([{ clientOrderId: "b", status: "open" }], () => [])).toHaveLength(1);
  });
});
