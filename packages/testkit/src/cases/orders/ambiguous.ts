import { type InFlightOrder, isFinished } from "@conn/core";
import type { RequestFilter } from "@conn/simulator";
import { ALL_SITUATIONS } from "../../run/conformance-case.js";
import type { Desk } from "../../run/desk.js";
import { must, mustEqual } from "../../run/failure.js";
import { tradingCase } from "../../run/trading-case.js";
import type { VenueCall } from "../../venue/venue-accounts.js";

const HTML = "<html><body><h1>502 Bad Gateway</h1></body></html>";

/** A way in which a command's outcome can be lost. */
interface Loss {
  readonly what: string;
  /** Whether the venue carries the command out. */
  readonly arrives: boolean;
  order(desk: Desk, filter: RequestFilter): void;
}

const LOSSES: readonly Loss[] = [
  {
    what: "the answer is lost",
    arrives: true,
    order: ({ stage }, filter) => void stage.venue.faults.loseAnswer(filter),
  },
  {
    what: "the request is lost",
    arrives: false,
    order: ({ stage }, filter) => void stage.venue.faults.loseRequest(filter),
  },
  {
    what: "a gateway answers 502 in its place",
    arrives: true,
    order: ({ stage }, filter) => void stage.venue.faults.replaceAnswer(filter, { status: 502, body: HTML }),
  },
  {
    what: "a gateway answers 502 and passes nothing on",
    arrives: false,
    order: ({ stage }, filter) => void stage.venue.faults.rejectRequest(filter, { status: 502, body: HTML }),
  },
  {
    what: "the answer comes after our patience",
    arrives: true,
    order: ({ stage }, filter) => void stage.venue.faults.delayAnswer(filter, 60_000),
  },
  {
    what: "the connection is reset after it was carried out",
    arrives: true,
    order: ({ stage }, filter) => void stage.venue.faults.replaceAnswer(filter, "reset"),
  },
  {
    what: "the connection is reset before",
    arrives: false,
    order: ({ stage }, filter) => void stage.venue.faults.rejectRequest(filter, "reset"),
  },
  {
    what: "the answer cannot be read",
    arrives: true,
    order: ({ stage }, filter) => void stage.venue.faults.corruptAnswer(filter, HTML),
  },
  {
    what: "the answer is cut off",
    arrives: true,
    order: ({ stage }, filter) => void stage.venue.faults.corruptAnswer(filter, "{"),
  },
];

/** Long enough for every doubt to be resolved: windows of validity, lags, and pauses between questions. */
const RESOLVED_MS = 600_000;

function isKnown({ certainty, pendingCommand, status }: InFlightOrder): boolean {
  return certainty === "known" && pendingCommand === "none" && status !== "pendingCreate";
}

/** Loses the outcome of the next request of a call. */
function lose(desk: Desk, loss: Loss, call: VenueCall): void {
  loss.order(desk, desk.request(call));
}

/**
 * Given every way in which the outcome of a new order can be lost, in each situation, with a stream that tells and one
 * that does not.
 * Expect it to be called unknown, never rejected on such grounds; to be found out; and exactly one order at the venue, or
 * none where the request never got there.
 */
export const ambiguousPlace = tradingCase({
  id: "O50",
  title:
    "a new order whose outcome is lost, in every way: unknown, then resolved right, and never sent again",
  situations: ALL_SITUATIONS,
  timeoutMs: 60_000,
  async run(desk) {
    for (const loss of LOSSES) {
      for (const isTold of [true, false]) {
        const untold = isTold ? undefined : desk.untold("created");
        lose(desk, loss, "place");
        const { clientOrderId, status } = await desk.place();
        must(status !== "rejected", `${loss.what}: an order that is not called rejected for that`);
        const order = await desk.until(clientOrderId, isKnown, `resolved, where ${loss.what}`, RESOLVED_MS);
        mustEqual(order.status, loss.arrives ? "open" : "rejected", `${loss.what}: its status`);
        mustEqual(
          desk.atVenue(clientOrderId).length,
          loss.arrives ? 1 : 0,
          `${loss.what}: orders at the venue`,
        );
        if (!loss.arrives) mustEqual(order.reason?.kind, "notFound", `${loss.what}: why`);
        if (!(loss.arrives && isTold)) {
          must(desk.story(clientOrderId).includes("unknown"), `${loss.what}: unknown to be told`);
        }
        untold?.cancel();
        if (loss.arrives) await desk.cancel(clientOrderId);
      }
    }
    const arrived = LOSSES.filter(({ arrives }) => arrives).length * 2;
    mustEqual(desk.account.orders().length, arrived, "orders at the venue");
  },
});

/**
 * Given an open order, and every way in which the outcome of its cancel can be lost.
 * Expect it to end canceled where the command arrived, to stay open where it did not, and to be cancelable again.
 */
