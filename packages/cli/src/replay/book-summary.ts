import type { BookState, OrderBook } from "@conn/core";
import { hashBook } from "@conn/simulator";
import { readTerminalFacts } from "../display/terminal-facts.js";
import type { CommandIo } from "../process/command-io.js";
import { paint, span } from "../render/line.js";
import { tabulate } from "../render/tabulate.js";

/** How much of a hash a person is shown. */
export const SHOWN_HASH_LENGTH = 12;

/** A book at the end of a recording or of its replay, as one line of JSON. */
export interface BookSummary {
  readonly type: "book";
  readonly tradingPair: string;
  readonly exchangeSymbol: string;
  readonly sha256: string;
  readonly bids: number;
  readonly asks: number;
  /** Diffs applied, and diffs dropped because the book had them already. */
  readonly applied: number;
  readonly dropped: number;
  readonly gaps: number;
  readonly checksumFailures: number;
  readonly resyncs: number;
  readonly crossed: number;
  readonly state: BookState;
  /** The line by which trust was first lost, where that is known. */
  readonly firstFaultAtN: number | null;
}

export function summarizeBook(
  book: OrderBook,
  exchangeSymbol: string,
  firstFaultAtN: number | undefined,
): BookSummary {
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

/** Prints books as a table. */
export function printBooks(books: readonly BookSummary[], io: Pick<CommandIo, "stdout" | "env">): void {
  const { colors } = readTerminalFacts(io);
  const rows = books.map((book) => {
    const faults = faultsOf(book);
    return [
      span(book.exchangeSymbol, "strong"),
      span(book.state, book.state === "live" ? "good" : "bad"),
      span(String(book.bids)),
      span(String(book.asks)),
      span(String(book.applied)),
      span(String(book.dropped)),
      span(faults.join(", ") || "none", faults.length === 0 ? "dim" : "bad"),
      span(book.sha256.slice(0, SHOWN_HASH_LENGTH), "dim"),
    ];
  });
  for (const line of tabulate([HEADS.map((head) => span(head, "dim")), ...rows])) {
    io.stdout.write(`${paint(line, colors)}\n`);
  }
}

function faultsOf({ gaps, checksumFailures, crossed, resyncs, firstFaultAtN }: BookSummary): string[] {
  const counts = { gaps, "bad checksums": checksumFailures, crossed, resyncs };
  const seen = Object.entries(counts).filter(([, count]) => count > 0);
  const first = firstFaultAtN === null ? [] : [`first at n ${firstFaultAtN}`];
  return [...seen.map(([name, count]) => `${name} ${count}`), ...first];
}
