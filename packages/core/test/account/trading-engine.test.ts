import { describe, expect, test } from "vitest";
import { createMemoryJournals, Decimal, type Journal, JournalError, NetworkError } from "../../src/index.js";
import { refusal, SYMBOL, TIMES } from "../support/model-venue.js";
import { TradingRig } from "../support/trading-rig.js";

const timeout = (): NetworkError => new NetworkError("NETWORK_TIMEOUT", "no answer", { sent: "maybe" });

async function started(...facts: ConstructorParameters<typeof TradingRig>): Promise<TradingRig> {
  const rig = new TradingRig(...facts);
  await rig.start();
  await rig.time.advance(100);
  return rig;
}

/** Places an order, which the venue has then. */
async function opened(rig: TradingRig, price = 100, amount = 5): Promise<string> {
  const order = rig.order(price, amount);
  const placing = rig.engine.place(order, {});
  await rig.time.advance(10);
  await placing;
  return order.clientOrderId;
}

describe("an order that is not surely known", () => {
  test("is not taken for absent while its request waits here to be sent", async () => {
    const rig = await started();
    rig.way = (name) => (name === "place" ? { queueMs: 200_000 } : {});
    const order = rig.order(100, 5);
    const placing = rig.engine.place(order, {});
    await rig.time.advance(190_000);
    expect(rig.engine.order(order.clientOrderId)?.status).toBe("pendingCreate");
    await rig.time.advance(20_000);
    expect((await placing).status).toBe("open");
    expect(rig.toldOf(order.clientOrderId)).toEqual(["created"]);
    await rig.stop();
  });

  test("keeps a cancel pending that waits here to be sent", async () => {
    const rig = await started();
    const id = await opened(rig);
    rig.way = (name) => (name === "cancel" ? { queueMs: 200_000 } : {});
    const canceling = rig.engine.cancel(id, {});
    await rig.time.advance(210_000);
    expect((await canceling).status).toBe("canceled");
    expect(rig.toldOf(id)).toEqual(["created", "canceled"]);
    await rig.stop();
  });

  test("is closed only after its validity and the lag, by two answers, and no word of the network", async () => {
    const rig = await started();
    rig.way = (name) => (name === "place" ? { lost: "before" } : { error: timeout() });
    const order = rig.order(100, 5);
    void rig.engine.place(order, {});
    await rig.time.advance(600_000);
    expect(rig.engine.order(order.clientOrderId)?.certainty).toBe("unknown");
    expect(rig.codes()).not.toContain("ORDER_UNRESOLVED");
    rig.way = () => ({});
    await rig.time.advance(120_000);
    expect(rig.engine.order(order.clientOrderId)).toMatchObject({
      status: "rejected",
      reason: { kind: "notFound" },
    });
    await rig.stop();
  });

  test("is told to somebody once where the venue may have forgotten it", async () => {
    const rig = await started();
    rig.way = (name) => (name === "place" ? { lost: "before" } : {});
    const order = rig.order(100, 5);
    void rig.engine.place(order, {});
    await rig.time.advance(10);
    rig.die();
    rig.time.sleep(TIMES.retentionMs + 1);
    await rig.start();
    await rig.time.advance(1_000_000);
    expect(rig.codes().filter((code) => code === "ORDER_UNRESOLVED")).toHaveLength(1);
    expect(rig.engine.order(order.clientOrderId)).toMatchObject({
      status: "pendingCreate",
      certainty: "unknown",
    });
    await rig.stop();
  });

  test("is doubted if the venue does not know it any more, and somebody is told once", async () => {
    const rig = await started();
    const id = await opened(rig);
    rig.venue.orders.clear();
    await rig.time.advance(1_000_000);
    expect(rig.codes().filter((code) => code === "ORDER_UNRESOLVED")).toHaveLength(1);
    expect(rig.engine.order(id)).toMatchObject({ status: "open", certainty: "unknown" });
    await rig.stop();
  });

  test("is asked after until there is an answer, if a list leaves it out", async () => {
    const rig = await started();
    const id = await opened(rig);
    rig.streamWays = () => [];
    rig.venue.cancel(rig.venue.open[0] as (typeof rig.venue.open)[number]);
    let failures = 0;
    rig.way = (name) => (name === "query" && failures++ < 3 ? { error: timeout() } : {});
    const reconciling = rig.engine.reconcile("requested");
    await rig.time.advance(20_000);
    await reconciling;
    expect(rig.engine.order(id)?.status).toBe("canceled");
    await rig.stop();
  });
});