export const ambiguousCancel = tradingCase({
  id: "O51",
  title: "a cancel whose outcome is lost, in every way",
  timeoutMs: 60_000,
  async run(desk) {
    for (const loss of LOSSES) {
      const { clientOrderId } = await desk.rest();
      const untold = desk.untold("canceled");
      lose(desk, loss, "cancel");
      const after = await desk.cancel(clientOrderId);
      must(loss.arrives || !isFinished(after), `${loss.what}: an order that is not called canceled for that`);
      const order = await desk.until(clientOrderId, isKnown, `resolved, where ${loss.what}`, RESOLVED_MS);
      mustEqual(order.status, loss.arrives ? "canceled" : "open", `${loss.what}: its status`);
      untold.cancel();
      if (loss.arrives) continue;
      must(
        desk.story(clientOrderId).includes("cancelRefused"),
        `${loss.what}: a cancel that is told to have failed`,
      );
      await desk.cancel(clientOrderId);
      await desk.untilStatus(clientOrderId, "canceled");
    }
  },
});

/**
 * Given an open order, and every way in which the outcome of an amendment can be lost.
 * Expect it to have the price that it has at the venue.
 */
export const ambiguousAmend = tradingCase({
  id: "O52",
  title: "an amendment whose outcome is lost, in every way",
  needsTrading: "amend",
  timeoutMs: 60_000,
  async run(desk) {
    const { clientOrderId } = await desk.rest();
    let steps = 0;
    for (const loss of LOSSES) {
      steps += 1;
      const price = desk.restingPrice("buy", steps);
      const before = desk.order(clientOrderId).price;
      lose(desk, loss, "amend");
      await desk.complete(desk.connector.amendOrder(clientOrderId, { price }), "amendOrder");
      const order = await desk.until(clientOrderId, isKnown, `resolved, where ${loss.what}`, RESOLVED_MS);
      const wanted = loss.arrives ? price : before;
      mustEqual(order.price?.toFixed(), wanted?.toFixed(), `${loss.what}: its price`);
      desk.expectTruth();
    }
  },
});

/**
 * Given several orders in one request, and every way in which its outcome can be lost.
 * Expect each to be found out by itself.
 */
export const ambiguousBatch = tradingCase({
  id: "O53",
  title: "a batch whose outcome is lost: each order is found out",
  needsTrading: "placeBatch",
  timeoutMs: 60_000,
  async run(desk) {
    for (const loss of LOSSES) {
      lose(desk, loss, "placeBatch");
      const untold = desk.untold("created");
      const placed = await desk.complete(
        desk.connector.placeOrders([desk.resting(), desk.resting("sell")]),
        "placeOrders",
      );
      for (const { order } of placed) {
        const { clientOrderId } = order;
        must(order.status !== "rejected", `${loss.what}: an order that is not called rejected for that`);
        const known = await desk.until(clientOrderId, isKnown, `resolved, where ${loss.what}`, RESOLVED_MS);
        mustEqual(known.status, loss.arrives ? "open" : "rejected", `${loss.what}: its status`);
        mustEqual(desk.atVenue(clientOrderId).length, loss.arrives ? 1 : 0, `${loss.what}: at the venue`);
      }
      untold.cancel();
      await desk.complete(desk.connector.cancelAllOrders(), "cancelAllOrders");
      for (const { order } of placed) await desk.until(order.clientOrderId, isFinished, "ended");
    }
  },
});

/**
 * Given several orders in one request, one of which the venue refuses.
 * Expect that one to be rejected, with the venue's reason, and the others to be open.
 */
export const partOfBatchRefused = tradingCase({
  id: "O54",
  title: "one of a batch is refused: that one alone",
  needsTrading: "placeBatch",
  async run(desk) {
    const cross = desk.bestPrice("buy").plus(desk.instrument.rules.priceIncrement);
    const requests = [
      desk.resting(),
      desk.resting("buy", { orderType: "limitMaker", price: cross, amount: desk.amount(cross) }),
      desk.resting("sell"),
    ];
    const placed = await desk.complete(desk.connector.placeOrders(requests), "placeOrders");
    const ids = placed.map(({ order }) => order.clientOrderId);
    await desk.untilStatus(ids[0]!, "open");
    const refused = await desk.until(ids[1]!, isFinished, "ended");
    must(
      ["rejected", "canceled", "expired"].includes(refused.status),
      "the one that would take to have ended",
    );
    mustEqual(refused.reason?.kind, "venue", "who refused it");
    await desk.untilStatus(ids[2]!, "open");
  },
});

/**
 * Given a new order that the venue has, and an answer that calls its client id a duplicate.
 * Expect it to be taken for the order that it is.
 */
