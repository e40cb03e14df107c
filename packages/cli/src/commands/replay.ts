import type { OrderBook } from "@conn/core";
import { hashBook, type RecordedLine, ReplaySession, type ReplaySource } from "@conn/simulator";
import { quote, readArguments, readInteger } from "../arguments/read-arguments.js";
import { UsageError } from "../arguments/usage-error.js";
import { readTerminalFacts } from "../display/terminal-facts.js";
import { describeError, formatJson, type JsonEvent } from "../market/json-events.js";
import type { CommandIo } from "../process/command-io.js";
import { EXIT_INTERRUPTED, EXIT_OK } from "../process/exit-code.js";
import { paint, span } from "../render/line.js";
import { tabulate } from "../render/tabulate.js";
import { type BookSummary, printBooks, SHOWN_HASH_LENGTH, summarizeBook } from "../replay/book-summary.js";
import { type Checkpoint, readCheckpoints } from "../replay/checkpoints.js";
import { chooseSource } from "../replay/choose-source.js";
import { readWholeSession, replayWholeSession } from "../replay/replay-whole-session.js";
import type { Command } from "./command.js";

/** Lines played before a Ctrl-C is looked for. */
const LINES_PER_TURN = 10_000;

const HELP = `conn replay: play a recorded session through the code that keeps live books

Usage
  conn replay <file> [--json]
  conn replay <folder> [--connector NAME | --decoders MODULE [--venue NAME]] [--drop N]… [--checkpoints] [--json]

A file of conn record --session is played through the whole connector, which must come to the same events, byte
for byte: prints how many they are, or the first that is not as it was and the lines before it; then the exit
code is 1.

Of a folder, reads depth.jsonl or depth.jsonl.gz in the folder: one JSON object a line, {"n","ts","dir","url","raw"}, in
the order of n; and of control.jsonl when connections began and ended. Prints for each book its final state,
how often it lost trust and why, and the SHA-256 of its levels: lines b|price|amount and then a|price|amount,
best first, joined by line feeds.

What conn record has written is read by the connector that it was recorded with. Anything else needs to be
told what reads it.

Options
  --connector NAME   an installed connector that reads the frames
  --decoders MODULE  a module that exports \`decoders\`: by venue, how its frames read and are ordered
  --venue NAME       which of the decoders; if not given, the name of the folder or the one above it, or the
                     URLs tell it. Needed where several fit
  --drop N           leave out the line with this n, as if it had been lost; may be repeated
  --checkpoints      also the hash after each line that depth.expected.json in the folder names
  --json             one JSON object a line instead of a table
  --help             this text

Examples
  conn replay bug.jsonl
  conn replay ./session
  conn replay ./session --drop 165 --json
  conn replay recordings/binance-usdm/20210722 --connector binance-perpetual
  conn replay recordings/binance-spot/20211012 --decoders ./decoders.js
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
      connector: { type: "string" },
      drop: { type: "string", multiple: true },
      checkpoints: { type: "boolean" },
      json: { type: "boolean" },
    });
    const [folder, unexpected] = positionals;
    if (folder === undefined) throw new UsageError("conn replay needs the folder of a recording");
    if (unexpected !== undefined)
      throw new UsageError(`conn replay takes one folder, and ${quote(unexpected)} is one more`);
    const whole = await readWholeSession(folder, io);
    if (whole !== undefined) {
      if (Object.keys(values).some((option) => option !== "json"))
        throw new UsageError("of a whole session everything is replayed: only --json can be asked for");
      return replayWholeSession(whole, values.json === true, io);
    }
    const dropped = new Set(
      values.drop?.map((text) => readInteger("drop", text, 0, Number.MAX_SAFE_INTEGER)),
    );

    const { decoders, venue, connector } = values;
    const { lines, ...read } = await chooseSource(folder, { decoders, venue, connector }, io);
    const absent = [...dropped].filter((n) => !lines.some((line) => line.n === n));
    if (absent.length > 0) throw new UsageError(`--drop ${absent[0]}: the recording has no line with this n`);
    const checkpoints = values.checkpoints === true ? await readCheckpoints(io.disk, folder) : [];
    const kept = lines.filter(({ n }) => !dropped.has(n));
    const played = await play({ ...read, lines: kept, checkpoints }, io);
    if (played === undefined) return EXIT_INTERRUPTED;

    if (values.json === true) printJson(played, io);
    else printTable(played, io);
    return EXIT_OK;
  },
};

interface Played {
  readonly books: readonly BookSummary[];
  readonly checkpoints: readonly JsonEvent[];
  readonly problems: readonly JsonEvent[];
}

/** Plays the lines; undefined if it was interrupted. */
async function play(
  recording: {
    readonly venue: string;
    readonly source: ReplaySource;
    readonly lines: readonly RecordedLine[];
    readonly checkpoints: readonly Checkpoint[];
  },
  io: CommandIo,
): Promise<Played | undefined> {
  const problems: JsonEvent[] = [];
  const { venue, source } = recording;
  const session = new ReplaySession(venue, source, (n, error, tradingPair) => {
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
    const alone = new ReplaySession(venue, source, () => undefined);
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
  const books = session.books.map(({ book, exchangeSymbol, firstFaultAtN }) =>
    summarizeBook(book, exchangeSymbol, firstFaultAtN),
  );
  return { books, checkpoints: reached, problems };
}

function printJson({ books, checkpoints, problems }: Played, io: CommandIo): void {
  for (const line of [...problems, ...checkpoints, ...books]) {
    io.stdout.write(`${formatJson({ ...line })}\n`);
  }
}

function printTable({ books, checkpoints, problems }: Played, io: CommandIo): void {
  const { colors } = readTerminalFacts(io);
  printBooks(books, io);
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
