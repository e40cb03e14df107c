import {
  type ConnectorOptions,
  Decimal,
  type Fill,
  type InFlightOrder,
  type Instrument,
  type OrderRequest,
  type Ports,
  VenueError,
} from "@conn/core";
import type { Fault, FrameFilter, RequestFilter } from "@conn/simulator";
import type {
  VenueAccount,
  VenueAccounts,
  VenueCall,
  VenueOrder,
  VenueTelling,
} from "../venue/venue-accounts.js";
import type { Situation } from "./conformance-case.js";
import { ConformanceFailure, must, mustEqual } from "./failure.js";
import { PATIENCE_MS, type Probe } from "./probe.js";
import { SecretWatch } from "./secret-watch.js";
import type { Stage } from "./stage.js";

/** How a desk is opened. */
export interface DeskOptions {
  /** Options of its connector. */
  readonly options?: ConnectorOptions;
  /** Changes the account before the connector starts. */
  readonly before?: (account: VenueAccount) => void;
}

/** Prices of orders that rest are so far from the market. */
const AWAY = new Decimal("0.02");
/** Worth of a part, in quote, of which a fee does not vanish in rounding. */
const LEAST_WORTH = new Decimal(20);
/** Orders are so many times the least that the rules allow, so that they can fill in parts. */
const PARTS = 10;

/**
 * An account at the simulated venue and a connector that trades for it, in a market that stands still but for them. What
 * the connector says of its orders is held against the venue's own records.
 */
export class Desk {
  readonly stage: Stage;
  readonly accounts: VenueAccounts;
  readonly account: VenueAccount;
  /** The pair of all orders. */
  readonly tradingPair: string;
  readonly symbol: string;
  readonly instrument: Instrument;
  readonly owner: string;
  readonly #options: ConnectorOptions;
  readonly #secrets: SecretWatch;
  readonly #excused = new Set<string>();
  readonly #probes: Probe[] = [];
  #probe: Probe;

  private constructor(stage: Stage, name: string, options: ConnectorOptions) {
    const { accounts } = stage.venue;
    if (accounts === undefined) throw new ConformanceFailure("expected: a simulated venue with accounts");
    this.stage = stage;
    this.accounts = accounts;
    this.account = accounts.open(name);
    this.owner = `machine of ${name}`;
    [this.tradingPair] = stage.pairs(1);
    this.symbol = stage.symbolOf(this.tradingPair);
    this.instrument = stage.instrumentOf(this.symbol);
    this.#options = options;
    this.#secrets = new SecretWatch(stage, this.account.credentials);
    this.#probe = this.connect();
  }

  /** Opens a desk in a situation: while connecting, its account is not in step with the venue yet. */
  static async open(
    stage: Stage,
    situation: Situation = "connected",
    { options = {}, before }: DeskOptions = {},
    name = "trader",
  ): Promise<Desk> {
    const desk = new Desk(stage, name, options);
    before?.(desk.account);
    await desk.probe.start();
    if (situation === "connecting") return desk;
    await desk.untilReady();
    await desk.probe.untilLive();
    desk.freeze();
    if (situation === "reconnected") {
      must(
        stage.venue.faults.drop({ route: desk.accounts.route }) > 0,
        "a private stream that can be dropped",
      );
      await stage.world.settle();
      must(!desk.connector.status.account, "an account that is out of step once its stream is lost");
      await desk.untilReady();
    }
    return desk;
  }

  get probe(): Probe {
    return this.#probe;
  }

  get connector(): Probe["connector"] {
    return this.#probe.connector;
  }

