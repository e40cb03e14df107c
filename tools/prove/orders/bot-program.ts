// A trading program that is made to be killed: it takes up its journal, finds out how its orders stand, tells that, and
// trades until it is killed. Its parent speaks to it by messages.
import { openSync, writeSync } from "node:fs";
import { inspect } from "node:util";
import { ConnError, type Connector, type Credentials, createHost, createSqliteJournals } from "@conn/core";
import { createSeededRandom } from "@conn/simulator";
import type { KnownAccount } from "./account-text.ts";
import { EventHistory } from "./event-history.ts";
import { knownAccount } from "./known-account.ts";
import { orderSetups } from "./order-venues.ts";
import { createQuickPorts, type QuickTime } from "./quick-ports.ts";
import { settle } from "./settle.ts";
import { type CommandCounts, tradeAtRandom } from "./trade-at-random.ts";
import { type WriteKind, watchJournals } from "./watched-journals.ts";

/** A write of the journal at which the program kills itself. */
export interface DeadlyWrite {
  readonly kind: WriteKind;
  readonly when: "before" | "after";
  /** How many of its kind are survived. */
  readonly after: number;
}

/** What the program is told. */
export type BotOrder =
  | {
      readonly type: "begin";
      readonly connector: string;
      readonly urls: Readonly<Record<string, string>>;
      readonly credentials: Credentials;
      /** Folder of its journal. */
      readonly directory: string;
      /** File in which it notes what is told of orders. */
      readonly events: string;
      readonly time: QuickTime;
    }
  | { readonly type: "settle"; readonly withinMs: number }
  | {
      readonly type: "trade";
      readonly seed: number;
      readonly orders: number;
      readonly parallel: number;
      readonly killAt: DeadlyWrite | undefined;
    }
  | { readonly type: "end" };

/** What it tells. */
export type BotNews =
  | { readonly type: "ready" }
  | { readonly type: "settled"; readonly known: KnownAccount }
  | { readonly type: "traded"; readonly counts: CommandCounts };

const MOST_STARTS = 20;

let deadly: DeadlyWrite | undefined;
let survived = 0;

// Without its parent nobody would ever end it.
process.once("disconnect", () => process.exit());
process.once("message", (order: BotOrder) => {
  if (order.type === "begin") void begin(order).catch(fail);
});

async function begin(order: Extract<BotOrder, { type: "begin" }>): Promise<void> {
  const setup = orderSetups.find(({ plugin }) => plugin.name === order.connector);
  if (setup === undefined) throw new TypeError(`no setup for ${order.connector}`);
  const { store, orderIds } = watchJournals(
    createSqliteJournals({ directory: order.directory }),
    (kind, when) => {
      if (deadly?.kind !== kind || deadly.when !== when) return;
      if (survived === deadly.after) process.kill(process.pid, "SIGKILL");
      survived += 1;
    },
  );
  const ports = createQuickPorts(order.time, { journals: store });
  const connector = createHost(ports).create(setup.plugin, {
    environment: "sim",
    urls: order.urls,
    credentials: order.credentials,
    // Books are of no use to it.
    channels: ["ticker"],
  });
  const events = openSync(order.events, "a");
  const note = (event: Parameters<typeof EventHistory.factOf>[0]): void =>
    void writeSync(events, `${JSON.stringify(EventHistory.factOf(event))}\n`);
  connector.on("order", note);
  connector.on("fill", note);
  await startPatiently(connector);
  await connector.whenReady();

  const obey = async (next: BotOrder): Promise<void> => {
    if (next.type === "settle") {
      await settle(connector, ports, next.withinMs);
      const orders = orderIds().map((id) => {
        const known = connector.order(id);
        if (known === undefined) throw new Error(`${id} is written down, and not known`);
        return known;
      });
      tell({ type: "settled", known: knownAccount(connector, orders) });
    } else if (next.type === "trade") {
      deadly = next.killAt;
      const counts = await tradeAtRandom({
        connector,
        random: createSeededRandom(next.seed, "commands"),
        tradingPairs: setup.tradingPairs,
        orders: next.orders,
        parallel: next.parallel,
        signal: new AbortController().signal,
      });
      tell({ type: "traded", counts });
    } else if (next.type === "end") {
      await connector.stop();
      process.disconnect();
    }
  };
  process.on("message", (next: BotOrder) => void obey(next).catch(fail));
  tell({ type: "ready" });
}

/** Starts as often as it takes: on a busy machine, a venue whose time runs fast seems not to answer. */
async function startPatiently(connector: Connector): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await connector.start();
    } catch (error) {
      if (!(error instanceof ConnError) || tries === MOST_STARTS) throw error;
    }
  }
}

function tell(news: BotNews): void {
  process.send?.(news);
}

function fail(error: unknown): void {
  process.stderr.write(`${inspect(error)}\n`);
  process.exit(1);
}