export const duplicateId = tradingCase({
  id: "O55",
  title: "an answer that calls our client id a duplicate means the order that we have placed",
  async run(desk) {
    const { duplicateAnswer } = desk.accounts;
    if (duplicateAnswer === undefined) return;
    for (const isTold of [true, false]) {
      const untold = isTold ? undefined : desk.untold("created");
      desk.stage.venue.faults.replaceAnswer(desk.request("place"), duplicateAnswer);
      const { clientOrderId } = await desk.place();
      const order = await desk.until(clientOrderId, isKnown, "resolved", RESOLVED_MS);
      mustEqual(order.status, "open", "its status");
      mustEqual(desk.atVenue(clientOrderId).length, 1, "orders at the venue");
      untold?.cancel();
    }
  },
});

/**
 * Given a new order whose answer and whose frames are lost, at a venue whose records lag: first as long as it may, then
 * much longer.
 * Expect the first to be found without being called absent. Expect the second to be called absent only after its
 * validity and the venue's lag, and to be revived when the venue speaks of it after all.
 */
export const notFoundThenFound = tradingCase({
  id: "O56",
  title: "not found, then found: closed only after validity and lag, and revived",
  timeoutMs: 60_000,
  async run(desk) {
    const { venue, definition, world } = desk.stage;
    const { times } = definition.trading!;
    const untold = desk.untold("created");
    desk.accounts.lagQueries(times.receiveWindowMs + desk.accounts.queryLagMs);
    // Several, as questions come at times of chance.
    const late: string[] = [];
    for (let count = 0; count < 8; count += 1) {
      venue.faults.replaceAnswer(desk.request("place"), "reset");
      const { clientOrderId } = await desk.place();
      late.push(clientOrderId);
    }
    for (const id of late) {
      const order = await desk.until(id, isKnown, "resolved", RESOLVED_MS);
      mustEqual(order.status, "open", "its status");
      must(!desk.story(id).includes("rejected"), "an order that is not called absent");
    }

    desk.accounts.lagQueries(RESOLVED_MS * 2);
    venue.faults.replaceAnswer(desk.request("place"), "reset");
    const sentAt = world.elapsedMs;
    const absent = await desk.place();
    await desk.untilStatus(absent.clientOrderId, "rejected", RESOLVED_MS);
    const waited = world.elapsedMs - sentAt;
    must(
      waited > times.receiveWindowMs + times.queryLagMs,
      `not found to prove nothing for ${times.receiveWindowMs + times.queryLagMs} ms, not ${waited}`,
    );
    mustEqual(desk.order(absent.clientOrderId).reason?.kind, "notFound", "why it was closed");
    desk.account.fillOrder(absent.clientOrderId, desk.order(absent.clientOrderId).amount!.div(2).toFixed());
    await desk.until(absent.clientOrderId, ({ fills }) => fills.length === 1, "its fill");
    must(desk.story(absent.clientOrderId).includes("revived"), "an order that is told to be there after all");
    desk.accounts.lagQueries(0);
    untold.cancel();
    await desk.until(absent.clientOrderId, isKnown, "known");
    mustEqual(desk.order(absent.clientOrderId).status, "open", "its status");
  },
});

/**
 * Given orders in doubt, and open ones.
 * Do take the network away for ten minutes.
 * Expect none to be declared dead meanwhile, and each to be right afterwards.
 */
export const longOutage = tradingCase({
  id: "O57",
  title: "ten minutes without a network: no order is declared dead",
  timeoutMs: 60_000,
  async run(desk) {
    const { venue, world } = desk.stage;
    const open = await desk.rest();
    const filled = await desk.rest(desk.resting("sell"));
    const arrived = desk.request("place");
    const untold = desk.untold("created");
    venue.faults.loseAnswer(arrived);
    const there = desk.connector.placeOrder(desk.resting());
    await world.settle();
    venue.faults.loseRequest(arrived);
    const gone = desk.connector.placeOrder(desk.resting());
    await world.settle();
    await world.complete(venue.goOffline(), { withinMs: 1_000 });
    const ids = [...desk.connector.orders.keys()];
    mustEqual(ids.length, 4, "orders that have not ended");
    desk.account.fillOrder(filled.clientOrderId);
    await desk.advance(600_000);
    mustEqual([...desk.connector.orders.keys()], ids, "orders that have not ended, after ten minutes");
    untold.cancel();
    await world.complete(venue.goOnline(), { withinMs: 1_000 });
    const [{ clientOrderId: thereId }, { clientOrderId: goneId }] = await desk.complete(
      Promise.all([there, gone]),
    );
    await desk.until(thereId, isKnown, "resolved", RESOLVED_MS);
    await desk.until(goneId, isKnown, "resolved", RESOLVED_MS);
    await desk.untilStatus(filled.clientOrderId, "filled");
    mustEqual(
      [open.clientOrderId, thereId, goneId].map((id) => desk.order(id).status),
      ["open", "open", "rejected"],
      "how the orders stand",
    );
    await desk.untilReady();
  },
});
