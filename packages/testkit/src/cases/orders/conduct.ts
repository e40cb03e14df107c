import { RateLimitError } from "@conn/core";
import { errorOf, must, mustBeError, mustEqual } from "../../run/failure.js";
import { tradingCase } from "../../run/trading-case.js";

const HTML = "<html><body><h1>500</h1></body></html>";

/**
 * Given orders of another program of the account.
 * Do reconcile, cancel all, and, where the venue has such a command and it is asked for, cancel all of the account.
 * Expect the other's to be seen, told of as foreign, never as ours, and untouched unless asked.
 */
export const ordersOfOthers = tradingCase({
  id: "O62",
  title: "orders of other programs: seen, not adopted, not touched unless asked",
  async run(desk) {
    const { symbol } = desk;
    const price = desk.restingPrice("buy", 7);
    const foreign = {
      symbol,
      side: "buy",
      price: price.toFixed(),
      amount: desk.amount(price).toFixed(),
    } as const;
    desk.account.placeOrder({ ...foreign, clientOrderId: "another-1" });
    const { clientOrderId } = await desk.rest();
    const report = await desk.complete(desk.connector.reconcile(), "reconcile()");
    mustEqual(
      report.foreignOrders.map((order) => order.clientOrderId),
      ["another-1"],
      "orders of others that were seen",
    );
    const listed = await desk.complete(desk.connector.fetchOpenOrders(desk.tradingPair), "fetchOpenOrders");
    mustEqual(
      listed.map((order) => [order.clientOrderId, order.isOurs]).sort(),
      [
        ["another-1", false],
        [clientOrderId, true],
      ].sort(),
      "the open orders of the account",
    );
    await desk.complete(desk.connector.cancelAllOrders(), "cancelAllOrders");
    await desk.untilStatus(clientOrderId, "canceled");
    mustEqual(desk.oneAtVenue("another-1").status, "open", "the other's order");
    desk.account.fillOrder("another-1");
    await desk.advance(5_000);
    mustEqual(desk.story("another-1"), [], "what was told of the other's order");
    if (!desk.stage.plugin.supports.trading?.cancelForeign) return;
    desk.account.placeOrder({ ...foreign, clientOrderId: "another-2" });
    const ours = await desk.rest();
    await desk.complete(
      desk.connector.cancelAllOrders({ tradingPair: desk.tradingPair, includeForeign: true }),
      "cancelAllOrders, others' too",
    );
    await desk.untilStatus(ours.clientOrderId, "canceled");
    mustEqual(desk.oneAtVenue("another-2").status, "canceled", "the other's order, when asked");
  },
});

/**
 * Given open orders.
 * Do stop and start.
 * Expect the orders untouched, and no request of either but questions and what opens the stream.
 */
export const touchesNothing = tradingCase({
  id: "O64",
  title: "stop cancels nothing; start sets nothing",
  async run(desk) {
    const { clientOrderId } = await desk.rest();
    const sent: string[] = [];
    desk.stage.world.onTraffic((event) => {
      if (event.type === "request" && event.owner === desk.owner && event.method !== "GET")
        sent.push(`${event.method} ${new URL(event.url).pathname}`);
    });
    const commands = (["place", "cancel"] as const).map((call) => desk.requestsFor(call));
    await desk.restart(() => {
      mustEqual(desk.oneAtVenue(clientOrderId).status, "open", "the order after stop()");
    });
    mustEqual(
      (["place", "cancel"] as const).map((call) => desk.requestsFor(call)),
      commands,
      "commands sent",
    );
    must(
      sent.every((one) => desk.accounts.harmless.includes(one)),
      `nothing that changes the account, but ${sent.join(", ")}`,
    );
    mustEqual(desk.order(clientOrderId).status, "open", "the order after the restart");
  },
});

/**
 * Given a venue that has asked for a pause, longer than an order's patience.
 * Do place one with `maxQueueMs`.
 * Expect it to be refused with nothing sent, then or later.
 */
export const neverSentLate = tradingCase({
  id: "O65",
  title: "an order that has waited longer than maxQueueMs is refused, never sent late",
  async run(desk) {
    await desk.cancel((await desk.rest()).clientOrderId);
    await desk.advance(5_000);
    const pause = desk.stage.venue.faults.rateLimit({ retryAfterMs: 30_000 });
    await desk.complete(
      Promise.allSettled([desk.connector.checkNetwork(), desk.connector.fetchOpenOrders()]),
      "calls that are asked to pause",
    );
    pause.cancel();
    const placed = desk.requestsFor("place");
    const began = desk.stage.world.elapsedMs;
    const refused = await desk.complete(
      errorOf(
        () => desk.connector.placeOrder(desk.resting(), { maxQueueMs: 2_000 }),
        "an order that waits longer than it may",
      ),
    );
    mustBeError(refused, RateLimitError, "RATE_QUEUE_TIMEOUT");
    mustEqual((refused as RateLimitError).outcome, "notSent", "its outcome");
    must(desk.stage.world.elapsedMs - began <= 2_100, "a refusal within the order's patience");
    desk.note(refused);
    await desk.advance(120_000);
    mustEqual(desk.requestsFor("place"), placed, "orders sent");
    mustEqual(desk.connector.orders.size, 0, "orders that have not ended");
  },
});

/**
 * Given a venue whose answer to a new order says only that it was received, and a stream that does not tell.
 * Expect the order not to be called open by the answer alone, and to be asked after.
 */
export const received = tradingCase({
  id: "O66",
  title: "acknowledged is not placed, where the venue only receives",
  appliesTo: ({ plugin }) => plugin.supports.trading?.ackMeans === "received",
  async run(desk) {
    const untold = desk.untold("created");
    const questions = desk.hang("query", "openOrders");
    const { clientOrderId, status } = await desk.place();
    mustEqual(status, "pendingCreate", "its status by the answer alone");
    await desk.advance(1_000);
    mustEqual(desk.story(clientOrderId), [], "what was told of it");
    questions.cancel();
    await desk.untilStatus(clientOrderId, "open");
    untold.cancel();
  },
});

/**
 * Given a venue under load.
 * Do place orders that it refuses as its documents say; that it leaves undetermined, as they say; and that end in an
 * answer that is not documented.
 * Expect the first rejected; the others unknown, whatever became of them, and found out.
 */
export const refusalsUnderLoad = tradingCase({
  id: "O67",
  title: "documented refusals under load are rejections, undocumented ones unknown",
  async run(desk) {
    const { faults } = desk.stage.venue;
    const { busyAnswer, undeterminedAnswer } = desk.accounts;
    const place = desk.request("place");
    if (busyAnswer !== undefined) {
      faults.rejectRequest(place, busyAnswer);
      const { clientOrderId } = await desk.place();
      mustEqual(desk.order(clientOrderId).status, "rejected", "an order that the venue was too busy for");
      desk.mustTell(clientOrderId, "rejected");
    }
    for (const answer of [undeterminedAnswer, { status: 500, body: HTML }]) {
      if (answer === undefined) continue;
      for (const arrives of [true, false]) {
        const untold = desk.untold("created");
        if (arrives) faults.replaceAnswer(place, answer);
        else faults.rejectRequest(place, answer);
        const { clientOrderId, certainty, status } = await desk.place();
        mustEqual({ certainty, status }, { certainty: "unknown", status: "pendingCreate" }, "the order");
        await desk.untilStatus(clientOrderId, arrives ? "open" : "rejected", 600_000);
        untold.cancel();
      }
    }
  },
});
