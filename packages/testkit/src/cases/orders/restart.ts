import { createMemoryJournals, JournalError, NetworkError, type Ports } from "@conn/core";
import { ALL_SITUATIONS } from "../../run/conformance-case.js";
import { Desk } from "../../run/desk.js";
import { errorOf, must, mustBeError, mustEqual } from "../../run/failure.js";
import { PATIENCE_MS } from "../../run/probe.js";
import { tradingCase } from "../../run/trading-case.js";

const RESOLVED_MS = 600_000;

/**
 * Given orders that are open, in doubt because their answer was lost, and in doubt because their request was, in each
 * situation.
 * Do end the program; meanwhile one is filled, one canceled, one filled in part; start the program anew.
 * Expect each to be known again, by its id, and as the venue has it.
 */
export const restart = tradingCase({
  id: "O60",
  title: "restart from the journal: open, filled, canceled meanwhile, in doubt, never arrived",
  situations: ALL_SITUATIONS,
  refused: () => [(connector) => connector.reconcile()],
  async run(desk) {
    const { faults } = desk.stage.venue;
    const [open, filled, canceled, partly] = [
      await desk.rest(),
      await desk.rest(),
      await desk.rest(),
      await desk.rest(),
    ];
    const untold = desk.untold("created");
    faults.loseAnswer(desk.request("place"));
    const there = desk.connector.placeOrder(desk.resting());
    await desk.stage.world.settle();
    faults.loseRequest(desk.request("place"));
    const gone = desk.connector.placeOrder(desk.resting());
    await desk.stage.world.settle();
    const ids = [...desk.connector.orders.keys()];
    mustEqual(ids.length, 6, "orders that have not ended");
    await desk.restart(() => {
      untold.cancel();
      desk.account.fillOrder(filled.clientOrderId);
      desk.account.cancelOrder(canceled.clientOrderId);
      desk.account.fillOrder(partly.clientOrderId, partly.amount!.div(2).toFixed());
    });
    await Promise.allSettled([there, gone]);
    const wanted = ["open", "filled", "canceled", "open", "open", "rejected"];
    for (const [index, id] of ids.entries()) {
      await desk.until(
        id,
        ({ status, certainty }) => status === wanted[index] && certainty === "known",
        `${wanted[index]} after the restart`,
        RESOLVED_MS,
      );
    }
    for (const id of ids) desk.expectTrue(desk.order(id));
    mustEqual(desk.order(partly.clientOrderId).fills.length, 1, "fills of the order that was filled in part");
    mustEqual(desk.connector.orders.size, 3, "orders that have not ended");
    const [again] = await Promise.all([desk.rest()]);
    must(!ids.includes(again!.clientOrderId), "an id that was never used before");
    must(open.clientOrderId !== again!.clientOrderId, "another order");
  },
});

/** What of a machine goes on when its program is killed. */
interface Machine {
  readonly ports: (ports: Ports) => Ports;
  /** Whether it has been killed. */
  readonly isDead: boolean;
  /** Steps that it has taken. */
  readonly steps: number;
}

/** A machine whose program is killed before its step number `deadline`: a write of the journal, a request, its answer. */
function machineThatDies(deadline: () => number): Machine {
  let steps = 0;
  let isDead = false;
  const step = (): boolean => {
    if (isDead) return false;
    steps += 1;
    isDead = steps >= deadline();
    return !isDead;
  };
  const died = (): NetworkError => new NetworkError("NETWORK_CLOSED", "the program is dead");
  return {
    get isDead() {
      return isDead;
    },
    get steps() {
      return steps;
    },
    ports: (ports) => ({
      ...ports,
      http: {
        async open(options) {
          const client = await ports.http.open(options);
          return {
            async request(request) {
              if (!step()) throw died();
              const answer = await client.request(request);
              if (!step()) throw died();
              return answer;
            },
            close: () => client.close(),
          };
        },
      },
      journals: {
        async open(binding) {
          const journal = await ports.journals.open(binding);
          return {
            get created() {
              return journal.created;
            },
            get: (collection, key) => journal.get(collection, key),
            entries: (collection) => journal.entries(collection),
            all: () => journal.all(),
            // What a dead program writes is not written.
            write: (entries) => void (step() && journal.write(entries)),
            close: () => journal.close(),
          };
        },
      },
    }),
  };
}

/**
 * Given a program that places an order.
 * Do kill it before every single step of that: each write of the journal, each request, each answer; start it anew.
 * Expect at most one order at the venue, known to the new program and as the venue has it; and none that the program
 * believes in and the venue has not.
 */
