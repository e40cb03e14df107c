// Plays real recordings against their ground truth. They lie beside the repository and are not part of it.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { Decoder } from "@conn/cli";
import { describe, expect, test } from "vitest";
import { decoders } from "./decoders.ts";
import { replay } from "./replay-in-process.ts";

const RECORDINGS = join(import.meta.dirname, "../../../shared/recordings");

interface Truth {
  readonly books: readonly {
    readonly symbol: string;
    readonly bookSha256: string;
    readonly finalLevels: readonly [number, number];
    readonly diffFramesApplied: number;
    readonly diffFramesDroppedAsStale: number;
    readonly checkpoints: readonly { readonly afterN: number; readonly sha256: string }[];
  }[];
}

interface Faults {
  readonly cases: readonly {
    readonly symbol: string;
    readonly dropFrameN: number;
    /** Null where nothing in the recording could show the fault. */
    readonly firstDetectedAtN: number | null;
  }[];
}

interface RecordedLine {
  readonly n: number;
  readonly dir: string;
  readonly url: string | null;
  readonly raw: string;
}

function recordingsOf(venue: string): { venue: string; name: string; folder: string }[] {
  const parent = join(RECORDINGS, venue);
  if (!existsSync(parent)) return [];
  return readdirSync(parent)
    .map((name) => ({ venue, name, folder: join(parent, name) }))
    .filter(({ folder }) => existsSync(join(folder, "depth.expected.json")));
}

function readLines(folder: string): RecordedLine[] {
  const path = join(folder, "depth.jsonl");
  const text = existsSync(path) ? readFileSync(path) : gunzipSync(readFileSync(`${path}.gz`));
  // as: such are the lines of a recording.
  return String(text)
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as RecordedLine);
}

function readJson<Content>(folder: string, name: string): Content | undefined {
  const path = join(folder, name);
  // as: the files of the recordings have this shape, and a test fails where one has not.
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Content) : undefined;
}

/** A recording whose REST answers came later: each after `delay` more frames. */
function delayAnswers(lines: readonly RecordedLine[], decoder: Decoder, delay: number): RecordedLine[] {
  const delayed = [...lines];
  for (const answer of lines) {
    if (answer.dir !== "http") continue;
    if (decoder.snapshotSymbol?.(answer.url ?? "", Buffer.from(answer.raw)) === undefined) continue;
    const at = delayed.indexOf(answer);
    delayed.splice(at, 1);
    delayed.splice(at + delay, 0, answer);
  }
  // The same places in the recording, so that connections open where they did.
  return delayed.map((line, index) => ({ ...line, n: lines[index]?.n ?? line.n }));
}

const isThere = existsSync(RECORDINGS);
const recordings = Object.keys(decoders).flatMap((venue) => recordingsOf(venue));

test.skipIf(!isThere)(`the recordings are at ${RECORDINGS}`, () => {
  expect(recordings.length).toBeGreaterThan(0);
});

describe.each(recordings)("$venue $name", ({ venue, folder }) => {
  const truth = readJson<Truth>(folder, "depth.expected.json")!;
  const mustSpan = decoders[venue]?.sequence.bridge.startsWith("spans");
  const faults = readJson<Faults>(folder, "depth.faults.json")?.cases ?? [];

  test("every book is right at the end and at each checkpoint, and trusted throughout", async () => {
    const lines = await replay(folder, ["--checkpoints"]);
    const books = lines.filter(({ type }) => type === "book");
    expect(new Map(books.map((book) => [book.exchangeSymbol, book]))).toEqual(
      new Map(
        truth.books.map((book) => [
          book.symbol,
          {
            type: "book",
            tradingPair: book.symbol,
            exchangeSymbol: book.symbol,
            sha256: book.bookSha256,
            bids: book.finalLevels[0],
            asks: book.finalLevels[1],
            applied: book.diffFramesApplied,
            dropped: book.diffFramesDroppedAsStale,
            gaps: 0,
            checksumFailures: 0,
            resyncs: 0,
            crossed: 0,
            // Where a diff must span the snapshot, the two are not joined before one does.
            state: mustSpan && book.diffFramesApplied === 0 ? "syncing" : "live",
            firstFaultAtN: null,
          },
        ]),
      ),
    );
    const reached = lines.filter(({ type }) => type === "checkpoint");
    const marks = (symbol: string): unknown[] =>
      reached
        .filter(({ exchangeSymbol }) => exchangeSymbol === symbol)
        .map(({ afterN, sha256 }) => ({ afterN, sha256 }));
    for (const { symbol, checkpoints } of truth.books) {
      expect(marks(symbol), symbol).toEqual(checkpoints.map(({ afterN, sha256 }) => ({ afterN, sha256 })));
    }
    expect(lines.filter(({ type }) => type === "problem")).toEqual([]);
  });

  for (const { symbol, dropFrameN, firstDetectedAtN } of faults) {
    test(`without frame ${dropFrameN} the book of ${symbol} is ${firstDetectedAtN === null ? "not seen to be wrong" : `distrusted at ${firstDetectedAtN}`}`, async () => {
      const lines = await replay(folder, ["--drop", String(dropFrameN)]);
      const books = lines.filter(({ type }) => type === "book");
      expect(books.find(({ exchangeSymbol }) => exchangeSymbol === symbol)?.firstFaultAtN).toBe(
        firstDetectedAtN,
      );
    });
  }

  if (decoders[venue]?.sequence.snapshot !== "rest") return;

  test.each([1, 4, 16])("answers that come %d frames later make the same books", async (delay) => {
    const delayed = delayAnswers(readLines(folder), decoders[venue]!, delay);
    const depth = delayed.map((line) => JSON.stringify(line)).join("\n");
    const books = await replay(folder, [], new Map([[join(folder, "depth.jsonl"), depth]]));
    expect(new Map(books.map(({ exchangeSymbol, sha256 }) => [exchangeSymbol, sha256]))).toEqual(
      new Map(truth.books.map(({ symbol, bookSha256 }) => [symbol, bookSha256])),
    );
  });
});

const perpetual = recordings.find(({ venue }) => venue === "binance-usdm")?.folder ?? "";

test.skipIf(perpetual === "")("a connector reads a recording of its venue by itself", async () => {
  const truth = readJson<Truth>(perpetual, "depth.expected.json");
  const books = await replay(perpetual, ["--connector", "binance-perpetual"]);
  expect(new Map(books.map(({ exchangeSymbol, sha256 }) => [exchangeSymbol, sha256]))).toEqual(
    new Map(truth?.books.map(({ symbol, bookSha256 }) => [symbol, bookSha256])),
  );
});
