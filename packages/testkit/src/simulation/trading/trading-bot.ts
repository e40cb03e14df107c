import {
  type CommandOptions,
  type CommandResult,
  ConnError,
  type Connector,
  createHost,
  type InFlightOrder,
  type Instrument,
  isFinished,
  type OrderRequest,
  type Random,
} from "@conn/core";
import type { Counts } from "../coverage.js";
import { below, pick } from "../fault-kind.js";
import type { SimulatedComputer } from "../simulated-computer.js";
import type { SimulatedWorld } from "../simulated-world.js";
import { drawOrder, drawPrice } from "./draw-order.js";
import type { JournalWatch } from "./journal-watch.js";
import type { OrderWatch } from "./order-watch.js";
import { type RequestInspector, SimulatedProgram } from "./simulated-program.js";

type Host = ReturnType<typeof createHost>;

/** What a bot works with. */
export interface TradingBotOptions {
  readonly world: SimulatedWorld;
  readonly computer: SimulatedComputer;
  readonly journals: JournalWatch;
  readonly inspect: RequestInspector;
  /** Makes the connector of a run of the program. */
  readonly connect: (host: Host) => Connector;
  readonly instruments: readonly Instrument[];
  readonly watch: OrderWatch;
  readonly transitions: Counts;
  readonly note: (what: string) => void;
  readonly violate: (what: string) => void;
}

type Action = readonly [weight: number, act: (random: Random) => string];
type Outcome = "accepted" | "rejected" | "unknown" | "notSent";

const START_AGAIN_AFTER_MS = 5_000;
/** More open orders than this, and the bot cancels before it places more. */
const MOST_OPEN = 25;

/** A program that trades as programs do, and that is killed now and then and begins anew from what it wrote down. */
export class TradingBot {
  readonly #options: TradingBotOptions;
  readonly #actions: readonly Action[];
  readonly #pending = new Set<string>();
  #program: SimulatedProgram | undefined;
  #connector: Connector | undefined;
  #runs = 0;
  #calls = 0;
  #isWanted = false;
  #isCalm = false;

