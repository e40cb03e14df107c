import fc from "fast-check";
import { expect, test } from "vitest";
import { Decimal, type InFlightOrder, isFinished } from "../../src/index.js";
import { FUNDS, TIMES } from "../support/model-venue.js";
import { TradingRig, type Way } from "../support/trading-rig.js";

type Step =
  | { readonly do: "place" | "placeBatch"; readonly price: number; readonly amount: number }
  | { readonly do: "cancel" | "cancelBatch" | "venueCancel"; readonly which: number }
  | { readonly do: "amend"; readonly which: number; readonly price: number; readonly amount: number }
  | { readonly do: "venueFill"; readonly which: number; readonly amount: number }
  | { readonly do: "down" | "up" | "die" | "stop" | "reconcile" }
  | { readonly do: "wait"; readonly ms: number };

const steps = (withAmend: boolean): fc.Arbitrary<Step[]> => {
  const which = fc.nat(9);
  const price = fc.integer({ min: 90, max: 110 });
  const amount = fc.integer({ min: 1, max: 9 });
  const make = <Kind extends string>(...kinds: Kind[]) => fc.constantFrom(...kinds);
  const arbitraries: fc.Arbitrary<Step>[] = [
    fc.record({ do: make("place", "place", "placeBatch"), price, amount }),
    fc.record({ do: make("cancel", "cancelBatch", "venueCancel"), which }),
    fc.record({ do: make("venueFill"), which, amount }),
    fc.record({ do: make("down", "up", "up", "die", "stop", "reconcile") }),
    fc.record({ do: make("wait"), ms: fc.constantFrom(0, 1, 2, 5, 50, 1_000, 3_000, 20_000) }),
  ];
  if (withAmend) arbitraries.push(fc.record({ do: make("amend"), which, price, amount }));
  return fc.array(fc.oneof(...arbitraries), { maxLength: 25 });
};

const ways: fc.Arbitrary<Way[]> = fc.array(
  fc.record({
    queueMs: fc.constantFrom(0, 0, 0, 1, 800, 30_000),
    thereMs: fc.constantFrom(1, 1, 5, 900, 6_000),
    backMs: fc.constantFrom(1, 1, 5, 1_500),
    lost: fc.constantFrom(undefined, undefined, undefined, "before" as const, "after" as const),
  }),
  { minLength: 1, maxLength: 20 },
);

const streamWays = fc.array(
  fc.constantFrom<readonly number[]>([1], [1], [0], [7], [1, 3], [2_000], [40], []),
  { minLength: 1, maxLength: 20 },
);

const COMMANDS = new Set(["place", "placeBatch", "cancel", "cancelBatch", "amend"]);

async function perform(rig: TradingRig, step: Step): Promise<void> {
  const { venue, engine } = rig;
  const active = [...engine.orders.keys()];
  const pick = <Item>(items: readonly Item[], index: number): Item | undefined => items[index % items.length];
  const ignore = (command: Promise<unknown>): void => void command.catch(() => undefined);
  switch (step.do) {
    case "place":
      return ignore(engine.place(rig.order(step.price, step.amount), {}));
    case "placeBatch": {
      const orders = [0, 1, 2].map((more) => rig.order(step.price + more, step.amount));
      return ignore(engine.placeBatch(orders, {}));
    }
    case "cancel": {
      const id = pick(active, step.which);
      if (id !== undefined) ignore(engine.cancel(id, {}));
      return;
    }
    case "cancelBatch":
      return ignore(engine.cancelBatch(active.slice(step.which), {}));
    case "amend": {
      const id = pick(active, step.which);
      const wanted = { price: new Decimal(step.price), amount: new Decimal(step.amount) };
      if (id !== undefined) ignore(engine.amend(id, wanted, {}));
      return;
    }
    case "venueFill": {
      const order = pick(venue.open, step.which);
      if (order !== undefined) venue.fill(order, new Decimal(step.amount));
      return;
    }
    case "venueCancel": {
      const order = pick(venue.open, step.which);
      if (order !== undefined) venue.cancel(order);
      return;
    }
    case "down":
      return rig.down();
    case "up":
      return rig.up();
    case "reconcile":
      return ignore(engine.reconcile("requested"));
    case "die":
      rig.die();
      return rig.start();
    case "stop": {
      const stopping = rig.stop();
      await rig.time.advance(0);
      await stopping;
      return rig.start();
    }
    case "wait":
      return rig.time.advance(step.ms);
  }
}

