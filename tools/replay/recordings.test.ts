// Plays real sessions with `conn replay` and compares every book with what is known to be true of it.
import { existsSync, readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { decoders } from "./decoders.ts";
import { type ReplayLine, runReplay } from "./run-replay.ts";

/** `<venue>/<recording>`, where they are kept beside the repository. */
const folder = fileURLToPath(new URL("../../../shared/recordings", import.meta.url));

/** depth.expected.json */
interface Truth {
  readonly books: readonly {
    readonly symbol: string;
    readonly bookSha256: string;
    readonly checkpoints?: readonly { readonly afterN: number; readonly sha256: string }[];
  }[];
}

/** depth.faults.json */
interface Faults {
  readonly cases: readonly {
    readonly symbol: string;
    readonly dropFrameN: number;
    /** null where the venue's rules do not let it be noticed. */
    readonly firstDetectedAtN: number | null;
  }[];
}

const recordings = Object.keys(decoders)
  .flatMap((venue) => {
    const path = join(folder, venue);
    return existsSync(path) ? readdirSync(path).map((name) => join(path, name)) : [];
  })
  .filter((path) => existsSync(join(path, "depth.expected.json")));

if (recordings.length === 0) {
  test(`skipped, as there are no recordings in ${folder}`, ({ skip }) => skip());
}

describe.each(recordings)("%s", (recording) => {
  test("every book ends as it must, and is so at every checkpoint", async () => {
    const truth = await readTruth<Truth>("depth.expected.json");
    const lines = await replay("--checkpoints");
    expect(lines.filter(({ type }) => type === "problem")).toEqual([]);
    const books = lines.filter(({ type }) => type === "book");
    expect(books.map(({ exchangeSymbol }) => exchangeSymbol).sort()).toEqual(
      truth.books.map(({ symbol }) => symbol).sort(),
    );
    for (const { symbol, bookSha256, checkpoints = [] } of truth.books) {
      const own = lines.filter(({ exchangeSymbol }) => exchangeSymbol === symbol);
      const book = own.find(({ type }) => type === "book");
      expect(book).toMatchObject({ sha256: bookSha256, firstFaultAtN: null });
      const reached = own.filter(({ type }) => type === "checkpoint");
      expect(reached.map(({ afterN, sha256 }) => [symbol, afterN, sha256])).toEqual(
        checkpoints.map(({ afterN, sha256 }) => [symbol, afterN, sha256]),
      );
    }
  });

  if (existsSync(join(recording, "depth.faults.json"))) {
    test("a lost frame is noticed as soon as it can be", async () => {
      for (const { symbol, dropFrameN, firstDetectedAtN } of (await readTruth<Faults>("depth.faults.json"))
        .cases) {
        const lines = await replay("--drop", String(dropFrameN));
        const book = lines.find(({ type, exchangeSymbol }) => type === "book" && exchangeSymbol === symbol);
        expect(book).toMatchObject({ firstFaultAtN: firstDetectedAtN });
      }
    });
  }

  async function readTruth<Kind>(file: string): Promise<Kind> {
    // as: the files are written by one program.
    return JSON.parse(await readFile(join(recording, file), "utf8")) as Kind;
  }

  function replay(...options: string[]): Promise<readonly ReplayLine[]> {
    return runReplay([recording, ...options], async (path) =>
      existsSync(path) ? readFile(path) : undefined,
    );
  }
});
