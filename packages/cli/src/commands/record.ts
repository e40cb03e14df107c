import { join } from "node:path";
import {
  CORE_VERSION,
  type Connector,
  type ConnectorOptions,
  createDefinition,
  createHost,
  recordPorts,
} from "@conn/core";
import { CONNECTOR_ARGUMENTS, CONNECTOR_HELP, readConnectorOptions } from "../arguments/connector-options.js";
import { quote, readArguments, readSeconds } from "../arguments/read-arguments.js";
import { UsageError } from "../arguments/usage-error.js";
import { formatJson } from "../market/json-events.js";
import { resolvePair } from "../market/resolve-pair.js";
import type { CommandIo } from "../process/command-io.js";
import { EXIT_OK } from "../process/exit-code.js";
import { formatExpectedBooks } from "../record/expected-books.js";
import { followPairs } from "../record/follow-pairs.js";
import { recordSession, type SessionRequest } from "../record/record-session.js";
import { SessionRecording } from "../record/session-recording.js";
import { notWritten } from "../record/stream-files.js";
import { type BookSummary, printBooks, summarizeBook } from "../replay/book-summary.js";
import { EXPECTED_BOOKS } from "../replay/checkpoints.js";
import { formatManifest, MANIFEST, type Manifest } from "../replay/manifest.js";
import type { Command } from "./command.js";

const HELP = `conn record: write a connector's session to a folder, to be played again

Usage
  conn record <connector> <pair…> <folder> [options]
  conn record <connector> <pair…> --session FILE [options]

Follows the books and trades of the pairs and writes down every frame, request and answer, until Ctrl-C or
the end of --duration. The folder must be empty or not there yet, and its files can be read by you alone.
What is secret, or stands under a name that looks like it (key, token, signature…), is not written.

In the folder: depth.jsonl, trades.jsonl, instruments.jsonl and control.jsonl with one JSON object a line,
{"n","ts","dir","url","raw"}, where n is the place in the whole recording; recording.json, which says what
it is; and, if every book was live at the end, depth.expected.json with the hashes that conn replay must
come to.

With --session the whole session goes to one file, as for a bug report: also what was called, when timers ran,
what the clock showed, and every event. conn replay FILE comes to the same events, byte for byte.

Options
${CONNECTOR_HELP}
  --session FILE   write one file, which ends in .jsonl, instead of a folder
  --duration S     end after S seconds
  --json           one JSON object a line: what happens, and at the end the books
  --help           this text

Examples
  conn record binance-perpetual BTC-USDT ./session --duration 60
  conn record binance-perpetual BTC-USDT ETH-USDT ./session --environment sim --seed 7
  conn replay ./session
  conn record binance-perpetual BTC-USDT --session bug.jsonl --duration 600
  conn replay bug.jsonl
`;

/** `conn record`. */
export const record: Command = {
  name: "record",
  summary: "write a session down, to be replayed",
  help: HELP,
  async run(args, io) {
    const request = readRequest(args);
    if ("file" in request) {
      await recordSession(request, io);
      return EXIT_OK;
    }
    await refuseUsedFolder(request.folder, io);
    const plugin = await io.registry.load(request.connector);
    const session = new SessionRecording(createDefinition(plugin));
    const ports = recordPorts(io.ports, { write: (passed) => session.take(passed) });
    const connector = createHost(ports).create(plugin, request.options);
    const startedAt = io.ports.clock.now();
    let manifest: Manifest;
    let books: readonly BookSummary[];
    let expected: string | undefined;
    try {
      await connector.start({ signal: io.signal });
      const tradingPairs = [...new Set(request.names.map((name) => resolvePair(connector, name)))];
      manifest = await describe(connector, tradingPairs, startedAt, io);
      await notWritten(request.folder, io.disk.makeFolder(request.folder));
      await session.open(io.disk, request.folder, connector, tradingPairs);
      await writeFile(request.folder, MANIFEST, formatManifest(manifest), io);
      printStart(connector, manifest, request, io);
      await followPairs(connector, { ...request, tradingPairs, failed: session.failed }, io);
      // From here to the next wait nothing can come from the venue: the hashes are those of the last line.
      const recorded = session.end(connector, tradingPairs);
      books = recorded.map(({ book, instrument }) =>
        summarizeBook(book, instrument.exchangeSymbol, undefined),
      );
      if (books.every(({ state }) => state === "live"))
        expected = formatExpectedBooks(connector.name, recorded);
    } finally {
      await connector.stop();
      await session.close();
    }
    const endedAt = formatTimestamp(io.ports.clock.now());
    await writeFile(request.folder, MANIFEST, formatManifest({ ...manifest, endedAt }), io);
    if (expected !== undefined) await writeFile(request.folder, EXPECTED_BOOKS, expected, io);
    printEnd(books, session.lines, request, io);
    return EXIT_OK;
  },
};

