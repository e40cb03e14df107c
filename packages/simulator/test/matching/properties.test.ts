import { Decimal } from "@conn/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AccountEvent, Order } from "../../src/index.js";
import { ANCHOR, type CoreWorld, checkSpotAccount, createCoreWorld, START } from "../support/core-world.js";

/** What accounts do, with prices around the market's and now and then far through it. */
const command = fc.record({
  waitMs: fc.constantFrom(0, 0, 1, 50, 700, 5000),
  account: fc.constantFrom("a", "b"),
  kind: fc.constantFrom(
    "limit",
    "limit",
    "limit",
    "market",
    "quote",
    "cancel",
    "amend",
    "cancelAll",
    "others",
  ),
  side: fc.constantFrom("buy" as const, "sell" as const),
  ticks: fc.oneof(
    { weight: 9, arbitrary: fc.integer({ min: -200, max: 200 }) },
    { weight: 1, arbitrary: fc.integer({ min: -30_000, max: 80_000 }) },
  ),
  lots: fc.oneof(
    { weight: 9, arbitrary: fc.integer({ min: 1, max: 200 }) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 9_000 }) },
  ),
  timeInForce: fc.constantFrom(
    "gtc" as const,
    "gtc" as const,
    "ioc" as const,
    "fok" as const,
    "gtd" as const,
  ),
  postOnly: fc.boolean(),
  reduceOnly: fc.boolean(),
  prevention: fc.constantFrom(
    "none" as const,
    "cancelTaker" as const,
    "cancelMaker" as const,
    "cancelBoth" as const,
  ),
  pick: fc.nat(),
});
type Command = typeof command extends fc.Arbitrary<infer T> ? T : never;

const priceOf = (ticks: number): string => (ANCHOR + ticks / 100).toFixed(2);
const amountOf = (lots: number): string => (lots / 1000).toFixed(3);

/** Does a command at a time; refusals are fine. */
function run({ core }: CoreWorld, one: Command, at: number, linear = false): void {
  const { account, side, kind } = one;
  // Which orders are open, of which one is picked, is a matter of this moment.
  core.advance(at);
  const order = { account, symbol: "BTCUSDT", side, selfTradePrevention: one.prevention } as const;
  const amount = amountOf(one.lots);
  const open = core.openOrders(account);
  const picked = open[one.pick % Math.max(1, open.length)];
  const reduceOnly = linear && one.reduceOnly;
  if (kind === "limit") {
    const { timeInForce } = one;
    core.submit(
      {
        ...order,
        kind,
        price: priceOf(one.ticks),
        amount,
        timeInForce,
        reduceOnly,
        ...(timeInForce === "gtd" ? { expiresAt: at + 1 + (one.pick % 3000) } : {}),
        postOnly: one.postOnly && (timeInForce === "gtc" || timeInForce === "gtd"),
      },
      at,
    );
  } else if (kind === "market") core.submit({ ...order, kind, amount, reduceOnly }, at);
  else if (kind === "quote") core.submit({ ...order, kind: "market", quoteAmount: amount }, at);
  else if (kind === "cancelAll") core.cancelAll(account, { side }, at);
  else if (kind === "others") {
    core.trade("BTCUSDT", { side, price: priceOf(one.ticks), amount }, at);
  } else if (picked === undefined) return;
  else if (kind === "cancel") core.cancel(account, { id: picked.id }, at);
  else core.amend(account, { id: picked.id }, { price: priceOf(one.ticks), amount }, at);
}

/** All that accounts were told and the public saw, as text. */
function story(world: CoreWorld): string {
  const events: AccountEvent[] = [];
  for (let index = world.core.events.oldest; index < world.core.events.end; index++) {
    events.push(world.core.events.get(index));
  }
  return JSON.stringify([events, world.tape, world.market.book.whole()]);
}

