import { basename, dirname } from "node:path";
import type { OrderBook } from "@conn/core";
import {
  hashBook,
  type RecordedLine,
  type ReplayedBook,
  ReplaySession,
  readRecording,
} from "@conn/simulator";
import { quote, readArguments, readInteger } from "../arguments/read-arguments.js";
import { suggest } from "../arguments/suggest.js";
import { UsageError } from "../arguments/usage-error.js";
import { readTerminalFacts } from "../display/terminal-facts.js";
import { describeError, formatJson, type JsonEvent } from "../market/json-events.js";
import type { CommandIo } from "../process/command-io.js";
import { EXIT_INTERRUPTED, EXIT_OK } from "../process/exit-code.js";
import { paint, span } from "../render/line.js";
import { tabulate } from "../render/tabulate.js";
import { type Checkpoint, readCheckpoints } from "../replay/checkpoints.js";
import type { Decoder, Decoders } from "../replay/decoder.js";
import type { Command } from "./command.js";

/** Lines played before a Ctrl-C is looked for. */
const LINES_PER_TURN = 10_000;
const SHOWN_HASH_LENGTH = 12;

const HELP = `conn replay: play a recorded session through the code that keeps live books

Usage
  conn replay <folder> --decoders <module> [--venue NAME] [--drop N]… [--checkpoints] [--json]

Reads depth.jsonl or depth.jsonl.gz in the folder: one JSON object a line, {"n","ts","dir","url","raw"}, in
the order of n. Prints for each book its final state, how often it lost trust and why, and the SHA-256 of
its levels: lines b|price|amount and then a|price|amount, best first, joined by line feeds.

Options
  --decoders MODULE  a module that exports \`decoders\`: by venue, how its frames read and are ordered
  --venue NAME       the venue; if not given, the name of the folder or the one above it, or the URLs tell it
  --drop N           leave out the line with this n, as if it had been lost; may be repeated
  --checkpoints      also the hash after each line that depth.expected.json in the folder names
  --json             one JSON object a line instead of a table
  --help             this text

Examples
  conn replay recordings/binance-spot/20211012 --decoders ./decoders.js
  conn replay recordings/binance-spot/20211012 --decoders ./decoders.js --drop 165 --json
`;

/** `conn replay`. */
export const replay: Command = {
  name: "replay",
  summary: "play a recorded session, and hash its books",
  help: HELP,
  async run(args, io) {
    const { values, positionals } = readArguments(args, {
      decoders: { type: "string" },
      venue: { type: "string" },
      drop: { type: "string", multiple: true },
      checkpoints: { type: "boolean" },
      json: { type: "boolean" },
    });
    const [folder, unexpected] = positionals;
    if (folder === undefined) throw new UsageError("conn replay needs the folder of a recording");
    if (unexpected !== undefined)
      throw new UsageError(`conn replay takes one folder, and ${quote(unexpected)} is one more`);
    if (values.decoders === undefined)
      throw new UsageError("conn replay needs --decoders: nothing else says how the venue's frames read");
    const dropped = new Set(
      values.drop?.map((text) => readInteger("drop", text, 0, Number.MAX_SAFE_INTEGER)),
    );

    const decoders = await loadDecoders(values.decoders, io);
    const named = values.venue ?? venueOfFolder(folder, decoders, io);
    const depth = named === undefined ? await readRecording(io.disk, folder, []) : undefined;
    const venue = named ?? venueOfLines(depth ?? [], decoders);
    if (venue === undefined) throw unknownVenue(folder, decoders);
    const decoder = Object.hasOwn(decoders, venue) ? decoders[venue] : undefined;
    if (decoder === undefined) throw noDecoder(venue, decoders);

    const alsoReads = decoder.alsoReads ?? [];
    const lines =
      depth !== undefined && alsoReads.length === 0 ? depth : await readRecording(io.disk, folder, alsoReads);
    const absent = [...dropped].filter((n) => !lines.some((line) => line.n === n));
    if (absent.length > 0) throw new UsageError(`--drop ${absent[0]}: the recording has no line with this n`);
    const checkpoints = values.checkpoints === true ? await readCheckpoints(io.disk, folder) : [];
    const kept = lines.filter(({ n }) => !dropped.has(n));
    const played = await play({ venue, decoder, lines: kept, checkpoints }, io);
    if (played === undefined) return EXIT_INTERRUPTED;

    if (values.json === true) printJson(played, io);
    else printTable(played, io);
    return EXIT_OK;
  },
};