/** What the command line asks for. */
interface RecordRequest {
  readonly connector: string;
  /** Pairs as the person wrote them. */
  readonly names: readonly string[];
  readonly folder: string;
  readonly options: ConnectorOptions;
  readonly durationMs: number | undefined;
  readonly json: boolean;
}

/** @throws {UsageError} */
function readRequest(args: readonly string[]): RecordRequest | SessionRequest {
  const { values, positionals } = readArguments(args, {
    ...CONNECTOR_ARGUMENTS,
    session: { type: "string" },
    duration: { type: "string" },
    json: { type: "boolean" },
  });
  const [connector, ...rest] = positionals;
  const common = {
    options: readConnectorOptions(values),
    durationMs: values.duration === undefined ? undefined : readSeconds("duration", values.duration),
    json: values.json === true,
  };
  if (values.session !== undefined) {
    if (connector === undefined || rest.length === 0) {
      throw new UsageError(
        "conn record --session FILE needs a connector and a pair, such as conn record binance-perpetual BTC-USDT --session bug.jsonl",
      );
    }
    return { connector, names: rest, file: values.session, ...common };
  }
  const folder = rest.at(-1);
  if (connector === undefined || folder === undefined || rest.length < 2) {
    throw new UsageError(
      "conn record needs a connector, a pair and a folder, such as conn record binance-perpetual BTC-USDT ./session",
    );
  }
  return {
    connector,
    names: rest.slice(0, -1),
    folder,
    ...common,
  };
}

/** @throws {UsageError} if there is something in the folder. */
async function refuseUsedFolder(folder: string, io: CommandIo): Promise<void> {
  const names = await notWritten(folder, io.disk.listFolder(folder));
  if (names !== undefined && names.length > 0) {
    throw new UsageError(`${quote(folder)} is not empty: a recording needs a folder of its own`);
  }
}

async function describe(
  { name, environment }: Connector,
  tradingPairs: readonly string[],
  startedAt: number,
  io: CommandIo,
): Promise<Manifest> {
  const { plugins } = await io.registry.discover();
  return {
    connector: name,
    version: plugins.find((plugin) => plugin.name === name)?.version,
    core: CORE_VERSION,
    environment,
    tradingPairs,
    startedAt: formatTimestamp(startedAt),
    endedAt: undefined,
  };
}

function printStart(
  connector: Connector,
  { environment, tradingPairs }: Manifest,
  { json, folder }: RecordRequest,
  io: CommandIo,
): void {
  if (json) {
    const start = { type: "recording", connector: connector.name, environment, tradingPairs, folder };
    io.stdout.write(`${formatJson(start)}\n`);
  } else {
    io.stdout.write(
      `recording ${connector.name} ${environment}, ${tradingPairs.join(", ")}, to ${folder}; Ctrl-C ends it\n`,
    );
  }
}

function printEnd(
  books: readonly BookSummary[],
  lines: number,
  { json, folder }: RecordRequest,
  io: CommandIo,
): void {
  const notLive = books.filter(({ state }) => state !== "live").map(({ tradingPair }) => tradingPair);
  if (json) {
    for (const book of books) io.stdout.write(`${formatJson({ ...book })}\n`);
    io.stdout.write(`${formatJson({ type: "recorded", folder, lines, notLive })}\n`);
  } else {
    printBooks(books, io);
    io.stdout.write(`${lines} lines in ${folder}\n`);
  }
  if (notLive.length > 0) {
    io.stderr.write(`conn: not live at the end, so there is no ${EXPECTED_BOOKS}: ${notLive.join(", ")}\n`);
  }
}

function writeFile(folder: string, name: string, text: string, io: CommandIo): Promise<void> {
  return notWritten(name, io.disk.replaceFile(join(folder, name), text));
}

function formatTimestamp(timestamp: number): string {
  return new Date(timestamp).toISOString();
}
