import {
  CORE_VERSION,
  type Connector,
  type ConnectorOptions,
  type ConnectorPlugin,
  createDefinition,
  JournalError,
} from "@conn/core";
import { NODE_VERSION } from "../adapters/node-version.js";
import { readArguments, readSeconds } from "../arguments/read-arguments.js";
import {
  KEYS_HELP,
  readTradingOptions,
  TRADING_ARGUMENTS,
  TRADING_HELP,
} from "../arguments/trading-options.js";
import { UsageError } from "../arguments/usage-error.js";
import { readTerminalFacts } from "../display/terminal-facts.js";
import {
  examine,
  examineAccount,
  examineBook,
  examineClock,
  examineKey,
  examineLimits,
  examineRest,
  type Patient,
} from "../doctor/examinations.js";
import type { Finding, Verdict } from "../doctor/finding.js";
import { formatJson } from "../market/json-events.js";
import { resolvePair } from "../market/resolve-pair.js";
import type { CommandIo } from "../process/command-io.js";
import { EXIT_FAILED, EXIT_INTERRUPTED, EXIT_OK } from "../process/exit-code.js";
import { paint, type Style, span } from "../render/line.js";
import { CLI_VERSION } from "../version.js";
import type { Command } from "./command.js";

const DEFAULT_WAIT = "15";
const USUAL_PAIRS = ["BTC-USDT", "BTC-USD"];
const MARKS: Readonly<Record<Verdict, { readonly mark: string; readonly style: Style }>> = {
  ok: { mark: "ok", style: "good" },
  warning: { mark: "WARNING", style: "busy" },
  failed: { mark: "FAILED", style: "bad" },
  skipped: { mark: "skipped", style: "dim" },
};

const HELP = `conn doctor: whether everything is in order for a connector to work here

Usage
  conn doctor <connector> [pair] [options]

Looks at versions, the venue's instruments, the round trip of REST, the clock, what is left of the rate limits, and
whether a book becomes live; with keys also at the journal, the account's stream, and what the key may do. It places
and cancels nothing.

Options
${TRADING_HELP}
  --wait S         longest wait of each examination, in seconds; ${DEFAULT_WAIT} if not given
  --json           one JSON object a line: check, verdict (ok, warning, failed, skipped), text, facts
  --help           this text

${KEYS_HELP}

Exit codes: 0 nothing failed, though there may be warnings; 1 something failed; the rest as of conn.

Examples
  conn doctor binance-perpetual
  conn doctor binance-perpetual --environment live --url wallet=https://api.binance.com
  conn doctor binance-perpetual --environment sim
`;

/** `conn doctor`. */
export const doctor: Command = {
  name: "doctor",
  summary: "whether all is in order here",
  help: HELP,
  async run(args, io) {
    const { values, positionals } = readArguments(args, {
      ...TRADING_ARGUMENTS,
      wait: { type: "string" },
      json: { type: "boolean" },
    });
    const [name, pair, unexpected] = positionals;
    if (name === undefined || unexpected !== undefined)
      throw new UsageError("conn doctor takes the name of a connector, and a pair or none");
    const waitMs = readSeconds("wait", values.wait ?? DEFAULT_WAIT);
    const options = await readTradingOptions(name, values, io);
    const plugin = await io.registry.load(name);
    let failures = 0;
    const tell = (finding: Finding): void => {
      if (finding.verdict === "failed") failures += 1;
      write(finding, values.json === true, io);
    };
    await examineAll({ plugin, options, pair, waitMs, io }, tell);
    if (io.signal.aborted) return EXIT_INTERRUPTED;
    return failures > 0 ? EXIT_FAILED : EXIT_OK;
  },
};

interface Visit {
  readonly plugin: ConnectorPlugin;
  readonly options: ConnectorOptions;
  readonly pair: string | undefined;
  readonly waitMs: number;
  readonly io: CommandIo;
}

