import { type Connector, type InFlightOrder, isFinished } from "@conn/core";
import { quote } from "../arguments/read-arguments.js";
import { UsageError } from "../arguments/usage-error.js";
import { formatJson } from "../market/json-events.js";
import { resolvePair } from "../market/resolve-pair.js";
import { ask } from "../process/ask.js";
import type { CommandIo } from "../process/command-io.js";
import { EXIT_FAILED, EXIT_OK } from "../process/exit-code.js";
import { printable, span } from "../render/line.js";
import { tabulate } from "../render/tabulate.js";
import { balanceJson, describeOrder, foreignOrderJson, orderJson, reportOrder } from "./order-report.js";
import { type OrderValues, readOrder } from "./read-order.js";

/** What `conn trade` can do; each returns its exit code. */
export const TRADE_ACTIONS = { place, cancel, "cancel-all": cancelAll, list, show, balances } as const;
export type ActionName = keyof typeof TRADE_ACTIONS;
/** What the command line asks for. */
export interface TradeRequest {
  readonly connector: string;
  readonly action: ActionName;
  /** What follows the action. */
  readonly operands: readonly string[];
  readonly order: OrderValues;
  readonly foreign: boolean;
  readonly waitMs: number;
  readonly yes: boolean;
  readonly json: boolean;
}

/** A request that is being carried out. */
export interface TradeWork extends TradeRequest {
  readonly venue: Connector;
  readonly io: CommandIo;
  /** A signal for a wait that begins now: when it has been long enough, or the program is told to end. */
  readonly patience: () => AbortSignal;
}

/** Whether it may be sent: other venues than the live one are not asked for. */
async function isAllowed({ venue, yes, io }: TradeWork, what: string): Promise<boolean> {
  if (venue.environment !== "live" || yes) return true;
  if (await ask(`LIVE ${venue.name}: ${what}?`, io)) return true;
  io.stderr.write("conn: nothing was sent\n");
  return false;
}

async function place(work: TradeWork): Promise<number> {
  const { venue, io } = work;
  const asked = readOrder(work.operands, work.order);
  const request = { ...asked, tradingPair: resolvePair(venue, asked.tradingPair) };
  if (!(await isAllowed(work, describeOrder(venue.prepareOrder(request))))) return EXIT_FAILED;
  // Ctrl-C ends the wait, not the order.
  const { clientOrderId, orderType, timeInForce } = await venue.placeOrder(request, { signal: io.signal });
  const endsAtOnce = orderType === "market" || timeInForce === "ioc" || timeInForce === "fok";
  const order = await waitFor(
    work,
    clientOrderId,
    (now) => isSettled(now) && (!endsAtOnce || isFinished(now)),
  );
  print(work, order);
  return isSettled(order) && order.status !== "rejected" ? EXIT_OK : EXIT_FAILED;
}

async function cancel(work: TradeWork): Promise<number> {
  const { venue, io, operands } = work;
  // Those that are not ours are told before anything is sent.
  const orders = operands.map((id) => {
    const order = venue.order(id);
    if (order === undefined) throw new UsageError(`no order of this program has the id ${quote(id)}`);
    return order;
  });
  if (!(await isAllowed(work, `cancel ${operands.join(", ")}`))) return EXIT_FAILED;
  const results = await venue.cancelOrders(
    orders.map(({ clientOrderId }) => clientOrderId),
    { signal: io.signal },
  );
  return settleCanceled(work, results);
}

async function cancelAll(work: TradeWork): Promise<number> {
  const { venue, io, foreign, operands } = work;
  const [name] = operands;
  const tradingPair = name === undefined ? undefined : resolvePair(venue, name);
  const whose = foreign ? "EVERY order of the account" : "all orders of this program";
  if (!(await isAllowed(work, `cancel ${whose}${tradingPair === undefined ? "" : ` in ${tradingPair}`}`)))
    return EXIT_FAILED;
  const results = await venue.cancelAllOrders({
    ...(tradingPair !== undefined && { tradingPair }),
    includeForeign: foreign,
    signal: io.signal,
  });
  if (results.length === 0 && !work.json) io.stdout.write("no open orders of this program\n");
  return settleCanceled(work, results);
}

