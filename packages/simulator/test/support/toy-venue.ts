import { ASK, BID, type FrameSink, ProtocolError, type SequenceRecord } from "@conn/core";
import type { RecordedLine } from "../../src/recording/recording.js";
import type { ReplaySource } from "../../src/recording/replay-source.js";

/** A frame or snapshot of the toy venue; in `levels`, a price with a minus sign is an ask. */
export interface ToyBook {
  readonly symbol: string;
  readonly kind?: "snapshot" | "diff";
  readonly id?: number;
  /** Place in the count of the connection. */
  readonly count?: number;
  readonly levels: Readonly<Record<string, string>>;
}

const RECORD: SequenceRecord = {
  source: "https://toy.example",
  rules: ["Ids are consecutive."],
  scope: "book",
  snapshot: "rest",
  bridge: "spansNext",
  steady: "contiguous",
  olderSnapshot: "drop",
  levelsBy: "price",
  crossed: "resync",
  recovery: "refetch",
};

/** A source for a venue whose frames are `ToyBook`s, ordered as said. */
export function toySource(
  rules: Partial<SequenceRecord> = {},
  more: Partial<ReplaySource> = {},
): ReplaySource {
  return {
    sequence: { ...RECORD, ...rules },
    parse: (data, sink) => writeBook(data, sink),
    parseSnapshot: (body, _instrument, sink) => writeBook(body, sink),
    snapshotSymbol: (url) => new URL(url).searchParams.get("symbol") ?? undefined,
    ...more,
  };
}

function writeBook(data: Uint8Array, sink: FrameSink): void {
  let book: ToyBook;
  try {
    book = JSON.parse(Buffer.from(data).toString());
  } catch (cause) {
    throw new ProtocolError("MALFORMED_FRAME", "no JSON", { cause });
  }
  const from = sink.levels.length;
  for (const [price, amount] of Object.entries(book.levels)) {
    const isAsk = price.startsWith("-");
    sink.levels.pushText(isAsk ? ASK : BID, isAsk ? price.slice(1) : price, amount);
  }
  sink.sequence = book.count;
  const message = sink.depth(book.kind ?? "diff", book.symbol, from);
  message.firstUpdateId = book.id;
  message.lastUpdateId = book.id;
}

const STREAM = "wss://stream.toy.example/ws";

/** A frame as line `n` of a recording. */
export function received(n: number, book: ToyBook | string, conn?: number): RecordedLine {
  const raw = typeof book === "string" ? book : JSON.stringify(book);
  return { n, ts: 1_700_000_000 + n / 10, dir: "recv", url: STREAM, conn, raw };
}

/** A snapshot by REST as line `n` of a recording. */
export function answered(n: number, book: ToyBook | string, symbol = "AB"): RecordedLine {
  const raw = typeof book === "string" ? book : JSON.stringify({ ...book, kind: "snapshot" });
  const url = `https://rest.toy.example/book?symbol=${symbol}`;
  return { n, ts: 1_700_000_000 + n / 10, dir: "http", url, conn: undefined, raw };
}

/** A connection that was opened, as line `n` of a recording. */
export function connected(n: number, conn?: number): RecordedLine {
  return { n, ts: 1_700_000_000 + n / 10, dir: "connect", url: STREAM, conn, raw: "" };
}

/** A stream file of a recording. */
export function toJsonLines(lines: readonly RecordedLine[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}