  /** Another connector on the same machine, not yet started. */
  connect(options: ConnectorOptions = {}, reach?: (ports: Ports) => Ports, owner = this.owner): Probe {
    const probe = this.stage.connect(
      {
        credentials: this.account.credentials,
        tradingPairs: [this.tradingPair],
        ...this.#options,
        ...options,
      },
      { owner, reach: (ports) => this.#secrets.watch(reach?.(ports) ?? ports) },
    );
    this.#probes.push(probe);
    return probe;
  }

  /** Ends the program and starts it anew on the same machine, after `meanwhile`. */
  async restart(meanwhile: () => Promise<void> | void = () => {}): Promise<void> {
    await this.end(this.probe);
    await meanwhile();
    this.#probe = this.connect();
    await this.probe.start();
    await this.untilReady();
  }

  /** Takes another connector for the desk's own from now on. */
  take(probe: Probe): void {
    this.#probe = probe;
  }

  /** Stops a connector for good: another one may take its place on the machine. */
  async end(probe: Probe): Promise<void> {
    this.stage.retire(probe);
    await probe.stop();
  }

  /** Waits until the account is in step with the venue. */
  async untilReady(withinMs = PATIENCE_MS): Promise<void> {
    await this.stage.world.until(() => this.connector.status.account, {
      withinMs,
      what: "an account in step with the venue",
    });
  }

  /** Stops all markets: what happens from now on, the case does. */
  freeze(): void {
    for (const symbol of this.stage.symbols) this.stage.venue.freeze(symbol);
  }

  advance(ms: number): Promise<void> {
    return this.stage.world.advance(ms);
  }

  complete<T>(promise: Promise<T>, what = "a call"): Promise<T> {
    return this.stage.world.complete(promise, { withinMs: PATIENCE_MS, what });
  }

  /** The least amount that an order at a price may have, times `parts`. */
  amount(price: Decimal, parts = PARTS): Decimal {
    const { minAmount, minNotional, amountIncrement, market } = this.instrument.rules;
    const { contractSize, amountUnit } = this.instrument;
    const step = Decimal.max(amountIncrement, market?.amountIncrement ?? amountIncrement);
    const unit = amountUnit === "contracts" ? price.times(contractSize) : price;
    const least = Decimal.max(
      minAmount ?? step,
      market?.minAmount ?? step,
      LEAST_WORTH.div(unit),
      (minNotional ?? new Decimal(0)).div(unit).times("1.1"),
    );
    return least.div(step).ceil().times(step).times(parts);
  }

  /** Best price of the side that an order of `side` would take from. */
  bestPrice(side: "buy" | "sell"): Decimal {
    const { bids, asks } = this.stage.venue.bookOf(this.symbol);
    const [best] = side === "buy" ? asks : bids;
    if (best === undefined) throw new ConformanceFailure("expected: a book with both sides");
    return new Decimal(best[0]);
  }

  /** A price at which nobody trades by himself, `steps` further away. */
  restingPrice(side: "buy" | "sell", steps = 0): Decimal {
    const { priceIncrement } = this.instrument.rules;
    const away = side === "buy" ? new Decimal(1).minus(AWAY) : new Decimal(1).plus(AWAY);
    const price = this.bestPrice(side)
      .times(away)
      .div(priceIncrement)
      .floor()
      .plus(side === "buy" ? -steps : steps);
    return price.times(priceIncrement);
  }

  /** A limit order that rests. */
  resting(side: "buy" | "sell" = "buy", changes: Partial<OrderRequest> = {}): OrderRequest {
    const price = this.restingPrice(side);
    return { tradingPair: this.tradingPair, side, price, amount: this.amount(price), ...changes };
  }

  place(request: OrderRequest = this.resting()): Promise<InFlightOrder> {
    return this.complete(this.connector.placeOrder(request), "placeOrder");
  }

  /** Places an order that rests, and expects that it does. */
  async rest(request: OrderRequest = this.resting()): Promise<InFlightOrder> {
    const { clientOrderId } = await this.place(request);
    return this.until(
      clientOrderId,
      ({ status, certainty }) => status === "open" && certainty === "known",
      "open",
    );
  }

  cancel(clientOrderId: string): Promise<InFlightOrder> {
    return this.complete(this.connector.cancelOrder(clientOrderId), "cancelOrder");
  }

  /** The order as the connector knows it. */
  order(clientOrderId: string): InFlightOrder {
    const order = this.connector.order(clientOrderId);
    if (order === undefined)
      throw new ConformanceFailure(`expected: an order ${clientOrderId} that is known`);
    return order;
  }

  /** Waits until an order is as wanted. */
  async until(
    clientOrderId: string,
    condition: (order: InFlightOrder) => boolean,
    what: string,
    withinMs = PATIENCE_MS,
  ): Promise<InFlightOrder> {
    await this.stage.world.until(() => condition(this.order(clientOrderId)), {
      withinMs,
      what: `order ${clientOrderId}: ${what}`,
    });
    return this.order(clientOrderId);
  }

  untilStatus(
    clientOrderId: string,
    status: InFlightOrder["status"],
    withinMs?: number,
  ): Promise<InFlightOrder> {
    return this.until(clientOrderId, (order) => order.status === status, status, withinMs);
  }

  /** What was told of an order, in order: the changes, and `fill` for each fill; not the fees that came after their fill. */
  story(clientOrderId: string, probe: Probe = this.probe): readonly string[] {
    return probe.events.flatMap((event) => {
      if (event.type === "order" && event.order.clientOrderId === clientOrderId)
        return event.change === "fees" ? [] : [event.change];
      return event.type === "fill" && event.order.clientOrderId === clientOrderId ? ["fill"] : [];
    });
  }

  /** Expects what was told of an order. */
  mustTell(clientOrderId: string, ...story: readonly string[]): void {
    mustEqual(this.story(clientOrderId), story, `what was told of order ${clientOrderId}`);
  }

  /** The orders that the venue has under a client order id, or has had: an amendment may change it. */
  atVenue(clientOrderId: string): readonly VenueOrder[] {
    const known = this.connector.order(clientOrderId)?.exchangeOrderId;
    return this.account
      .orders()
      .filter((order) => order.clientOrderId === clientOrderId || order.exchangeOrderId === known);
  }

  /** The one order that the venue has under a client order id. */
  oneAtVenue(clientOrderId: string): VenueOrder {
    const [order, ...more] = this.atVenue(clientOrderId);
    must(order !== undefined && more.length === 0, `exactly one order ${clientOrderId} at the venue`);
    return order;
  }

  /** What faults match that are to meet a call. */
  request(call: VenueCall): RequestFilter {
    const filter = this.accounts.requests[call];
    if (filter === undefined) throw new ConformanceFailure(`expected: a simulated venue that names ${call}`);
    return filter;
  }

  /** How many requests the venue has had for a call. */
  requestsFor(call: VenueCall): number {
    const { kind, method } = this.request(call);
    return this.stage.venue.log.requests.filter(
      ({ path, ...request }) =>
        path.split("?")[0] === kind && (method === undefined || request.method === method),
    ).length;
  }

  /** Keeps the private stream from telling of something until all of these faults are canceled. */
  untold(...tellings: readonly VenueTelling[]): { cancel(): void } {
    const faults = this.framesOf(tellings).map((filter) =>
      this.stage.venue.faults.lose(filter, Number.POSITIVE_INFINITY),
    );
    return cancelAll(faults);
  }

  framesOf(tellings: readonly VenueTelling[]): readonly FrameFilter[] {
    const { route, frames } = this.accounts;
    return tellings.flatMap((telling) => frames[telling].map((filter) => ({ ...filter, route })));
  }

  /** Keeps a call from being answered until that is canceled: its requests wait, unseen by the venue. */
  hang(...calls: readonly VenueCall[]): { cancel(): void } {
    return cancelAll(
      calls.map((call) => this.stage.venue.faults.hang(this.request(call), Number.POSITIVE_INFINITY)),
    );
  }

  /** Expects that everything of which the connector has told is as the venue has it: orders, fills, fees. */
  expectTruth(probe: Probe = this.probe): void {
    const ids = new Set(
      probe.events.flatMap((event) => (event.type === "order" ? [event.order.clientOrderId] : [])),
    );
    for (const clientOrderId of [...ids, ...probe.connector.orders.keys()]) {
      const order = probe.connector.order(clientOrderId);
      if (order !== undefined && !this.#excused.has(clientOrderId)) this.expectTrue(order);
      expectStory(clientOrderId, this.story(clientOrderId, probe));
    }
    const misread = probe.problems().filter((error) => {
      if (!(error instanceof VenueError) || error.httpStatus === undefined) return false;
      const { httpStatus, kind } = error;
      return httpStatus >= 400 && httpStatus < 500 && (kind === undefined || kind === "badRequest");
    });
    mustEqual(misread, [], "requests that the venue could not make sense of");
    for (const event of probe.events) {
      if (!("account" in event)) continue;
      must(event.account === probe.connector.account, "events that carry the account");
      mustEqual(event.environment, probe.connector.environment, "the environment of an event");
    }
  }

  /** No longer holds it against the connector that an order is not as the venue has it: it was told so. */
  excuse(clientOrderId: string): void {
    this.#excused.add(clientOrderId);
  }

  /** Expects an order to be as the venue has it. */
  expectTrue(order: InFlightOrder): void {
    const { clientOrderId, status, certainty, pendingCommand } = order;
    mustEqual({ certainty, pendingCommand }, { certainty: "known", pendingCommand: "none" }, clientOrderId);
    const found = this.atVenue(clientOrderId);
    if (status === "rejected") {
      must(
        found.every((each) => each.status === "rejected"),
        `no order ${clientOrderId} at the venue but a rejected one`,
      );
      return;
    }
    const truth = this.oneAtVenue(clientOrderId);
    const told = {
      status,
      exchangeOrderId: order.exchangeOrderId,
      side: order.side,
      price: order.price?.toFixed(),
      amount: order.amount?.toFixed(),
      filledAmount: order.filledAmount.toFixed(),
    };
    const { exchangeOrderId, side, price, amount, filledAmount } = truth;
    mustEqual(
      told,
      { status: truth.status, exchangeOrderId, side, price, amount, filledAmount },
      `order ${clientOrderId}`,
    );
    const fills = this.account.fills().filter((fill) => fill.exchangeOrderId === exchangeOrderId);
    mustEqual(
      order.fills.map(writeFill).sort(),
      fills
        .map(({ fee, feeAsset, ...fill }) => writeFill({ ...fill, fees: [{ asset: feeAsset, amount: fee }] }))
        .sort(),
      `the fills of order ${clientOrderId}`,
    );
    if (fills.length === 0) return;
    const worth = fills.reduce(
      (sum, fill) => sum.plus(new Decimal(fill.price).times(fill.amount)),
      new Decimal(0),
    );
    must(order.filledQuoteAmount.eq(worth), `${worth} traded in quote, not ${order.filledQuoteAmount}`);
    must(
      order.averagePrice?.eq(worth.div(filledAmount)) === true,
      `an average price of ${worth.div(filledAmount)}, not ${order.averagePrice}`,
    );
  }

  /** Expects no secret in anything that was told, logged, thrown or written down. */
  expectNoSecrets(): void {
    this.#secrets.expectNone(this.#probes);
  }

  /** Notes something that was thrown, to be looked through for secrets. */
  note(thrown: unknown): void {
    this.#secrets.note(thrown);
  }

  /** Secrets that have gone over the wire until now, by what they are. */
  get secrets(): SecretWatch {
    return this.#secrets;
  }
}

function cancelAll(faults: readonly Fault[]): { cancel(): void } {
  return {
    cancel() {
      for (const fault of faults) fault.cancel();
    },
  };
}

function writeFill({
  tradeId,
  side,
  price,
  amount,
  fees,
  liquidity,
  exchangeTimestamp,
}: Pick<Fill, "tradeId" | "side" | "liquidity" | "exchangeTimestamp"> & {
  readonly price: Decimal | string;
  readonly amount: Decimal | string;
  readonly fees: readonly { readonly asset: string; readonly amount: Decimal | string }[] | undefined;
}): string {
  // A fee of nothing may be told or left out.
  const paid = fees
    ?.filter((fee) => !new Decimal(fee.amount).isZero())
    .map((fee) => `${new Decimal(fee.amount).toFixed()} ${fee.asset}`);
  return `${tradeId} ${side} ${new Decimal(amount).toFixed()} at ${new Decimal(price).toFixed()} as ${liquidity}, fees ${paid?.join(" + ") ?? "unknown"}, time ${exchangeTimestamp}`;
}

const ENDS = new Set(["filled", "canceled", "expired", "rejected"]);

/** Expects what is so of every order: created first and once, one end, and no fill of what was never created. */
function expectStory(clientOrderId: string, story: readonly string[]): void {
  const what = `order ${clientOrderId} was told of: ${story.join(", ")}`;
  const created = story.indexOf("created");
  must(story.lastIndexOf("created") === created, `${what}; created once`);
  const before = created < 0 ? [] : story.slice(0, created);
  must(
    before.every((word) => word === "unknown"),
    `${what}; created before everything else`,
  );
  const ends = story.filter((word) => ENDS.has(word));
  const mayEndAgain =
    story.includes("revived") || ends.join() === "canceled,filled" || ends.join() === "expired,filled";
  must(ends.length <= 1 || mayEndAgain, `${what}; one end`);
}