/** Waits until canceled orders have ended, and prints them. */
async function settleCanceled(
  work: TradeWork,
  results: Awaited<ReturnType<Connector["cancelOrders"]>>,
): Promise<number> {
  let code = EXIT_OK;
  for (const { order, error } of results) {
    if (error !== undefined)
      work.io.stderr.write(`conn: ${order.clientOrderId}: ${printable(error.message)}\n`);
    const isEnded = (now: InFlightOrder): boolean => isSettled(now) && isFinished(now);
    const now = await waitFor(work, order.clientOrderId, isEnded);
    print(work, now);
    if (!isEnded(now)) code = EXIT_FAILED;
  }
  return code;
}

async function list(work: TradeWork): Promise<number> {
  const { venue, io, json, operands } = work;
  const [name] = operands;
  const tradingPair = name === undefined ? undefined : resolvePair(venue, name);
  const listed = await venue.fetchOpenOrders(tradingPair, { signal: io.signal });
  const ours = [...venue.orders.values()].filter(
    (order) => tradingPair === undefined || order.tradingPair === tradingPair,
  );
  const foreign = listed.filter(({ isOurs }) => !isOurs);
  if (json) {
    for (const order of ours) io.stdout.write(`${formatJson(orderJson(venue, order))}\n`);
    for (const order of foreign) io.stdout.write(`${formatJson(foreignOrderJson(venue, order))}\n`);
    return EXIT_OK;
  }
  const rows = [
    ...ours.map((order) => [
      order.clientOrderId,
      order.certainty === "known" ? order.status : "UNKNOWN",
      describeOrder(order),
      `${order.filledAmount} filled`,
    ]),
    ...foreign.map(({ clientOrderId, exchangeOrderId, status, side, amount, price, tradingPair: pair }) => [
      clientOrderId ?? exchangeOrderId ?? "",
      status ?? "",
      `${side ?? ""} ${amount ?? ""} ${pair}${price === undefined ? "" : ` at ${price}`}`.trim(),
      "not of this program",
    ]),
  ];
  if (rows.length === 0) io.stdout.write("no open orders\n");
  writeTable(io, rows);
  return EXIT_OK;
}

async function show(work: TradeWork): Promise<number> {
  const { venue, operands } = work;
  let code = EXIT_OK;
  for (const id of operands) {
    if (venue.order(id) === undefined)
      throw new UsageError(`no order of this program has the id ${quote(id)}`);
    const order = await waitFor(work, id, isSettled);
    print(work, order);
    if (!isSettled(order)) code = EXIT_FAILED;
  }
  return code;
}

async function balances({ venue, io, json }: TradeWork): Promise<number> {
  const all = [...venue.balances.values()];
  if (json) for (const balance of all) io.stdout.write(`${formatJson(balanceJson(venue, balance))}\n`);
  else {
    const rows = all.map(({ asset, total, available, derived }) => [
      asset,
      String(total),
      `${available} available${derived ? " (less what new orders hold)" : ""}`,
    ]);
    writeTable(io, rows);
  }
  return EXIT_OK;
}

/** Whether the venue has said how the order stands. */
function isSettled({ certainty, status }: InFlightOrder): boolean {
  return certainty === "known" && status !== "pendingCreate";
}

/** The order as soon as it is as wanted, or as it is when the patience is over. */
async function waitFor(
  { venue, patience }: TradeWork,
  clientOrderId: string,
  isWanted: (order: InFlightOrder) => boolean,
): Promise<InFlightOrder> {
  const now = (): InFlightOrder => {
    const order = venue.order(clientOrderId);
    if (order === undefined) throw new TypeError(`${clientOrderId} was forgotten`);
    return order;
  };
  if (isWanted(now())) return now();
  const changes = venue.stream("order", { signal: patience() });
  for await (const { order } of changes) if (order.clientOrderId === clientOrderId && isWanted(order)) break;
  return now();
}

function print({ venue, io, json }: TradeWork, order: InFlightOrder): void {
  if (json) io.stdout.write(`${formatJson(orderJson(venue, order))}\n`);
  else for (const line of reportOrder(order, venue.environment)) io.stdout.write(`${printable(line)}\n`);
}

function writeTable(io: CommandIo, rows: readonly (readonly string[])[]): void {
  for (const line of tabulate(rows.map((row) => row.map((cell) => span(printable(cell))))))
    io.stdout.write(
      `${line
        .map(({ text }) => text)
        .join("")
        .trimEnd()}\n`,
    );
}