/** Fails where the published book is crossed, or does not have in it what accounts have resting. */
function checkBook({ core, market }: CoreWorld): void {
  const { bids, asks } = market.market;
  if (bids.size === 0 || asks.size === 0 || bids.tickAt(0) >= asks.tickAt(0)) throw new Error("crossed");
  for (const [side, ladder] of [
    ["buy", bids],
    ["sell", asks],
  ] as const) {
    const resting = new Map<string, Decimal>();
    for (const order of [...core.openOrders("a"), ...core.openOrders("b")]) {
      if (order.side !== side) continue;
      const price = String(order.price);
      resting.set(price, (resting.get(price) ?? new Decimal(0)).plus(order.remainingAmount!));
    }
    let found = 0;
    for (let rank = 0; rank < ladder.size; rank++) {
      const tick = ladder.tickAt(rank);
      const own = resting.get(String(new Decimal(market.priceText(tick))));
      const queued = market.accounts
        .ordersAt(side === "buy" ? "bid" : "ask", tick)
        .reduce((sum, entry) => sum + entry.lots, 0);
      if (!new Decimal(market.amountText(queued)).eq(own ?? 0)) throw new Error(`orders at ${tick} differ`);
      if (queued > ladder.lotsAt(rank)) throw new Error(`level ${tick} is less than its orders`);
      if (own !== undefined) found++;
    }
    if (found !== resting.size) throw new Error("a resting order is not in the book");
  }
}

/** Fails where an order's events do not follow from each other. */
function checkLives({ core }: CoreWorld): void {
  const last = new Map<string, Order>();
  let at = 0;
  for (let index = core.events.oldest; index < core.events.end; index++) {
    const event = core.events.get(index);
    if (event.sequence !== index || event.at < at) throw new Error("events out of order");
    at = event.at;
    if (event.type === "balances" || event.type === "position") continue;
    const { order } = event;
    const before = last.get(order.id);
    last.set(order.id, order);
    const begins = event.type === "accepted" || event.type === "rejected";
    if (begins !== (before === undefined)) throw new Error(`${event.type} of ${order.id}`);
    if (before !== undefined && before.status !== "open") throw new Error(`${order.id} lives on`);
    if (order.remainingAmount?.isNegative() === true) throw new Error(`${order.id} is overfilled`);
    const grown = order.filledAmount.minus(before?.filledAmount ?? 0);
    if (!grown.eq(event.type === "traded" ? event.fill.amount : 0)) throw new Error("filled without a fill");
    if (event.type === "traded" && order.price !== undefined) {
      const isWorse =
        order.side === "buy" ? event.fill.price.gt(order.price) : event.fill.price.lt(order.price);
      if (isWorse) throw new Error(`${order.id} filled beyond its price`);
    }
  }
  for (const account of ["a", "b"]) {
    for (const order of core.orders(account)) expect(order).toEqual(last.get(order.id));
  }
}

