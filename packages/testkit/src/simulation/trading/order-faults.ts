import type { Random, ServerResponse } from "@conn/core";
import type { Order, RequestFilter } from "@conn/simulator";
import { below, type FaultTargets, pick, spread } from "../fault-kind.js";
import { FAULT_KINDS } from "../faults.js";
import { LISTING_FAULTS } from "../listing-faults.js";
import type { EventKind } from "../seed-course.js";
import type { AccountCall, SimulatedAccount } from "./simulated-account.js";

/** What the faults of a trading program can lay hands on, beside the others. */
export interface OrderFaultTargets extends FaultTargets {
  readonly account: SimulatedAccount;
  /** Whether an order is one of the program under test. */
  readonly isOurs: (clientOrderId: string | undefined) => boolean;
  /** The network delivers the next requests twice that may be. */
  readonly repeatRequests: (count: number) => void;
  /** The venue breaks its word about how long its queries may not know of an order, for so long. */
  readonly lie: (forMs: number) => void;
}

type OrderFaultKind = EventKind<OrderFaultTargets>;

const COMMANDS: readonly AccountCall[] = ["place", "placeBatch", "cancel", "cancelBatch", "amend"];
const QUESTIONS: readonly AccountCall[] = ["query", "openOrders", "fills", "balances"];
const BAD_GATEWAY: ServerResponse = {
  status: 502,
  headers: { "content-type": "text/html" },
  body: "<html><head><title>502 Bad Gateway</title></head></html>",
};
/** Bodies that are no answer. */
const GARBAGE: readonly string[] = ["", "{", "[]", "null", "<html></html>", '{"orderId":', '{"code":0}'];
/** Longest time for which a venue's queries may be behind, in ms, by what the connectors count on. */
const LONGEST_LAG_MS = 8_000;
/** Lags beyond that. */
const LIE_MS = 150_000;

function command(account: SimulatedAccount, random: Random): RequestFilter {
  return account.requests[pick(COMMANDS, random)];
}

function anyCall(account: SimulatedAccount, random: Random): RequestFilter {
  return account.requests[pick(random.next() < 0.7 ? COMMANDS : QUESTIONS, random)];
}

function openOrders({ account, isOurs }: OrderFaultTargets): Order[] {
  return account.orders().filter((order) => order.status === "open" && isOurs(order.clientOrderId));
}