interface Played {
  readonly books: readonly ReplayedBook[];
  readonly checkpoints: readonly JsonEvent[];
  readonly problems: readonly JsonEvent[];
}

/** Plays the lines; undefined if it was interrupted. */
async function play(
  recording: {
    readonly venue: string;
    readonly decoder: Decoder;
    readonly lines: readonly RecordedLine[];
    readonly checkpoints: readonly Checkpoint[];
  },
  io: CommandIo,
): Promise<Played | undefined> {
  const problems: JsonEvent[] = [];
  const { venue, decoder } = recording;
  const session = new ReplaySession(venue, decoder, (n, error, tradingPair) => {
    problems.push({ type: "problem", n, tradingPair, error: describeError(error) });
  });
  const reached: JsonEvent[] = [];
  let waiting = recording.checkpoints;
  const take = ({ exchangeSymbol, afterN }: Checkpoint, book: OrderBook): void => {
    reached.push({
      type: "checkpoint",
      tradingPair: book.tradingPair,
      exchangeSymbol,
      afterN,
      sha256: hashBook(book),
      bids: book.bidCount,
      asks: book.askCount,
    });
  };
  /** Takes the checkpoints that lie before a line. One whose diff waits for a snapshot is reached with it. */
  const takeCheckpoints = (n: number): void => {
    waiting = waiting.filter((checkpoint) => {
      if (checkpoint.afterN >= n) return true;
      const book = session.bookOf(checkpoint.exchangeSymbol);
      if (book?.integrity.state === "awaitingSnapshot" && n < Number.POSITIVE_INFINITY) return true;
      if (book !== undefined) take(checkpoint, book);
      return false;
    });
  };
  /** Takes the checkpoints after a snapshot by REST: of the snapshot alone, without the diffs that waited for it. */
  const takeSnapshotCheckpoints = (line: RecordedLine): void => {
    if (!waiting.some(({ afterN }) => afterN === line.n)) return;
    const alone = new ReplaySession(venue, decoder, () => undefined);
    alone.play(line);
    waiting = waiting.filter((checkpoint) => {
      const book = checkpoint.afterN === line.n ? alone.bookOf(checkpoint.exchangeSymbol) : undefined;
      if (book !== undefined) take(checkpoint, book);
      return book === undefined;
    });
  };
  for (const [index, line] of recording.lines.entries()) {
    if (index % LINES_PER_TURN === LINES_PER_TURN - 1) {
      await new Promise<void>((resolve) => io.ports.timers.set(0, resolve));
      if (io.signal.aborted) return undefined;
    }
    takeCheckpoints(line.n);
    session.play(line);
    if (line.dir === "http") takeSnapshotCheckpoints(line);
  }
  takeCheckpoints(Number.POSITIVE_INFINITY);
  return { books: session.books, checkpoints: reached, problems };
}

function printJson({ books, checkpoints, problems }: Played, io: CommandIo): void {
  for (const line of [...problems, ...checkpoints, ...books.map(describeBook)]) {
    io.stdout.write(`${formatJson(line)}\n`);
  }
}

function describeBook({ exchangeSymbol, book, firstFaultAtN }: ReplayedBook): JsonEvent {
  const { diffs, staleDiffs, gaps, checksumFailures, resyncs, crossed, state } = book.integrity;
  return {
    type: "book",
    tradingPair: book.tradingPair,
    exchangeSymbol,
    sha256: hashBook(book),
    bids: book.bidCount,
    asks: book.askCount,
    applied: diffs,
    dropped: staleDiffs,
    gaps,
    checksumFailures,
    resyncs,
    crossed,
    state,
    firstFaultAtN: firstFaultAtN ?? null,
  };
}

const HEADS = ["book", "state", "bids", "asks", "applied", "dropped", "faults", "sha256"];