describe("exchange core", () => {
  it("conserves money and never crosses, whatever accounts do in a living market", () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.boolean(),
        fc.array(command, { minLength: 10, maxLength: 60 }),
        (seed, feeInQuote, commands) => {
          const world = createCoreWorld({
            seed,
            frozen: false,
            eventsPerSecond: 50,
            instrument: { feeIn: feeInQuote ? "quote" : "received" },
          });
          const { core, tape } = world;
          let at = START;
          for (const one of commands) {
            at += one.waitMs;
            run(world, one, at);
            checkBook(world);
            checkSpotAccount(core, "a", feeInQuote);
            checkSpotAccount(core, "b", feeInQuote);
          }
          checkLives(world);
          // Each fill is on the public tape; its lots, once for each side, are no more than the trade's.
          const fills = [...core.fills("a"), ...core.fills("b")];
          for (const trade of tape) {
            const sides = { buy: new Decimal(0), sell: new Decimal(0) };
            for (const fill of fills) {
              if (fill.tradeId !== trade.id) continue;
              expect(String(fill.price)).toBe(String(new Decimal(world.market.priceText(trade.tick))));
              expect(fill.maker).toBe((fill.side === "buy") === trade.buyerIsMaker);
              sides[fill.side] = sides[fill.side].plus(fill.amount);
            }
            const lots = world.market.amountText(trade.lots);
            for (const amount of [sides.buy, sides.sell]) {
              expect(amount.isZero() || amount.eq(lots)).toBe(true);
            }
          }
          const ids = new Set(tape.map(({ id }) => id));
          expect(fills.every(({ tradeId }) => ids.has(tradeId))).toBe(true);
          // What accounts have is what they brought, what they bought and sold, and their fees.
          for (const account of ["a", "b"]) {
            const expected = { BTC: new Decimal(10), USDT: new Decimal(10_000) };
            for (const fill of core.fills(account)) {
              const sign = fill.side === "buy" ? 1 : -1;
              expected.BTC = expected.BTC.plus(fill.amount.times(sign));
              expected.USDT = expected.USDT.minus(fill.quoteAmount.times(sign));
              const asset = fill.feeAsset === "BTC" ? "BTC" : "USDT";
              expected[asset] = expected[asset].minus(fill.fee);
            }
            for (const asset of ["BTC", "USDT"] as const) {
              expect(world.total(account, asset)).toBe(String(expected[asset]));
            }
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it("keeps positions, profit and margins of linear contracts consistent", () => {
    fc.assert(
      fc.property(fc.integer(), fc.array(command, { minLength: 10, maxLength: 60 }), (seed, commands) => {
        const world = createCoreWorld({
          seed,
          frozen: false,
          instrument: { kind: "linear", settle: "USDT" },
          credits: { USDT: "2000" },
        });
        const { core } = world;
        let at = START;
        for (const one of commands) {
          at += one.waitMs;
          if (one.kind !== "quote") run(world, one, at, true);
          checkBook(world);
          for (const account of ["a", "b"]) {
            const signed = core
              .fills(account)
              .reduce(
                (sum, { amount, side }) => sum.plus(side === "buy" ? amount : amount.negated()),
                new Decimal(0),
              );
            const [position] = core.positions(account);
            expect(String(position?.amount ?? 0)).toBe(String(signed));
            const closing = core.openOrders(account).filter((order) => order.reduceOnly);
            const sum = closing.reduce((total, order) => total.plus(order.remainingAmount!), new Decimal(0));
            expect(sum.lte(signed.abs())).toBe(true);
            expect(closing.every(({ side }) => (side === "sell") === signed.gt(0))).toBe(true);
            const { total, held } = core.ledger.balance(account, "USDT");
            const entries = core.ledger.entries(account);
            expect(String(entries.reduce((all, { amount }) => all.plus(amount), new Decimal(0)))).toBe(
              String(total),
            );
            expect(total.isNegative()).toBe(false);
            if (core.openOrders(account).length === 0) {
              expect(String(held)).toBe(String(position?.initialMargin ?? 0));
            }
          }
        }
        checkLives(world);
      }),
      { numRuns: 40 },
    );
  });

  it("tells the same story for the same inputs, however often it is advanced", () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.array(command, { minLength: 5, maxLength: 25 }),
        fc.integer({ min: 1, max: 400 }),
        (seed, commands, stepMs) => {
          const stories = [Number.POSITIVE_INFINITY, stepMs].map((step) => {
            const world = createCoreWorld({ seed, frozen: false });
            let at = START;
            for (const one of commands) {
              for (let passed = step; passed < one.waitMs; passed += step) world.core.advance(at + passed);
              at += one.waitMs;
              run(world, one, at);
            }
            return story(world);
          });
          expect(stories[1]).toBe(stories[0]);
        },
      ),
      { numRuns: 20 },
    );
  });

  it("keeps the market alive under orders that stay for hours", () => {
    const world = createCoreWorld({ frozen: false, credits: { BTC: "1000000", USDT: "1000000000" } });
    for (let rank = 0; rank < 100; rank++) {
      world.place({ price: priceOf(-10 - rank), amount: "50" });
      world.place({ account: "b", side: "sell", price: priceOf(10 + rank), amount: "50" });
    }
    const before = world.tape.length;
    for (let minute = 1; minute <= 60; minute++) {
      world.core.advance(START + minute * 60_000);
      checkBook(world);
    }
    expect(world.tape.length - before).toBeGreaterThan(500);
    const { bids, asks, shared } = world.market.market;
    for (const ladder of [bids, asks]) {
      expect(shared.anonymousLevels(ladder)).toBeGreaterThanOrEqual(20);
      expect(shared.anonymousLevels(ladder)).toBeLessThanOrEqual(61);
    }
  });
});
