import {
  ConfigurationError,
  ConnError,
  InstrumentError,
  JournalError,
  LifecycleError,
  NetworkError,
  NotSupportedError,
  OrderError,
  PluginError,
} from "@conn/core";
import { RecordingError } from "@conn/simulator";
import { suggest } from "./arguments/suggest.js";
import { UsageError } from "./arguments/usage-error.js";
import type { Command } from "./commands/command.js";
import { doctor } from "./commands/doctor.js";
import { list } from "./commands/list.js";
import { record } from "./commands/record.js";
import { replay } from "./commands/replay.js";
import { sim } from "./commands/sim.js";
import { trade } from "./commands/trade.js";
import { watch } from "./commands/watch.js";
import type { CommandIo } from "./process/command-io.js";
import { EXIT_FAILED, EXIT_INTERRUPTED, EXIT_OK, EXIT_USAGE } from "./process/exit-code.js";
import { printable } from "./render/line.js";
import { CLI_VERSION } from "./version.js";

const COMMANDS: readonly Command[] = [watch, trade, doctor, list, sim, record, replay];

const HELP = `conn: exchange connectors on the command line

Usage
  conn <command> [arguments]

Commands
${COMMANDS.map(({ name, summary }) => `  ${name.padEnd(8)}${summary}`).join("\n")}

Options
  --help       this text; conn <command> --help explains a command
  --version    the version

Examples
  conn list
  conn watch binance-perpetual BTC-USDT
  conn watch binance-perpetual BTC-USDT ETH-USDT --environment sim
  conn sim binance-perpetual --file sim.json
  conn trade binance-perpetual place BTC-USDT buy 0.01 --price 50000 --sim sim.json
  conn record binance-perpetual BTC-USDT ./session --duration 60
  conn replay ./session

Exit codes
  0    it is done
  1    the venue, the network or a file failed
  2    the command line asks for something that does not exist
  130  interrupted
`;

/**
 * Runs the `conn` command.
 *
 * @param argv The command line without the program's name.
 * @returns the exit code: 0 done, 1 the venue, the network or a file failed, 2 wrong usage, 130 interrupted.
 * @throws what is a fault of this program, not of its use or of the network.
 */
export async function run(argv: readonly string[], io: CommandIo): Promise<number> {
  const [name, ...args] = argv;
  const command = COMMANDS.find((known) => known.name === name);
  try {
    if (name === "--version") {
      io.stdout.write(`${CLI_VERSION}\n`);
      return EXIT_OK;
    }
    if (name === "--help" || name === "-h" || name === "help") {
      const asked = COMMANDS.find((known) => known.name === args[0]);
      io.stdout.write(asked?.help ?? HELP);
      return EXIT_OK;
    }
    if (name === undefined) {
      io.stderr.write(HELP);
      return EXIT_USAGE;
    }
    if (command === undefined) throw new UsageError(`there is no command ${JSON.stringify(name)}`);
    if (args.includes("--help") || args.includes("-h")) {
      io.stdout.write(command.help);
      return EXIT_OK;
    }
    return await command.run(args, io);
  } catch (error) {
    if (error instanceof LifecycleError && io.signal.aborted) return EXIT_INTERRUPTED;
    if (!(error instanceof UsageError || error instanceof ConnError)) throw error;
    io.stderr.write(`conn: ${printable(error.message)}\n`);
    const hint = hintFor(error, command);
    if (hint !== undefined) io.stderr.write(`${hint}\n`);
    return isUsage(error) ? EXIT_USAGE : EXIT_FAILED;
  }
}

/** Whether another command line would have helped. */
function isUsage(error: UsageError | ConnError): boolean {
  return (
    error instanceof UsageError ||
    error instanceof ConfigurationError ||
    error instanceof InstrumentError ||
    error instanceof NotSupportedError ||
    (error instanceof OrderError && error.code === "ORDER_INVALID") ||
    (error instanceof RecordingError && error.code === "RECORDING_NOT_FOUND") ||
    (error instanceof PluginError && error.code === "PLUGIN_NOT_FOUND")
  );
}

/** What the person can do about it. */
function hintFor(error: UsageError | ConnError, command: Command | undefined): string | undefined {
  if (error instanceof UsageError || error instanceof ConfigurationError) {
    return `Try: conn ${command === undefined ? "" : `${command.name} `}--help`;
  }
  if (error instanceof PluginError) {
    const { plugin, known } = error.details;
    const nearest =
      typeof plugin === "string" && Array.isArray(known) ? suggest(plugin, known.map(String)) : [];
    return nearest.length > 0 ? `Did you mean ${nearest.join(", ")}?` : "Try: conn list";
  }
  if (error instanceof JournalError && error.code === "JOURNAL_LOCKED") {
    return "Another program trades for this account. With --account NAME this one has a journal of its own, and that one's orders are foreign to it.";
  }
  if (error instanceof NetworkError && (command === watch || command === record)) {
    return "Is there a network, or a proxy on the way to it (--proxy URL)? --environment sim needs neither.";
  }
  return undefined;
}