  constructor(options: TradingBotOptions) {
    this.#options = options;
    this.#actions = [
      [30, (random) => this.#place(random)],
      [6, (random) => this.#placeBatch(random)],
      [14, (random) => this.#cancel(random)],
      [4, (random) => this.#cancelSeveral(random)],
      [2, (random) => this.#cancelAll(random)],
      [10, (random) => this.#amend(random)],
      [3, () => this.#listOrders()],
      [1, () => this.#reconcile()],
      [2, (random) => this.#pause(random)],
      [3, (random) => this.#die(random)],
    ];
  }

  /** The connector of the program's present run; undefined while it is dead. */
  get connector(): Connector | undefined {
    return this.#connector;
  }

  /** Calls that have not settled. */
  get pending(): readonly string[] {
    return [...this.#pending];
  }

  /** Begins a run of the program. */
  launch(): void {
    const { world, computer, journals, inspect, connect, note } = this.#options;
    this.#runs += 1;
    this.#isWanted = true;
    const program = new SimulatedProgram(world, computer, `bot run ${this.#runs}`, journals, inspect);
    this.#program = program;
    this.#connector = connect(createHost(program.ports));
    note(`run ${this.#runs} of the program begins`);
    this.#listen(this.#connector);
    this.#begin(this.#connector);
  }

  async stop(): Promise<void> {
    this.#isWanted = false;
    if (this.#connector !== undefined) await this.#call("stop", this.#connector.stop());
  }

  /** From now on the program only keeps its connector started. `anew`: it is killed, and begins once more. */
  calmDown(anew: boolean): void {
    this.#isCalm = true;
    if (anew) this.#kill();
    if (this.#connector === undefined) this.launch();
    else {
      this.#isWanted = true;
      this.#begin(this.#connector);
    }
  }

  /** Does one of the things that trading programs do; returns what. */
  act(random: Random): string {
    if (this.#isCalm) return "the program does nothing";
    if (this.#connector === undefined) return "the program is dead";
    const sum = this.#actions.reduce((total, [weight]) => total + weight, 0);
    let left = random.next() * sum;
    const action = this.#actions.find(([weight]) => {
      left -= weight;
      return left < 0;
    });
    return action === undefined ? "the program does nothing" : action[1](random);
  }

  #place(random: Random): string {
    const connector = this.#running();
    if (connector === undefined) return "places nothing";
    if (connector.orders.size >= MOST_OPEN) return this.#cancelAll(random);
    const request = this.#draw(connector, random);
    if (request === undefined) return "has no price";
    const options = this.#drawOptions(random);
    void this.#command("place", () => connector.placeOrder(request, options));
    return `places ${describe(request)}`;
  }

  #placeBatch(random: Random): string {
    const connector = this.#running();
    if (connector === undefined || connector.supports.trading?.placeBatch !== true) return "places no batch";
    if (connector.orders.size >= MOST_OPEN) return this.#cancelAll(random);
    const requests = Array.from({ length: 2 + below(random, 6) }, () => this.#draw(connector, random)).filter(
      (request) => request !== undefined,
    );
    if (requests.length === 0) return "has no price";
    const options = this.#drawOptions(random);
    void this.#batch("placeBatch", () => connector.placeOrders(requests, options));
    return `places ${requests.map(describe).join("; ")}`;
  }

  #cancel(random: Random): string {
    const connector = this.#running();
    const order = this.#pickOrder(random);
    if (connector === undefined || order === undefined) return "cancels nothing";
    const { clientOrderId } = order;
    const options = this.#drawOptions(random);
    void this.#command("cancel", () => connector.cancelOrder(clientOrderId, options));
    return `cancels ${clientOrderId}`;
  }

  #cancelSeveral(random: Random): string {
    const connector = this.#running();
    const ids = [...(connector?.orders.keys() ?? [])].filter(() => random.next() < 0.5);
    if (connector === undefined || ids.length === 0) return "cancels nothing";
    void this.#batch("cancelBatch", () => connector.cancelOrders(ids, this.#drawOptions(random)));
    return `cancels ${ids.join(", ")}`;
  }

  #cancelAll(random: Random): string {
    const connector = this.#running();
    if (connector === undefined) return "cancels nothing";
    const { tradingPair } = pick(this.#options.instruments, random);
    const includeForeign = connector.supports.trading?.cancelForeign === true && random.next() < 0.3;
    if (includeForeign) {
      // Of that one command nothing is known if it fails, whatever became of it.
      void this.#call("cancelAllOrders", connector.cancelAllOrders({ tradingPair, includeForeign }));
      return `cancels all of ${tradingPair}, others' too`;
    }
    void this.#batch("cancelBatch", () => connector.cancelAllOrders());
    return "cancels all";
  }

  #amend(random: Random): string {
    const connector = this.#running();
    const order = this.#pickOrder(random);
    if (connector === undefined || order?.amount === undefined || order.price === undefined)
      return "amends nothing";
    const instrument = this.#options.instruments.find(({ tradingPair }) => tradingPair === order.tradingPair);
    if (instrument === undefined) return "amends nothing";
    const price =
      random.next() < 0.7
        ? drawPrice(connector, instrument, order.side, random.next() < 0.1, random)
        : undefined;
    const steps = order.amount.div(instrument.rules.amountIncrement);
    const amount =
      price === undefined || random.next() < 0.3
        ? steps
            .times(Math.ceil(random.next() * 20))
            .div(10)
            .toDecimalPlaces(0)
            .plus(1)
            .times(instrument.rules.amountIncrement)
        : undefined;
    const { clientOrderId } = order;
    const options = this.#drawOptions(random);
    const amendment = { ...(price && { price }), ...(amount && { amount }) };
    void this.#command("amend", () => connector.amendOrder(clientOrderId, amendment, options));
    return `amends ${clientOrderId} to ${amount ?? ""} at ${price ?? ""}`;
  }

  #listOrders(): string {
    const connector = this.#running();
    if (connector === undefined) return "lists nothing";
    const { watch, violate } = this.#options;
    const listing = connector.fetchOpenOrders().then((orders) => {
      for (const { clientOrderId, isOurs } of orders) {
        if (isOurs !== watch.isOurs(clientOrderId))
          violate(`${clientOrderId} is listed with isOurs ${isOurs}`);
      }
    });
    void this.#call("fetchOpenOrders", listing);
    return "lists open orders";
  }

  #reconcile(): string {
    const connector = this.#running();
    if (connector === undefined) return "reconciles nothing";
    void this.#call("reconcile", connector.reconcile());
    return "reconciles";
  }

  #pause(random: Random): string {
    const connector = this.#connector;
    const delayMs = random.next() < 0.3 ? 0 : below(random, 20_000);
    void this.stop();
    this.#options.world.after(delayMs, () => {
      if (connector !== undefined && connector === this.#connector) this.#begin(connector);
    });
    return `stops for ${delayMs} ms`;
  }

  #die(random: Random): string {
    const delayMs = Math.round(60_000 ** random.next());
    this.#kill();
    this.#options.world.after(delayMs, () => {
      if (this.#connector === undefined) this.launch();
    });
    return `dies, and begins anew in ${delayMs} ms`;
  }

  #kill(): void {
    this.#program?.kill();
    this.#program = undefined;
    this.#connector = undefined;
    this.#pending.clear();
  }