function printTable({ books, checkpoints, problems }: Played, io: CommandIo): void {
  const { colors } = readTerminalFacts(io);
  const rows = books.map(({ exchangeSymbol, book, firstFaultAtN }) => {
    const { diffs, staleDiffs, state } = book.integrity;
    return [
      span(exchangeSymbol, "strong"),
      span(state, state === "live" ? "good" : "bad"),
      span(String(book.bidCount)),
      span(String(book.askCount)),
      span(String(diffs)),
      span(String(staleDiffs)),
      span(faultsOf(book.integrity, firstFaultAtN), firstFaultAtN === undefined ? "dim" : "bad"),
      span(hashBook(book).slice(0, SHOWN_HASH_LENGTH), "dim"),
    ];
  });
  for (const line of tabulate([HEADS.map((head) => span(head, "dim")), ...rows])) {
    io.stdout.write(`${paint(line, colors)}\n`);
  }
  if (checkpoints.length > 0) {
    const heads = ["checkpoint", "after n", "sha256"].map((head) => span(head, "dim"));
    const marks = checkpoints.map(({ exchangeSymbol, afterN, sha256 }) => [
      span(String(exchangeSymbol)),
      span(String(afterN)),
      span(String(sha256).slice(0, SHOWN_HASH_LENGTH), "dim"),
    ]);
    io.stdout.write("\n");
    for (const line of tabulate([heads, ...marks])) io.stdout.write(`${paint(line, colors)}\n`);
  }
  for (const problem of problems) io.stderr.write(`conn: ${formatJson(problem)}\n`);
}

function faultsOf(
  { gaps, checksumFailures, crossed, resyncs }: ReplayedBook["book"]["integrity"],
  firstFaultAtN: number | undefined,
): string {
  const counts = { gaps, "bad checksums": checksumFailures, crossed, resyncs };
  const seen = Object.entries(counts).filter(([, count]) => count > 0);
  const first = firstFaultAtN === undefined ? [] : [`first at n ${firstFaultAtN}`];
  return [...seen.map(([name, count]) => `${name} ${count}`), ...first].join(", ") || "none";
}

async function loadDecoders(path: string, io: CommandIo): Promise<Decoders> {
  let exported: Readonly<Record<string, unknown>>;
  try {
    exported = await io.disk.importModule(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`--decoders ${quote(path)} cannot be loaded: ${reason}`, { cause });
  }
  const { decoders } = exported;
  if (!isDecoders(decoders))
    throw new UsageError(
      `--decoders ${quote(path)} does not export decoders: an object with one for each venue`,
    );
  return decoders;
}

function isDecoders(value: unknown): value is Decoders {
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).every(
    (decoder: Partial<Decoder> | null) =>
      typeof decoder === "object" && typeof decoder?.parse === "function" && decoder.sequence !== undefined,
  );
}

/** The venue whose name the folder or the one above it has: recordings lie in `<venue>/<date>`. */
function venueOfFolder(folder: string, decoders: Decoders, io: CommandIo): string | undefined {
  const path = io.disk.absolutePath(folder);
  return [basename(dirname(path)), basename(path)].find((name) => Object.hasOwn(decoders, name));
}

/** The venue to which the first known URL of a recording leads; of several, the one that says most of its path. */
function venueOfLines(lines: readonly RecordedLine[], decoders: Decoders): string | undefined {
  const hosts = Object.entries(decoders)
    .flatMap(([venue, decoder]) => (decoder.hosts ?? []).map((host) => ({ venue, host })))
    .sort((a, b) => b.host.length - a.host.length);
  const seen = new Set<string>();
  for (const { url } of lines) {
    if (seen.has(url) || !URL.canParse(url)) continue;
    seen.add(url);
    const { hostname, pathname } = new URL(url);
    const found = hosts.find(({ host }) => `${hostname}${pathname}/`.startsWith(`${host}/`));
    if (found !== undefined) return found.venue;
  }
  return undefined;
}

function noDecoder(venue: string, decoders: Decoders): UsageError {
  const meant = suggest(venue, Object.keys(decoders));
  return new UsageError(
    meant.length > 0
      ? `there is no decoder for ${quote(venue)}; did you mean ${meant.join(" or ")}?`
      : `there is no decoder for ${quote(venue)}, only for: ${Object.keys(decoders).join(", ")}`,
  );
}

function unknownVenue(folder: string, decoders: Decoders): UsageError {
  return new UsageError(
    `of which venue is the recording in ${quote(folder)}? Name it with --venue: ${Object.keys(decoders).join(", ")}`,
  );
}