describe("commands", () => {
  test("of which one never left prove nothing of the one before", async () => {
    const rig = await started();
    const id = await opened(rig);
    rig.way = () => ({ error: timeout() });
    const canceling = rig.engine.cancel(id, {});
    await rig.time.advance(10);
    await canceling;
    const abort = AbortSignal.abort();
    await expect(rig.engine.cancel(id, { signal: abort })).rejects.toMatchObject({ outcome: "notSent" });
    expect(rig.engine.order(id)).toMatchObject({ certainty: "unknown", pendingCommand: "cancel" });
    await rig.stop();
  });

  test("that are given up before they were sent never left, and later are unknown", async () => {
    const rig = await started();
    rig.way = () => ({ queueMs: 100, thereMs: 100, backMs: 100 });
    const early = new AbortController();
    const late = new AbortController();
    const [one, other] = [rig.order(100, 5), rig.order(101, 5)];
    const never = expect(rig.engine.place(one, { signal: early.signal })).rejects.toMatchObject({
      outcome: "notSent",
    });
    const placing = rig.engine.place(other, { signal: late.signal });
    await rig.time.advance(50);
    early.abort();
    await rig.time.advance(100);
    late.abort();
    await never;
    expect((await placing).certainty).toBe("unknown");
    await rig.time.advance(5_000);
    expect(rig.engine.order(one.clientOrderId)).toMatchObject({
      status: "rejected",
      reason: { kind: "notSent" },
    });
    expect(rig.engine.order(other.clientOrderId)).toMatchObject({ status: "open", certainty: "known" });
    await rig.stop();
  });

  test("in one request are each taken for what is said of them", async () => {
    const rig = await started();
    const orders = [rig.order(100, 1), rig.order(101, 1), rig.order(102, 1)];
    const act = rig.venue.act.bind(rig.venue);
    // The first is taken, the second refused, and of the third, in a request of its own, nothing is said.
    rig.venue.act = (call) => {
      if (call.path !== "/placeBatch") return act(call);
      const [first, second] = act(call) as unknown as unknown[];
      if (second === undefined) return [] as never;
      rig.venue.orders.delete("e2");
      return [first, { venueCode: "insufficientFunds", message: "" }] as never;
    };
    const placing = rig.engine.placeBatch(orders, {});
    await rig.time.advance(3);
    expect((await placing).map(({ order: { status, certainty } }) => [status, certainty])).toEqual([
      ["open", "known"],
      ["rejected", "known"],
      ["pendingCreate", "unknown"],
    ]);
    await rig.time.advance(5_000);
    expect(rig.engine.order(orders[2]?.clientOrderId ?? "")).toMatchObject({
      status: "open",
      certainty: "known",
    });
    await rig.stop();
  });

  test("that cannot be written as a request leave no order behind", async () => {
    const rig = await started({
      place: () => {
        throw new TypeError("this venue knows no such order");
      },
      amend: () => {
        throw new TypeError("this venue amends no such order");
      },
    });
    const order = rig.order(100, 5);
    await expect(rig.engine.place(order, {})).rejects.toThrow(TypeError);
    expect(rig.engine.orders.size).toBe(0);
    expect(rig.engine.order(order.clientOrderId)?.reason?.kind).toBe("notSent");
    await rig.stop();
  });

  test("in flight are unknown after a stop, and known again after a start", async () => {
    const rig = await started();
    rig.way = () => ({ thereMs: 100, backMs: 100 });
    const order = rig.order(100, 5);
    const placing = rig.engine.place(order, {});
    await rig.time.advance(50);
    await rig.stop();
    expect((await placing).certainty).toBe("unknown");
    expect(() => rig.engine.place(rig.order(1, 1), {})).toThrow();
    await rig.time.advance(100);
    rig.way = () => ({});
    await rig.start();
    await rig.time.advance(1_000);
    expect(rig.engine.order(order.clientOrderId)).toMatchObject({ status: "open", certainty: "known" });
    await rig.stop();
    expect(rig.time.pending).toBe(0);
  });

  test("that end an order by amending it are told as its end", async () => {
    const rig = await started();
    const id = await opened(rig);
    rig.venue.fill(rig.venue.open[0] as (typeof rig.venue.open)[number], new Decimal(2));
    await rig.time.advance(10);
    const amending = rig.engine.amend(id, { price: new Decimal(100), amount: new Decimal(2) }, {});
    await rig.time.advance(10);
    expect((await amending).status).toBe("filled");
    await rig.stop();
  });
});

