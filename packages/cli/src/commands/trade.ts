import { type ConnectorOptions, LifecycleError, type Timer } from "@conn/core";
import { quote, readArguments, readSeconds } from "../arguments/read-arguments.js";
import {
  KEYS_HELP,
  readTradingOptions,
  TRADING_ARGUMENTS,
  TRADING_HELP,
  variablePrefix,
} from "../arguments/trading-options.js";
import { UsageError } from "../arguments/usage-error.js";
import type { CommandIo } from "../process/command-io.js";
import { EXIT_FAILED, EXIT_INTERRUPTED } from "../process/exit-code.js";
import { printable } from "../render/line.js";
import { type ActionName, TRADE_ACTIONS, type TradeRequest, type TradeWork } from "../trade/actions.js";
import { ORDER_ARGUMENTS, type OrderValues, readOrder } from "../trade/read-order.js";
import type { Command } from "./command.js";

const DEFAULT_WAIT = "10";

const HELP = `conn trade: orders and balances of an account

Usage
  conn trade <connector> place <pair> buy|sell <amount> --price P [options]
  conn trade <connector> cancel <clientOrderId…>
  conn trade <connector> cancel-all [pair] [--foreign]
  conn trade <connector> list [pair]
  conn trade <connector> show <clientOrderId…>
  conn trade <connector> balances

Orders are written down in this user's journal of the account before they are sent, so a later command knows them. One
program at a time has a journal. With --environment live, what places or cancels orders asks first.
An order shown as UNKNOWN may or may not be in the venue's book: the venue has not told yet. It is looked after for as
long as --wait says, and by every later command; sending it again could double it.

Options
${TRADING_HELP}
  --price P        of a limit order, in quote
  --type T         limit (if not given), limitMaker, market
  --tif T          gtc, ioc, fok, day; gtc if not given
  --reduce-only    may only make a position smaller
  --quantize       bring price and amount onto the venue's steps, and say so, rather than refuse them
  --foreign        with cancel-all and a pair: orders that other programs placed, too
  --wait S         seconds to wait for the account and for the outcome; ${DEFAULT_WAIT} if not given
  --yes            do not ask before something is sent to the live venue
  --json           one JSON object a line: order, foreignOrder, balance
  --help           this text

${KEYS_HELP}

Exit codes: 0 done and known, 1 refused by the venue, or not known yet; the rest as of conn.

Examples
  conn sim binance-perpetual --file sim.json
  conn trade binance-perpetual place BTC-USDT buy 0.01 --price 50000 --sim sim.json
  conn trade binance-perpetual list --sim sim.json
  conn trade binance-perpetual cancel-all --environment live
`;

/** What changes something at the venue. */
const COMMANDS: ReadonlySet<ActionName> = new Set(["place", "cancel", "cancel-all"]);
/** What waits for nothing: the journal knows the orders, and the venue may not be able to tell of them at present. */
const AT_ONCE: ReadonlySet<ActionName> = new Set(["cancel", "cancel-all"]);

/** The options of the command line that are not the connector's. */
interface TradeValues extends OrderValues {
  readonly foreign?: boolean | undefined;
  readonly wait?: string | undefined;
  readonly yes?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** `conn trade`. */
export const trade: Command = {
  name: "trade",
  summary: "place, cancel and list orders",
  help: HELP,
  async run(args, io) {
    const { values, positionals } = readArguments(args, {
      ...TRADING_ARGUMENTS,
      ...ORDER_ARGUMENTS,
      foreign: { type: "boolean" },
      wait: { type: "string" },
      yes: { type: "boolean" },
      json: { type: "boolean" },
    });
    const request = readRequest(positionals, values);
    const options = await readTradingOptions(request.connector, values, io);
    checkAccount(request, options, values.environment ?? values.sim, io);
    const venue = await io.registry.createDynamic(request.connector, { ...options });
    const timers: Timer[] = [];
    const patience = (): AbortSignal => {
      const end = new AbortController();
      timers.push(io.ports.timers.set(request.waitMs, () => end.abort()));
      return AbortSignal.any([end.signal, io.signal]);
    };
    venue.on("problem", ({ error }) => io.stderr.write(`conn: ${printable(error.message)}\n`));
    try {
      await venue.start({ signal: io.signal });
      const work = { ...request, venue, io, patience };
      if (!AT_ONCE.has(request.action) && !(await isReady(work))) {
        if (io.signal.aborted) return EXIT_INTERRUPTED;
        io.stderr.write("conn: the account is not in step with the venue yet; nothing was done\n");
        return EXIT_FAILED;
      }
      const code = await TRADE_ACTIONS[request.action](work);
      return io.signal.aborted ? EXIT_INTERRUPTED : code;
    } finally {
      for (const timer of timers) timer.cancel();
      await venue.stop();
    }
  },
};

/** @throws {UsageError} */
function readRequest([connector, action, ...operands]: readonly string[], values: TradeValues): TradeRequest {
  const actions = Object.keys(TRADE_ACTIONS).join(", ");
  if (connector === undefined || action === undefined)
    throw new UsageError(`conn trade needs the name of a connector and one of ${actions}`);
  if (!isAction(action)) throw new UsageError(`conn trade knows ${actions}, not ${quote(action)}`);
  const { foreign = false } = values;
  // Before anything is opened.
  if (action === "place") readOrder(operands, values);
  if ((action === "cancel" || action === "show") && operands.length === 0)
    throw new UsageError(`${action} needs the client order ids, which list shows`);
  if ((action === "cancel-all" || action === "list") && operands.length > 1)
    throw new UsageError(`${action} takes one pair, or none for all`);
  if (action === "balances" && operands.length > 0) throw new UsageError("balances takes no operand");
  if (foreign && (action !== "cancel-all" || operands.length === 0))
    throw new UsageError("--foreign belongs to cancel-all with a pair");
  return {
    connector,
    action,
    operands,
    order: values,
    foreign,
    waitMs: readSeconds("wait", values.wait ?? DEFAULT_WAIT),
    yes: values.yes === true,
    json: values.json === true,
  };
}

function isAction(text: string): text is ActionName {
  return Object.hasOwn(TRADE_ACTIONS, text);
}

/** Refuses what has no account, and what would have to ask where nobody is. @throws {UsageError} */
function checkAccount(
  { connector, action, yes }: TradeRequest,
  { environment, credentials, urls }: ConnectorOptions,
  named: string | undefined,
  io: CommandIo,
): void {
  if (named === undefined)
    throw new UsageError(
      "conn trade has no default venue: --environment live, testnet or sim, or --sim FILE",
    );
  if (credentials === undefined && (environment !== "sim" || urls !== undefined))
    throw new UsageError(
      `no keys: set ${variablePrefix(connector)}KEY and ${variablePrefix(connector)}SECRET, or --credentials FILE`,
    );
  if (COMMANDS.has(action) && environment === "live" && !yes && io.keyboard === undefined)
    throw new UsageError("nobody can be asked whether to send this to the live venue; --yes sends it");
}

/** Waits for the account; false if that took too long. */
async function isReady({ venue, patience }: TradeWork): Promise<boolean> {
  const signal = patience();
  try {
    await venue.whenReady({ signal });
    return true;
  } catch (error) {
    if (error instanceof LifecycleError && signal.aborted) return false;
    throw error;
  }
}