/** Something at the venue that may have become impossible at the very moment. */
function attempt(act: () => void, says: string): string {
  try {
    act();
    return says;
  } catch (error) {
    return `${says}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** What goes wrong around orders, and what the venue and others do to them. */
export const ORDER_FAULTS: readonly OrderFaultKind[] = [
  {
    name: "commandLost",
    weight: 4,
    happen({ venue, account }, random) {
      const filter = command(account, random);
      venue.faults.loseRequest(filter);
      return describe(filter);
    },
  },
  {
    name: "commandAnswerLost",
    weight: 6,
    happen({ venue, account }, random) {
      const filter = anyCall(account, random);
      venue.faults.loseAnswer(filter);
      return describe(filter);
    },
  },
  {
    name: "badGateway",
    weight: 4,
    happen({ venue, account }, random) {
      const filter = anyCall(account, random);
      if (random.next() < 0.7) venue.faults.replaceAnswer(filter, BAD_GATEWAY);
      else venue.faults.rejectRequest(filter, BAD_GATEWAY);
      return describe(filter);
    },
  },
  {
    name: "undeterminedAnswer",
    weight: 6,
    happen({ venue, account }, random) {
      const filter = command(account, random);
      const answer = pick(account.undetermined, random);
      const isDone = random.next() < 0.6;
      if (isDone) venue.faults.replaceAnswer(filter, answer);
      else venue.faults.rejectRequest(filter, answer);
      return `${describe(filter)}, ${isDone ? "done" : "not done"}`;
    },
  },
  {
    name: "refusedCommand",
    weight: 3,
    happen({ venue, account }, random) {
      const filter = command(account, random);
      venue.faults.rejectRequest(filter, pick(account.refusals, random));
      return describe(filter);
    },
  },
  {
    name: "commandReset",
    weight: 4,
    happen({ venue, account }, random) {
      const filter = anyCall(account, random);
      const isDone = random.next() < 0.6;
      if (isDone) venue.faults.replaceAnswer(filter, "reset");
      else venue.faults.rejectRequest(filter, "reset");
      return `${describe(filter)}, ${isDone ? "done" : "not done"}`;
    },
  },
  {
    name: "commandAnswerGarbled",
    weight: 3,
    happen({ venue, account }, random) {
      const filter = anyCall(account, random);
      const body = pick(GARBAGE, random);
      venue.faults.corruptAnswer(filter, body);
      return `${describe(filter)}: ${body}`;
    },
  },
  {
    name: "commandAnswerLate",
    weight: 5,
    happen({ venue, account }, random) {
      const filter = anyCall(account, random);
      const delayMs = spread(random, 50, 30_000);
      venue.faults.delayAnswer(filter, delayMs);
      return `${describe(filter)} by ${delayMs} ms`;
    },
  },
  {
    name: "questionsFail",
    weight: 3,
    happen({ world, venue, account }, random) {
      const forMs = spread(random, 1_000, 120_000);
      const rejection = pick([BAD_GATEWAY, "reset"] as const, random);
      const faults = (["query", "openOrders", "fills"] as const).map((call) =>
        venue.faults.rejectRequest(account.requests[call], rejection, Number.POSITIVE_INFINITY),
      );
      world.after(forMs, () => {
        for (const fault of faults) fault.cancel();
      });
      return `for ${forMs} ms`;
    },
  },
  {
    name: "repeatedRequest",
    weight: 3,
    happen({ repeatRequests }, random) {
      const count = 1 + below(random, 3);
      repeatRequests(count);
      return String(count);
    },
  },
  {
    name: "keyRefused",
    weight: 1,
    happen({ world, venue, account }, random) {
      const forMs = spread(random, 500, 60_000);
      const faults = [...COMMANDS, ...QUESTIONS].map((call) =>
        venue.faults.rejectRequest(account.requests[call], account.keyRefused, Number.POSITIVE_INFINITY),
      );
      world.after(forMs, () => {
        for (const fault of faults) fault.cancel();
      });
      return `for ${forMs} ms`;
    },
  },
  {
    name: "lostEvents",
    weight: 4,
    happen({ venue, account }, random) {
      const count = 1 + below(random, 5);
      venue.faults.lose(account.frames, count);
      return String(count);
    },
  },
  {
    name: "duplicatedEvents",
    weight: 4,
    happen({ venue, account }, random) {
      const count = 1 + below(random, 5);
      venue.faults.duplicate(account.frames, count);
      return String(count);
    },
  },
  {
    name: "reorderedEvents",
    weight: 4,
    happen({ venue, account }, random) {
      const count = 1 + below(random, 4);
      venue.faults.reorder(account.frames, count);
      return String(count);
    },
  },
  {
    name: "delayedEvents",
    weight: 5,
    happen({ venue, account }, random) {
      const count = 1 + below(random, 6);
      const delayMs = spread(random, 20, 30_000);
      venue.faults.delay(account.frames, delayMs, count);
      return `${count} by ${delayMs} ms`;
    },
  },
  {
    name: "eventsWithoutFees",
    weight: 2,
    happen({ venue, account }, random) {
      const { withoutFees, frames } = account;
      if (withoutFees === undefined) return "the venue always tells them";
      const count = 1 + below(random, 4);
      venue.faults.alter(frames, withoutFees, count);
      return String(count);
    },
  },
  {
    name: "garbledEvents",
    weight: 1,
    happen({ venue, account }, random) {
      const body = pick(GARBAGE, random);
      venue.faults.corrupt(account.frames, body);
      return body;
    },
  },
  {
    name: "userStreamDrop",
    weight: 4,
    happen({ venue, account }, random) {
      const style = pick(["reset", { code: 1001 }] as const, random);
      return `${venue.faults.drop({ route: account.route }, style)} connections`;
    },
  },
  {
    name: "userStreamSilence",
    weight: 3,
    happen({ venue, account }, random) {
      const forMs = spread(random, 500, 60_000);
      venue.faults.silence({ route: account.route }, forMs);
      return `for ${forMs} ms`;
    },
  },
  {
    name: "userStreamRefused",
    weight: 2,
    happen({ venue, account }, random) {
      const count = 1 + below(random, 4);
      const { route } = account;
      venue.faults.rejectUpgrade({ route }, pick(["reset", "acceptThenDrop"] as const, random), count);
      venue.faults.drop({ route });
      return `${count} times`;
    },
  },
  {
    name: "streamAccessEnds",
    weight: 2,
    happen({ account }) {
      account.endStreamAccess();
      return "";
    },
  },
  {
    name: "laggingQueries",
    weight: 4,
    happen({ world, account }, random) {
      const lagMs = spread(random, 100, LONGEST_LAG_MS);
      const forMs = spread(random, 1_000, 120_000);
      account.lagQueries(lagMs);
      world.after(forMs, () => account.lagQueries(0));
      return `${lagMs} ms for ${forMs} ms`;
    },
  },
  {
    name: "longLag",
    // Not drawn: against a venue that breaks its own word for longer than it admits, the proof of absence fails where
    // fills name no client order id. It is there to be drawn when absence is proven by more.
    weight: 0,
    happen({ world, account, lie }) {
      lie(2 * LIE_MS);
      account.lagQueries(LIE_MS);
      world.after(2 * LIE_MS, () => account.lagQueries(0));
      return `${LIE_MS} ms, more than the venue admits`;
    },
  },
  {
    name: "ownFault",
    weight: 4,
    happen({ world, account }, random) {
      if (account.ownFaults.length === 0) return "the venue has none";
      const fault = pick(account.ownFaults, random);
      const delayMs = spread(random, 20, 5_000);
      fault.begin(delayMs);
      world.after(spread(random, 1_000, 60_000), () => fault.undo());
      return `${fault.name} ${delayMs}`;
    },
  },
  {
    name: "fill",
    weight: 14,
    happen(targets, random) {
      const orders = openOrders(targets);
      if (orders.length === 0) return "no order is open";
      const { id, remainingAmount, clientOrderId } = pick(orders, random);
      const { account } = targets;
      const isWhole = random.next() < 0.4 || remainingAmount === undefined;
      const amount = isWhole ? undefined : partOf(remainingAmount.toFixed(), random);
      return attempt(() => account.fill(id, amount), `${amount ?? "all"} of ${clientOrderId}`);
    },
  },
  {
    name: "burst",
    weight: 3,
    happen(targets, random) {
      const { account } = targets;
      // Many parts of one order at once.
      const [order] = openOrders(targets);
      if (order?.remainingAmount === undefined) return "no order is open";
      const part = partOf(order.remainingAmount.toFixed(), random, 8);
      const count = 2 + below(random, 5);
      return attempt(() => {
        for (let index = 0; index < count; index += 1) account.fill(order.id, part);
      }, `${count} times ${part} of ${order.clientOrderId}`);
    },
  },
  {
    name: "tradeThrough",
    weight: 3,
    happen({ venue, account, symbols }, random) {
      const symbol = pick(symbols, random);
      const side = pick(["buy", "sell"] as const, random);
      const { bids, asks } = venue.bookOf(symbol);
      const levels = side === "buy" ? asks : bids;
      const level = levels[Math.min(levels.length - 1, below(random, 6))];
      if (level === undefined) return "the book is empty";
      const [price, amount] = level;
      return attempt(
        () => account.tradeThrough(symbol, { side, price, amount }),
        `${side} ${amount} ${symbol} to ${price}`,
      );
    },
  },
  {
    name: "expiry",
    weight: 2,
    happen(targets, random) {
      const orders = openOrders(targets);
      if (orders.length === 0) return "no order is open";
      const { id, clientOrderId } = pick(orders, random);
      return attempt(() => targets.account.expire(id), clientOrderId ?? "");
    },
  },
  {
    name: "canceledByOthers",
    weight: 2,
    happen(targets, random) {
      const orders = openOrders(targets);
      if (orders.length === 0) return "no order is open";
      const { id, clientOrderId } = pick(orders, random);
      return attempt(() => targets.account.cancel(id), clientOrderId ?? "");
    },
  },
  {
    name: "ordersOfOthers",
    weight: 4,
    happen({ venue, account, symbols, world }, random) {
      const symbol = pick(symbols, random);
      const side = pick(["buy", "sell"] as const, random);
      const { bids, asks } = venue.bookOf(symbol);
      const levels = side === "buy" ? bids : asks;
      const level = levels[Math.min(levels.length - 1, below(random, 10))];
      const { amountIncrement, minNotional } = venue.rulesOf(symbol);
      if (level === undefined) return "the book is empty";
      const [price] = level;
      const isMarket = random.next() < 0.2;
      const steps = Math.ceil(
        ((Number(minNotional ?? 10) + 5) * 1.2) / (Number(price) * Number(amountIncrement)),
      );
      const decimals = amountIncrement.includes(".") ? amountIncrement.split(".")[1]?.length : 0;
      const amount = (steps * Number(amountIncrement)).toFixed(decimals);
      const clientOrderId = `other-${Math.round(world.elapsedMs)}`;
      return attempt(
        () => account.place({ symbol, side, price: isMarket ? undefined : price, amount, clientOrderId }),
        `${side} ${amount} ${symbol} at ${isMarket ? "market" : price}`,
      );
    },
  },
  {
    name: "transfer",
    weight: 2,
    happen({ account }, random) {
      const [asset, little] = pick(Object.entries(account.assets), random);
      const amount = random.next() < 0.6 ? little : `-${little}`;
      return attempt(() => account.deposit(asset, amount), `${amount} ${asset}`);
    },
  },
  ...FAULT_KINDS.filter((kind) => !LISTING_FAULTS.includes(kind) && kind.name !== "refusedSubscription"),
];

/** Kinds without which nothing would trade: they are drawn in every seed. */
export const ALWAYS: ReadonlySet<string> = new Set(["fill", "tradeThrough", "ordersOfOthers"]);

/** A part of an amount in as many decimals, not zero. */
function partOf(amount: string, random: Random, parts = 1): string {
  const decimals = amount.includes(".") ? (amount.split(".")[1]?.length ?? 0) : 0;
  const units = BigInt(amount.replace(".", ""));
  const wanted = (units * BigInt(Math.floor(random.next() * 1_000))) / BigInt(1_000 * parts);
  const text = String(wanted > 0n ? wanted : 1n).padStart(decimals + 1, "0");
  return decimals === 0 ? text : `${text.slice(0, -decimals)}.${text.slice(-decimals)}`;
}

function describe({ method = "", kind = "" }: RequestFilter): string {
  return `${method} ${kind}`;
}