describe("words of the venue", () => {
  test("that name an order it had refused bring it back, and somebody is told", async () => {
    const rig = await started();
    rig.way = (name) => (name === "place" ? { error: refusal("invalidOrder") } : {});
    const id = await opened(rig);
    expect(rig.engine.order(id)?.status).toBe("rejected");
    rig.venue.place(id, "buy", new Decimal(100), new Decimal(5));
    await rig.time.advance(10);
    expect(rig.engine.order(id)?.status).toBe("open");
    expect(rig.codes()).toContain("ORDER_CONTRADICTED");
    expect(rig.toldOf(id)).toEqual(["rejected", "revived"]);
    await rig.stop();
  });

  test("of orders that others placed are nobody's of ours, whatever their ids", async () => {
    const rig = await started();
    const id = await opened(rig);
    const update = { exchangeSymbol: SYMBOL, status: "canceled", exchangeTimestamp: undefined } as const;
    rig.say({ type: "order", update: { ...update, clientOrderId: id, exchangeOrderId: "e99" } });
    rig.say({ type: "order", update: { ...update, clientOrderId: `${id}9`, exchangeOrderId: "e98" } });
    await rig.time.advance(10);
    expect(rig.engine.order(id)?.status).toBe("open");
    expect(rig.engine.order(`${id}9`)).toBeUndefined();
    await rig.stop();
  });

  test("of more traded than ordered raise the alarm once for what is on top", async () => {
    const rig = await started();
    const id = await opened(rig);
    const [theirs] = rig.venue.open;
    const update = {
      exchangeSymbol: SYMBOL,
      clientOrderId: id,
      exchangeOrderId: theirs?.exchangeOrderId,
      status: "open",
      filledAmount: new Decimal(7),
      exchangeTimestamp: undefined,
    } as const;
    rig.say({ type: "order", update });
    rig.say({ type: "order", update });
    for (const tradeId of ["a", "b"]) {
      rig.say({
        type: "fill",
        fill: {
          exchangeSymbol: SYMBOL,
          clientOrderId: id,
          exchangeOrderId: theirs?.exchangeOrderId as string,
          tradeId,
          side: "buy",
          price: new Decimal(100),
          amount: new Decimal("3.5"),
          fees: [],
          liquidity: undefined,
          exchangeTimestamp: rig.time.now(),
        },
      });
    }
    await rig.time.advance(10);
    expect(rig.codes().filter((code) => code === "OVERFILLED")).toHaveLength(1);
    await rig.stop();
  });

  test("that say less than all fills are waited for, and then told without", async () => {
    const rig = await started();
    const id = await opened(rig);
    const [theirs] = rig.venue.open;
    if (theirs === undefined) throw new TypeError("no order");
    theirs.status = "filled";
    theirs.filled = theirs.amount;
    await rig.time.advance(600_000);
    expect(rig.engine.order(id)).toMatchObject({ status: "filled", fills: [] });
    expect(rig.codes().filter((code) => code === "FILLS_MISSING")).toHaveLength(1);
    await rig.time.advance(600_000);
    expect(rig.codes().filter((code) => code === "FILLS_MISSING")).toHaveLength(1);
    await rig.stop();
  });

  test("that came while the stream was away are in the report of what was found", async () => {
    const rig = await started();
    const id = await opened(rig);
    rig.down();
    rig.venue.cancel(rig.venue.open[0] as (typeof rig.venue.open)[number]);
    rig.up();
    await rig.time.advance(100);
    expect(rig.reports.at(-1)).toMatchObject({ reason: "reconnect", orders: [id] });
    await rig.stop();
  });
});

