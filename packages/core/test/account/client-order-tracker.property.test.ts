import fc from "fast-check";
import { expect, test } from "vitest";
import type { FillUpdate, OrderUpdate } from "../../src/account/account-messages.js";
import { ClientOrderTracker, type OrderChange } from "../../src/account/client-order-tracker.js";
import { Decimal, type Fill, type InFlightOrder, isFinished } from "../../src/index.js";

const SYMBOL = "BTCUSDT";
const AMOUNT = 10;

/** One thing that happens to the order at the venue. */
type Step =
  | { readonly kind: "fill"; readonly amount: number; readonly price: number }
  | { readonly kind: "amend"; readonly price: number };

interface Life {
  readonly steps: readonly Step[];
  readonly end: "none" | "canceled" | "expired";
}

const lives: fc.Arbitrary<Life> = fc.record({
  steps: fc.array(
    fc.oneof(
      fc.record({
        kind: fc.constant("fill" as const),
        amount: fc.integer({ min: 1, max: 6 }),
        price: fc.integer({ min: 90, max: 110 }),
      }),
      fc.record({ kind: fc.constant("amend" as const), price: fc.integer({ min: 90, max: 110 }) }),
    ),
    { maxLength: 6 },
  ),
  end: fc.constantFrom("none" as const, "canceled" as const, "expired" as const),
});

type Message = { readonly update: OrderUpdate } | { readonly fill: FillUpdate };

interface Truth {
  readonly messages: readonly Message[];
  readonly status: "open" | "filled" | "canceled" | "expired";
  readonly filled: number;
  readonly price: number;
  readonly fills: readonly FillUpdate[];
}

/** What the venue does, and everything that it says of it. */
function live({ steps, end }: Life): Truth {
  const messages: Message[] = [];
  const fills: FillUpdate[] = [];
  let filled = 0;
  let price = 100;
  let time = 1_000;
  const say = (status: OrderUpdate["status"]): void => {
    messages.push({
      update: {
        exchangeSymbol: SYMBOL,
        clientOrderId: "c1",
        exchangeOrderId: "e1",
        status,
        filledAmount: new Decimal(filled),
        price: new Decimal(price),
        amount: new Decimal(AMOUNT),
        exchangeTimestamp: time,
      },
    });
  };
  say("open");
  for (const step of steps) {
    if (filled === AMOUNT) break;
    time += 1;
    if (step.kind === "amend") {
      price = step.price;
      say("open");
      continue;
    }
    const amount = Math.min(step.amount, AMOUNT - filled);
    filled += amount;
    const fill: FillUpdate = {
      exchangeSymbol: SYMBOL,
      exchangeOrderId: "e1",
      clientOrderId: fills.length % 2 === 0 ? "c1" : undefined,
      tradeId: `t${fills.length}`,
      side: "buy",
      price: new Decimal(step.price),
      amount: new Decimal(amount),
      fees: [{ asset: "USDT", amount: new Decimal("0.1") }],
      liquidity: "maker",
      exchangeTimestamp: time,
    };
    fills.push(fill);
    messages.push({ fill });
    say(filled === AMOUNT ? "filled" : "open");
  }
  if (filled < AMOUNT && end !== "none") {
    time += 1;
    say(end);
  }
  const status = filled === AMOUNT ? "filled" : end === "none" ? "open" : end;
  return { messages, status, filled, price, fills };
}

function createRig(): {
  readonly tracker: ClientOrderTracker;
  readonly told: {
    readonly what: OrderChange | "fill";
    readonly order: InFlightOrder;
    readonly fill?: Fill;
  }[];
  readonly alarms: string[];
  readonly saved: Map<string, InFlightOrder>;
} {
  const told: { what: OrderChange | "fill"; order: InFlightOrder; fill?: Fill }[] = [];
  const alarms: string[] = [];
  const saved = new Map<string, InFlightOrder>();
  let now = 0;
  const tracker = new ClientOrderTracker(
    {
      venue: "toy",
      fills: "each",
      keepFinished: 10,
      venueTime: () => 0,
      now: () => {
        now += 1;
        return now;
      },
    },
    {
      begin: () => undefined,
      save: ({ order }) => saved.set(order.clientOrderId, order),
      onOrder: (order, what) => told.push({ what, order }),
      onFill: (order, fill) => told.push({ what: "fill", order, fill }),
      onAlarm: ({ code }) => alarms.push(code),
    },
  );
  tracker.create({
    account: "a",
    tradingPair: "BTC-USDT",
    clientOrderId: "c1",
    side: "buy",
    orderType: "limit",
    timeInForce: "gtc",
    price: new Decimal(100),
    amount: new Decimal(AMOUNT),
    quoteAmount: undefined,
    reduceOnly: false,
    expireTimestamp: undefined,
    adjustments: [],
    creationTimestamp: 0,
  });
  return { tracker, told, alarms, saved };
}

function deliver(tracker: ClientOrderTracker, message: Message): void {
  if ("fill" in message) tracker.applyFill(message.fill);
  else tracker.applyUpdate(message.update);
}

test("in whatever order and however often the venue's words come, the order ends as it did at the venue", () => {
  fc.assert(
    fc.property(
      lives.chain((life) => {
        const truth = live(life);
        const shuffled = fc
          .shuffledSubarray([...truth.messages, ...truth.messages], {
            minLength: truth.messages.length * 2,
          })
          .map((messages) => messages);
        return fc.tuple(fc.constant(truth), shuffled);
      }),
      ([truth, messages]) => {
        const { tracker, told, alarms, saved } = createRig();
        for (const message of messages) deliver(tracker, message);
        const order = tracker.get("c1")?.order as InFlightOrder;
        expect(alarms).toEqual([]);
        expect(order.status).toBe(truth.status);
        expect(order.filledAmount.toNumber()).toBe(truth.filled);
        expect(order.fills.map(({ tradeId }) => tradeId).sort()).toEqual(
          truth.fills.map(({ tradeId }) => tradeId).sort(),
        );
        expect(saved.get("c1")).toEqual(order);
        if (truth.status === "open") expect(order.price?.toNumber()).toBe(truth.price);
        // Each trade once, creation before everything else, the end once and nothing of the book after it.
        const fills = told.filter(({ what }) => what === "fill").map(({ fill }) => fill?.tradeId);
        expect(new Set(fills).size).toBe(fills.length);
        expect(fills.length).toBe(truth.fills.length);
        expect(told[0]?.what).toBe("created");
        expect(told.filter(({ what }) => what === "created")).toHaveLength(1);
        const ends = told.filter(({ order: { status } }) => isFinished({ status }));
        for (const { what } of ends.slice(1)) expect(["fill", "filled"]).toContain(what);
        const at = told.findIndex(({ what }) => what === "filled");
        if (at >= 0) expect(at).toBe(told.length - 1);
        let filled = new Decimal(0);
        for (const each of told) {
          expect(each.order.filledAmount.gte(filled)).toBe(true);
          filled = each.order.filledAmount;
        }
      },
    ),
    { numRuns: 500 },
  );
});

test("what has been heard changes nothing when it is heard again", () => {
  fc.assert(
    fc.property(lives, (life) => {
      const truth = live(life);
      const { tracker, told } = createRig();
      for (const message of truth.messages) deliver(tracker, message);
      const before = tracker.get("c1")?.order;
      const count = told.length;
      for (const message of truth.messages) deliver(tracker, message);
      expect(tracker.get("c1")?.order).toBe(before);
      expect(told).toHaveLength(count);
    }),
    { numRuns: 300 },
  );
});