/** An order here against the same at the venue. */
function expectSame(rig: TradingRig, order: InFlightOrder): void {
  const theirs = rig.venue.byClientId(order.clientOrderId);
  if (theirs === undefined) {
    expect(order.status).toBe("rejected");
    return;
  }
  expect(order.status).toBe(theirs.status);
  expect(order.exchangeOrderId).toBe(theirs.exchangeOrderId);
  expect(order.filledAmount.toFixed()).toBe(theirs.filled.toFixed());
  expect(order.fills.map(({ tradeId }) => tradeId).sort()).toEqual(
    theirs.fills.map(({ tradeId }) => tradeId).sort(),
  );
  expect([order.certainty, order.pendingCommand]).toEqual(["known", "none"]);
  if (theirs.status === "open") {
    expect(order.price?.toFixed()).toBe(theirs.price.toFixed());
    expect(order.amount?.toFixed()).toBe(theirs.amount.toFixed());
  }
}

function expectToldWell(rig: TradingRig): void {
  const byOrder = Map.groupBy(rig.told, ({ order }) => order.clientOrderId);
  for (const [clientOrderId, told] of byOrder) {
    const types = told.map(({ type }) => type);
    const theirs = rig.venue.byClientId(clientOrderId);
    expect(types.filter((type) => type === "created").length).toBe(theirs === undefined ? 0 : 1);
    expect(types).not.toContain("revived");
    const before = types.slice(0, types.indexOf("created"));
    if (theirs !== undefined) for (const type of before) expect(["unknown", "cancelRefused"]).toContain(type);
    const fills = told.flatMap(({ fill }) => (fill === undefined ? [] : [fill.tradeId]));
    expect(fills.length).toBe(new Set(fills).size);
    expect([...fills].sort()).toEqual((theirs?.fills ?? []).map(({ tradeId }) => tradeId).sort());
    const filled = types.indexOf("filled");
    if (filled >= 0) expect(filled).toBe(types.length - 1);
    for (const type of ["filled", "canceled", "rejected"] as const)
      expect(types.filter((each) => each === type).length).toBeLessThanOrEqual(1);
  }
}

async function live(
  program: readonly Step[],
  calls: readonly Way[],
  stream: readonly (readonly number[])[],
  lagMs: number,
  check: (rig: TradingRig) => void,
): Promise<TradingRig> {
  const rig = new TradingRig();
  let call = 0;
  let words = 0;
  rig.venue.lagMs = lagMs;
  rig.way = (name) => {
    const way = calls[call++ % calls.length] as Way;
    // Questions that always come too late are somebody's concern, and told.
    return COMMANDS.has(name) ? way : { ...way, thereMs: Math.min(way.thereMs ?? 0, 900) };
  };
  rig.streamWays = () => stream[words++ % stream.length] as readonly number[];
  await rig.start();
  for (const step of program) {
    await perform(rig, step);
    await rig.time.advance(0);
    check(rig);
  }
  // From now on all is well. Only what was lost must still be found out.
  rig.way = () => ({});
  rig.streamWays = () => [1];
  rig.venue.lagMs = 0;
  rig.up();
  await rig.time.advance(400_000);
  return rig;
}

test("whatever becomes of commands, words and the program, at rest every order is known as it is at the venue", async () => {
  await fc.assert(
    fc.asyncProperty(
      steps(true),
      ways,
      streamWays,
      fc.constantFrom(0, 500, TIMES.queryLagMs - 1),
      async (program, calls, stream, lagMs) => {
        const rig = await live(program, calls, stream, lagMs, () => undefined);
        for (const { clientOrderId } of rig.venue.orders.values())
          expect(rig.engine.order(clientOrderId)).toBeDefined();
        const ids = new Set(rig.told.map(({ order }) => order.clientOrderId));
        for (const id of ids) expectSame(rig, rig.engine.order(id) as InFlightOrder);
        expect([...rig.engine.orders.keys()].sort()).toEqual(
          rig.venue.open.map(({ clientOrderId }) => clientOrderId).sort(),
        );
        expectToldWell(rig);
        expect(rig.codes()).not.toContain("ORDER_UNRESOLVED");
        expect(rig.codes()).not.toContain("ORDER_CONTRADICTED");
        expect(rig.engine.balances.get("USDT")?.available.toFixed()).toBe(rig.venue.available.toFixed());
        for (const order of rig.engine.orders.values()) expect(isFinished(order)).toBe(false);
        await rig.stop();
        await rig.time.advance(30_000);
        expect(rig.time.pending).toBe(0);
      },
    ),
    { numRuns: 200 },
  );
}, 60_000);

test("what counts as available is never more than the venue has, and never a debt", async () => {
  await fc.assert(
    fc.asyncProperty(steps(false), ways, streamWays, async (program, calls, stream) => {
      const check = ({ engine, venue }: TradingRig): void => {
        const { available } = engine.balances.get("USDT") ?? { available: new Decimal(0) };
        expect(available.lte(venue.available)).toBe(true);
        expect(available.isNegative()).toBe(false);
        expect(available.lte(FUNDS)).toBe(true);
      };
      const rig = await live(program, calls, stream, 0, check);
      await rig.stop();
    }),
    { numRuns: 100 },
  );
}, 60_000);