export const killedWhilePlacing = tradingCase({
  id: "O61",
  title: "killed at any step of placing: no order lost, none doubled",
  timeoutMs: 60_000,
  async run(first) {
    let reached = true;
    for (let killAt = 1; reached; killAt += 1) {
      must(killAt < 50, "a new order to take fewer than 50 steps");
      reached = await killAndRestart(first, killAt);
      // At least: the order written down, signed, sent, answered, written down.
      must(reached || killAt > 5, `a new order to take more than ${killAt - 1} steps`);
    }
  },
});

async function killAndRestart(first: Desk, killAt: number): Promise<boolean> {
  const { stage } = first;
  // Books are of no interest here.
  const desk = await Desk.open(stage, "connecting", {}, `trader killed at ${killAt}`);
  await desk.end(desk.probe);
  let armedAt: number | undefined;
  const machine = machineThatDies(() =>
    armedAt === undefined ? Number.POSITIVE_INFINITY : armedAt + killAt,
  );
  const doomed = desk.connect({}, machine.ports);
  desk.take(doomed);
  await doomed.start();
  await desk.untilReady();
  // Learns what is asked once for an instrument.
  await desk.cancel((await desk.rest()).clientOrderId);
  await desk.advance(5_000);
  armedAt = machine.steps;
  const untold = desk.untold("created");
  const placing = Promise.allSettled([doomed.connector.placeOrder(desk.resting())]);
  await stage.world.until(() => machine.isDead || doomed.connector.orders.size > 0, { withinMs: 1_000 });
  await stage.world.settle();
  const died = machine.isDead;
  if (!died) armedAt = machine.steps - killAt + 1;
  untold.cancel();
  await desk.end(doomed);
  await placing;
  const next = desk.connect();
  desk.take(next);
  await next.start();
  await desk.untilReady();
  await stage.world.until(
    () =>
      [...next.connector.orders.values()].every(
        ({ certainty, status }) => certainty === "known" && status === "open",
      ),
    {
      withinMs: RESOLVED_MS,
      what: `orders that are known again, where the program was killed at step ${killAt}`,
    },
  );
  const [, ...placed] = desk.account.orders();
  must(placed.length <= 1, `at most one order at the venue, killed at step ${killAt}`);
  for (const { clientOrderId } of placed) {
    const order = next.connector.order(clientOrderId!);
    must(
      order !== undefined,
      `an order of the venue's that is known after the restart, killed at step ${killAt}`,
    );
    desk.expectTrue(order);
  }
  mustEqual(
    next.connector.orders.size,
    placed.length,
    `orders that have not ended, killed at step ${killAt}`,
  );
  await desk.end(next);
  return died;
}

/**
 * Given an account that is traded for.
 * Do start a second program for it with the same journal; one for another account; one with a journal of a newer version.
 * Expect the second writer and the newer version refused, and nothing known of the other account's orders.
 */
export const journalIsOnes = tradingCase({
  id: "O63",
  title: "the journal of another account holds nothing for this one; a second writer is refused",
  async run(desk) {
    const { clientOrderId } = await desk.rest();
    const second = desk.connect();
    const refused = await errorOf(() => second.start(), "a second program with the same journal");
    mustBeError(refused, JournalError, "JOURNAL_LOCKED");
    desk.note(refused);
    desk.stage.retire(second);
    const other = desk.accounts.open("another trader");
    // What is open is counted by owner: its journals are those of the same machine.
    const { journals: shared } = desk.stage.world.portsOf(desk.owner);
    const stranger = desk.connect(
      { credentials: other.credentials },
      (ports) => ({ ...ports, journals: shared }),
      "another trader's program",
    );
    await stranger.start();
    await desk.stage.world.until(() => stranger.connector.status.account, { withinMs: PATIENCE_MS });
    mustEqual(stranger.connector.orders.size, 0, "orders of another account");
    mustEqual(stranger.connector.order(clientOrderId), undefined, "an order of another account");
    must(stranger.connector.account !== desk.connector.account, "accounts that can be told apart");
    await desk.end(stranger);

    // A journal that a later version of this library has written.
    await desk.end(desk.probe);
    const journals = createMemoryJournals();
    const newer = desk.connect({}, (ports) => ({
      ...ports,
      journals: {
        async open(binding) {
          const journal = await journals.open(binding);
          journal.write([{ collection: "meta", key: "version", value: "999" }]);
          return journal;
        },
      },
    }));
    const tooNew = await errorOf(() => newer.start(), "a start with a journal of a newer version");
    mustBeError(tooNew, JournalError, "JOURNAL_VERSION");
    desk.note(tooNew);
    await desk.end(newer);
    await desk.restart();
    mustEqual([...desk.connector.orders.keys()], [clientOrderId], "orders that have not ended");
  },
});