async function examineAll(visit: Visit, tell: (finding: Finding) => void): Promise<void> {
  const { plugin, pair, waitMs, io } = visit;
  tell(await versions(visit));
  const started = await startConnector(visit, tell);
  if (started === undefined) return;
  const { connector, hasJournal } = started;
  try {
    const patient: Patient = { connector, io, waitMs };
    const { clock } = createDefinition(plugin);
    tell(await examine("rest", () => examineRest(patient)));
    tell(await examine("clock", () => examineClock(patient, clock.mode === "serverTime")));
    const tradingPair = pair === undefined ? usualPair(connector) : resolvePair(connector, pair);
    if (tradingPair !== undefined) tell(await examine("orderBook", () => examineBook(patient, tradingPair)));
    if (hasJournal) tell(journal(connector, visit));
    if (connector.account === undefined) {
      const text = hasJournal ? "no keys were given" : "without its journal it cannot be had";
      tell({ check: "account", verdict: "skipped", text });
    } else {
      tell(await examine("account", () => examineAccount(patient)));
      tell(await examine("keyPermissions", () => examineKey(patient)));
    }
    // Last, so that what the others have cost is in it.
    tell(examineLimits(patient));
  } finally {
    await connector.stop();
  }
}

/** The connector, started; without the account if its journal cannot be had; nothing if the venue cannot be. */
async function startConnector(
  { plugin, options, io }: Pick<Visit, "plugin" | "options" | "io">,
  tell: (finding: Finding) => void,
): Promise<{ readonly connector: Connector; readonly hasJournal: boolean } | undefined> {
  const connector = await io.registry.createDynamic(plugin.name, { ...options });
  let journalError: JournalError | undefined;
  const started = await examine("instruments", async () => {
    try {
      await connector.start({ signal: io.signal });
    } catch (error) {
      if (!(error instanceof JournalError)) throw error;
      journalError = error;
    }
    const { size } = connector.instruments;
    const text = `${size} listed, ${connector.tradingPairs.length} trading at present`;
    return { check: "instruments", verdict: "ok", text, facts: { listed: size } };
  });
  if (journalError === undefined) {
    tell(started);
    return started.verdict === "ok" ? { connector, hasJournal: true } : undefined;
  }
  const { code, message } = journalError;
  tell({ check: "journal", verdict: "failed", text: message, facts: { code } });
  const { credentials: _, ...others } = options;
  const without = await startConnector({ plugin, options: others, io }, tell);
  return without && { ...without, hasJournal: false };
}

async function versions({ plugin, io }: Visit): Promise<Finding> {
  const { plugins } = await io.registry.discover();
  const { version } = plugins.find(({ name }) => name === plugin.name) ?? {};
  const facts = {
    node: NODE_VERSION,
    cli: CLI_VERSION,
    core: CORE_VERSION,
    connector: version,
    wantsCore: plugin.core,
  };
  const text = `node ${NODE_VERSION}, @conn/cli ${CLI_VERSION}, @conn/core ${CORE_VERSION}, ${plugin.name} ${version ?? "?"}`;
  return { check: "versions", verdict: "ok", text, facts };
}

/** A connector with an account that has started has opened its journal. */
function journal({ name, environment, account }: Connector, { options, io }: Visit): Finding {
  const check = "journal";
  if (account === undefined) return { check, verdict: "skipped", text: "without keys there is none" };
  if (options.credentials === undefined)
    return { check, verdict: "skipped", text: "in memory, as the simulated venue ends with this command" };
  const path = io.ports.journals.locate?.({ venue: name, environment, account });
  return {
    check,
    verdict: "ok",
    text: path === undefined ? "in memory" : `${path} is open`,
    facts: { path },
  };
}

function usualPair({ tradingPairs }: Connector): string | undefined {
  return USUAL_PAIRS.find((pair) => tradingPairs.includes(pair)) ?? tradingPairs[0];
}

function write(finding: Finding, json: boolean, io: CommandIo): void {
  if (json) {
    io.stdout.write(`${formatJson({ type: "finding", ...finding })}\n`);
    return;
  }
  const { colors } = readTerminalFacts(io);
  const { mark, style } = MARKS[finding.verdict];
  const line = [span(mark.padEnd(9), style), span(finding.check.padEnd(16)), span(finding.text)];
  io.stdout.write(`${paint(line, colors)}\n`);
}