describe("a program that dies", () => {
  /** What a program does, as long as it lives. */
  async function work(rig: TradingRig): Promise<void> {
    await rig.start();
    await rig.time.advance(100);
    const first = rig.order(100, 5);
    void rig.engine.place(first, {}).catch(() => undefined);
    await rig.time.advance(10);
    const batch = [rig.order(101, 2), rig.order(102, 2)];
    void rig.engine.placeBatch(batch, {}).catch(() => undefined);
    await rig.time.advance(10);
    for (const order of rig.venue.open) rig.venue.fill(order, new Decimal(2));
    await rig.time.advance(10);
    if (rig.engine.order(first.clientOrderId)) {
      void rig.engine.cancel(first.clientOrderId, {}).catch(() => undefined);
      await rig.time.advance(10);
    }
  }

  test.each([true, false])(
    "at any write (the write is there: %s) loses and doubles nothing",
    async (isThere) => {
      let writes = Number.POSITIVE_INFINITY;
      for (let last = 0; last < writes; last += 1) {
        const rig = new TradingRig();
        let count = 0;
        rig.wrapJournal = (journal): Journal =>
          new Proxy(journal, {
            get(target, name) {
              if (name !== "write") {
                const value: unknown = Reflect.get(target, name, target);
                return typeof value === "function" ? value.bind(target) : value;
              }
              return (entries: Parameters<Journal["write"]>[0]) => {
                if (count === last && isThere) target.write(entries);
                if (count === last) rig.die();
                count += 1;
                target.write(entries);
              };
            },
          });
        await work(rig).catch(() => undefined);
        writes = count > last ? Number.POSITIVE_INFINITY : count;
        rig.wrapJournal = (journal) => journal;
        rig.die();
        await rig.start();
        await rig.time.advance(200_000);
        const theirs = [...rig.venue.orders.values()];
        expect(new Set(theirs.map(({ clientOrderId }) => clientOrderId)).size).toBe(theirs.length);
        for (const each of theirs) {
          expect(rig.engine.order(each.clientOrderId)).toMatchObject({
            status: each.status,
            certainty: "known",
          });
          expect(rig.engine.order(each.clientOrderId)?.fills).toHaveLength(each.fills.length);
        }
        expect(rig.engine.orders.size).toBe(rig.venue.open.length);
        const order = rig.order(1, 1);
        expect(rig.venue.byClientId(order.clientOrderId)).toBeUndefined();
        await rig.stop();
        if (last > 200) throw new TypeError("the program never comes to its end");
      }
    },
  );

  test("does not send what it cannot write down, and tells what it hears all the same", async () => {
    const rig = new TradingRig();
    let isFull = false;
    rig.wrapJournal = (journal): Journal =>
      new Proxy(journal, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name, target);
          if (name === "write" && isFull)
            return () => {
              throw new JournalError("JOURNAL_UNAVAILABLE", "full");
            };
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
    await rig.start();
    await rig.time.advance(100);
    const id = await opened(rig);
    isFull = true;
    expect(() => rig.engine.place(rig.order(100, 5), {})).toThrow(
      expect.objectContaining({ code: "JOURNAL_UNAVAILABLE", outcome: "notSent" }),
    );
    rig.venue.fill(rig.venue.open[0] as (typeof rig.venue.open)[number], new Decimal(2));
    await rig.time.advance(10);
    expect(rig.toldOf(id)).toEqual(["created", "fill"]);
    expect(rig.codes()).toContain("JOURNAL_UNAVAILABLE");
    const canceling = rig.engine.cancel(id, {});
    await rig.time.advance(10);
    expect((await canceling).status).toBe("canceled");
    isFull = false;
    await opened(rig);
    rig.die();
    rig.wrapJournal = (journal) => journal;
    await rig.start();
    expect(rig.engine.order(id)).toMatchObject({ status: "canceled" });
    expect(rig.engine.order(id)?.fills).toHaveLength(1);
    await rig.stop();
  });

  test("asks after fills from where they were known, not from the oldest order on", async () => {
    const asked: number[] = [];
    const rig = await started();
    const define = rig.venue.define.bind(rig.venue);
    rig.venue.define = (overrides) => {
      const definition = define(overrides);
      const { fills } = definition;
      const call: typeof fills.call = (query) => {
        asked.push(query.fromTimestamp);
        return fills.call(query);
      };
      return { ...definition, fills: { ...fills, call } };
    };
    await opened(rig);
    await rig.time.advance(86_400_000);
    rig.die();
    await rig.start();
    await rig.time.advance(100);
    for (const from of asked) expect(rig.time.now() - from).toBeLessThan(300_000);
    expect(asked).not.toHaveLength(0);
    await rig.stop();
  });
});

test("a thousand orders of a hundred words each are followed in time that grows as they do", async () => {
  const rig = await started();
  const ids: string[] = [];
  for (let count = 0; count < 1_000; count += 1) {
    const order = rig.order(1, 100);
    ids.push(order.clientOrderId);
    void rig.engine.place(order, {});
  }
  await rig.time.advance(10);
  const theirs = [...rig.venue.orders.values()];
  for (let count = 0; count < 50; count += 1) {
    for (const order of theirs) {
      const fill = {
        exchangeSymbol: SYMBOL,
        exchangeOrderId: order.exchangeOrderId,
        clientOrderId: undefined,
        tradeId: `t${count}`,
        side: "buy",
        price: order.price,
        amount: new Decimal(1),
        fees: [],
        liquidity: "maker",
        exchangeTimestamp: rig.time.now(),
      } as const;
      rig.engine.take({ type: "fill", fill });
      rig.engine.take({ type: "fill", fill });
    }
  }
  expect(rig.engine.order(ids[0] ?? "")?.fills).toHaveLength(50);
  await rig.stop();
}, 60_000);

test("the journal holds no more than the latest of the orders that have ended", async () => {
  const journals = createMemoryJournals();
  const journal = await journals.open({ venue: "toy", environment: "sim", account: "a" });
  const rig = new TradingRig();
  rig.wrapJournal = () => journal;
  await rig.start();
  await rig.time.advance(10);
  for (let count = 0; count < 1_100; count += 1) {
    const order = rig.order(1, 1);
    const placing = rig.engine.place(order, { signal: AbortSignal.abort() });
    await placing.catch(() => undefined);
  }
  // Until the venue was asked for fills since, each may still have some.
  await rig.time.advance(TIMES.queryLagMs + 1);
  const reconciled = rig.engine.reconcile("requested");
  await rig.time.advance(1_000);
  await reconciled;
  expect([...journal.entries("orders")]).toHaveLength(1_000);
  await rig.stop();
});