  #running(): Connector | undefined {
    return this.#connector?.status.instruments === true ? this.#connector : undefined;
  }

  #draw(connector: Connector, random: Random): OrderRequest | undefined {
    const { tradingPair } = pick(this.#options.instruments, random);
    const instrument = connector.instruments.get(tradingPair);
    return instrument && drawOrder(connector, instrument, random);
  }

  #drawOptions(random: Random): CommandOptions {
    const chance = random.next();
    if (chance < 0.1) return { maxQueueMs: below(random, 200) };
    if (chance > 0.2) return {};
    const abort = new AbortController();
    this.#options.world.after(below(random, 30), () => abort.abort());
    return { signal: abort.signal };
  }

  #pickOrder(random: Random): InFlightOrder | undefined {
    const orders = [...(this.#connector?.orders.values() ?? [])];
    return orders.length > 0 ? pick(orders, random) : undefined;
  }

  #begin(connector: Connector): void {
    this.#isWanted = true;
    const { world, note, watch } = this.#options;
    const start = connector.start().then(
      () => watch.checkMemory(connector),
      (error: unknown) => {
        // Started already.
        if (error instanceof TypeError) return;
        if (this.#isWanted && this.#connector === connector) {
          note(`could not start: ${String(error)}`);
          world.after(START_AGAIN_AFTER_MS, () => {
            if (this.#isWanted && this.#connector === connector) this.#begin(connector);
          });
        }
        throw error;
      },
    );
    void this.#call("start", start);
  }

  /** A command on one order: how it ends is counted, and what it throws proves that nothing was sent. */
  #command(command: "place" | "cancel" | "amend", send: () => Promise<InFlightOrder>): Promise<void> {
    return this.#call(
      command,
      send().then(
        (order) => this.#count(command, outcomeOf(order, command)),
        (error: unknown) => {
          this.#failed(command, error);
          throw error;
        },
      ),
    );
  }

  #batch(
    command: "placeBatch" | "cancelBatch",
    send: () => Promise<readonly CommandResult[]>,
  ): Promise<void> {
    return this.#call(
      command,
      send().then(
        (results) => {
          for (const { order, error } of results) {
            const single = command === "placeBatch" ? "place" : "cancel";
            this.#count(command, error === undefined ? outcomeOf(order, single) : "notSent");
          }
        },
        (error: unknown) => {
          this.#failed(command, error);
          throw error;
        },
      ),
    );
  }

  #failed(command: string, error: unknown): void {
    if (!(error instanceof ConnError)) return;
    this.#count(command, "notSent");
    const isProof = error.outcome === "notSent" || error.code === "NOT_STARTED" || error.code === "STOPPED";
    if (!isProof) this.#options.violate(`${command} threw ${error.code} of outcome ${error.outcome}`);
  }

  #count(command: string, outcome: Outcome): void {
    this.#options.transitions.add(`command ${command} ${outcome}`);
  }

  /** Every call must end, well or with one of the library's errors. */
  async #call(what: string, promise: Promise<unknown>): Promise<void> {
    this.#calls += 1;
    const name = `${what} #${this.#calls}`;
    this.#pending.add(name);
    const { note, violate } = this.#options;
    try {
      await promise;
    } catch (error) {
      if (error instanceof ConnError) note(`${name} threw ${error.code}: ${error.message}`);
      else
        violate(`${name} threw ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    } finally {
      this.#pending.delete(name);
    }
  }

  #listen(connector: Connector): void {
    const { watch, note, violate } = this.#options;
    connector.on("order", (event) => watch.onOrder(event));
    connector.on("fill", (event) => watch.onFill(event));
    connector.on("problem", ({ error }) => note(`problem ${error.code}: ${error.message}`));
    connector.on("accountSync", ({ isSynced }) => note(isSynced ? "in step" : "out of step"));
    connector.on("reconciled", ({ reason, orders, fills, assets, foreignOrders }) => {
      note(`reconciled (${reason}): ${orders.length} orders, ${fills.length} fills, ${assets.length} assets`);
      for (const { clientOrderId } of foreignOrders) {
        if (watch.isOurs(clientOrderId)) violate(`${clientOrderId} is reported as another's order`);
      }
    });
    connector.on("connection", ({ connectionId, state, reason }) => {
      if (connectionId.startsWith("user")) note(`${connectionId} ${state} ${reason ?? ""}`);
    });
  }
}

/** What a command has come to, by how its order stands then. */
function outcomeOf(order: InFlightOrder, command: "place" | "cancel" | "amend"): Outcome {
  if (order.certainty === "unknown") return "unknown";
  if (command === "place") return order.status === "rejected" ? "rejected" : "accepted";
  if (command === "cancel")
    return isFinished(order) || order.pendingCommand === "cancel" ? "accepted" : "rejected";
  return order.reason?.kind === "venue" && !isFinished(order) ? "rejected" : "accepted";
}

function describe({
  tradingPair,
  side,
  orderType,
  price,
  amount,
  quoteAmount,
  timeInForce,
}: OrderRequest): string {
  const size = amount === undefined ? `for ${quoteAmount}` : String(amount);
  return `${side} ${size} ${tradingPair} at ${price ?? "market"} ${orderType ?? ""} ${timeInForce ?? ""}`;
}
