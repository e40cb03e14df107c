import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Connector, createHost, createSqliteJournals, type InFlightOrder } from "@conn/core";
import { createSeededRandom } from "@conn/simulator";
import { fillId } from "./account-text.ts";
import { compareAccount } from "./compare-account.ts";
import { EventHistory, inOne } from "./event-history.ts";
import { knownAccount } from "./known-account.ts";
import { orderFault } from "./order-faults.ts";
import type { OrderSetup, OrderVenue } from "./order-venues.ts";
import { createQuickPorts } from "./quick-ports.ts";
import { settle } from "./settle.ts";
import { type CommandCounts, tradeAtRandom } from "./trade-at-random.ts";

/** How many orders, and what goes wrong with them. */
export interface OrdersOptions {
  readonly setup: OrderSetup;
  readonly orders: number;
  /** Decides commands and faults; not how fast this machine is. */
  readonly seed: number;
  /** Share of commands before which a fault is ordered. */
  readonly faultShare: number;
  /** How much faster time passes than ours. */
  readonly speed: number;
  /** Told now and then how many commands were given. */
  readonly onCommands?: (commands: number) => void;
  /** Ends it early. */
  readonly signal: AbortSignal;
}

/** What came of it. */
export interface OrdersOutcome {
  readonly commands: CommandCounts;
  /** Faults by name. */
  readonly faults: Readonly<Record<string, number>>;
  /** Orders at the venue, by how they stand. */
  readonly atVenue: Readonly<Record<string, number>>;
  /** Orders that are known, by how they stand and why. */
  readonly known: Readonly<Record<string, number>>;
  readonly fills: number;
  readonly events: number;
  /** Problems that were told, by code. */
  readonly told: Readonly<Record<string, number>>;
  readonly problems: readonly string[];
}

const ACCOUNT = "bot";
const PARALLEL = 12;
/** Somebody fills an order of the account before so many of the commands. */
const FILL_SHARE = 0.4;
const SETTLED_WITHIN_MS = 600_000;

/**
 * Places orders over real sockets while faults drawn from the seed happen, waits until nothing is unknown, and holds what
 * the connector knows, and every event it told, against what the venue has.
 */
export async function runOrders(options: OrdersOptions): Promise<OrdersOutcome> {
  const { setup, seed, speed } = options;
  const ports = createQuickPorts({ startedAt: Date.now(), speed });
  const directory = await mkdtemp(join(tmpdir(), "conn-orders-"));
  const venue = await setup.start(seed, ports);
  const connector = createHost({ ...ports, journals: createSqliteJournals({ directory }) }).create(
    setup.plugin,
    {
      environment: "sim",
      urls: venue.urls,
      credentials: venue.openAccount(ACCOUNT),
      channels: ["ticker"],
    },
  );
  try {
    venue.setRunning(true);
    const history = new EventHistory();
    const orders = new Map<string, InFlightOrder>();
    const told: Record<string, number> = {};
    const take = (event: Parameters<typeof EventHistory.factOf>[0]): void => {
      history.take(EventHistory.factOf(event));
      orders.set(event.order.clientOrderId, event.order);
    };
    connector.on("order", take);
    connector.on("fill", take);
    connector.on("problem", ({ error }) => count(told, error.code));
    await connector.start();
    await connector.whenReady();

    const { commands, faults } = await trade(options, venue, connector);
    venue.faults.clear();
    venue.setRunning(false);
    await settle(connector, ports, SETTLED_WITHIN_MS);

    const known = knownAccount(connector, orders.values());
    const truth = venue.truthOf(ACCOUNT);
    const atVenue: Record<string, number> = {};
    for (const { status } of truth.orders) count(atVenue, status);
    const knownCounts: Record<string, number> = {};
    for (const { status, reason } of known.orders)
      count(knownCounts, status === "rejected" ? `rejected (${reason})` : status);
    return {
      commands,
      faults,
      atVenue,
      known: knownCounts,
      fills: truth.orders.reduce((sum, { fills }) => sum + fills.length, 0),
      events: history.count,
      told,
      problems: [
        ...compareAccount(known, truth),
        ...history.problems,
        ...history.compare(orders.values(), (id) => orders.get(id)?.fills.map(fillId) ?? []),
        ...differencesOfOpen(connector, orders),
      ],
    };
  } finally {
    await connector.stop();
    await venue.close();
    await rm(directory, { recursive: true, force: true });
  }
}

/** Trades with faults; resolves with what was done and what went wrong. */
async function trade(
  { setup, seed, orders, faultShare, onCommands, signal }: OrdersOptions,
  venue: OrderVenue,
  connector: Connector,
): Promise<{ commands: CommandCounts; faults: Readonly<Record<string, number>> }> {
  const random = createSeededRandom(seed, "faults");
  const faults: Record<string, number> = {};
  let given = 0;
  const commands = await tradeAtRandom({
    connector,
    random: createSeededRandom(seed, "commands"),
    tradingPairs: setup.tradingPairs,
    orders,
    parallel: PARALLEL,
    onCommand(command) {
      given += 1;
      if (given % 1_000 === 0) onCommands?.(given);
      if (random.next() < FILL_SHARE) venue.fillOne(ACCOUNT, random.next());
      if (random.next() < faultShare) count(faults, orderFault(venue, { account: ACCOUNT, command, random }));
    },
    signal,
  });
  return { commands, faults };
}

/** What the list of open orders says otherwise than the events. */
function differencesOfOpen(connector: Connector, told: ReadonlyMap<string, InFlightOrder>): string[] {
  const open = new Set(connector.orders.keys());
  const wanted = [...told.values()].filter(({ status }) => status === "open");
  const ids = new Set(wanted.map(({ clientOrderId }) => clientOrderId));
  return inOne(open, ids).map((id) => `${id} is open, or was told to be, not both`);
}

function count(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}
