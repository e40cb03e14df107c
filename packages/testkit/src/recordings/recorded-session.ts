import { fileURLToPath } from "node:url";
import type { ExchangeDefinition, Instrument } from "@conn/core";
import {
  bareInstrument,
  bytesOf,
  createConnectorSource,
  type RecordedLine,
  ReplaySession,
  type ReplaySource,
  readInstruments,
  readRecording,
  requestMatcher,
} from "@conn/simulator";
import { must } from "../run/failure.js";
import { recordingDisk } from "./recording-disk.js";

/** Stream files that are read beside the depth, where they are there. */
const ALSO_READ = ["control", "instruments"];
const SHOWN_CHARACTERS = 300;

/** What may be different from what was recorded. */
export interface ReplayChanges {
  /** The `n` of a line that is left out. */
  readonly drop?: number;
  /** Lines by which each answer with a snapshot comes later than it did. */
  readonly delay?: number;
}

/** What a replay has come to. */
export interface Replayed {
  readonly session: ReplaySession;
  /** What could not be used, with the `n` of its line. */
  readonly problems: readonly string[];
}

/** A recorded session of a venue, as a connector for it reads it. */
export class RecordedSession {
  /** Path of its folder. */
  readonly folder: string;
  readonly #venue: string;
  readonly #source: ReplaySource;
  readonly #lines: readonly RecordedLine[];

  private constructor(folder: string, venue: string, source: ReplaySource, lines: readonly RecordedLine[]) {
    this.folder = folder;
    this.#venue = venue;
    this.#source = source;
    this.#lines = lines;
  }

  /**
   * Reads a recording.
   *
   * @param symbols Those whose books are looked at: where the venue's list of instruments was recorded too, it
   *   must name them.
   * @throws {RecordingError} if it is not there, or not in the format of recordings.
   * @throws {ConformanceFailure} if the connector finds a symbol missing in the recorded list.
   */
  static async open(
    folder: URL,
    symbols: Iterable<string>,
    { name, definition }: { readonly name: string; readonly definition: ExchangeDefinition },
  ): Promise<RecordedSession> {
    const path = fileURLToPath(folder);
    const lines = await readRecording(recordingDisk, path, ALSO_READ);
    const listed = listedIn(lines, definition);
    const instruments = Array.from(new Set(symbols), (symbol) => {
      const instrument = listed === undefined ? bareInstrument(symbol) : listed.get(symbol);
      must(instrument !== undefined, `an instrument for ${symbol} in the list that was recorded in ${path}`);
      return instrument;
    });
    return new RecordedSession(path, name, toReplaySource(definition, instruments), lines);
  }

  /** Plays the session through the connector's parsing, in the way that live frames take. */
  replay({ drop, delay = 0 }: ReplayChanges = {}): Replayed {
    const problems: string[] = [];
    const session = new ReplaySession(this.#venue, this.#source, (n, error) =>
      problems.push(
        `n ${n}: ${error.message}${error.cause instanceof Error ? `: ${error.cause.message}` : ""}`,
      ),
    );
    for (const line of this.#delayed(delay)) if (line.n !== drop) session.play(line);
    return { session, problems };
  }

  /** Lines about a symbol that end with the one of this `n`, or with the last one, as a text for a report. */
  describe(symbol: string, upTo: number = Number.POSITIVE_INFINITY, count = 3): string {
    const shown = this.#lines
      .filter(({ n, dir, raw, url }) => dir !== "connect" && n <= upTo && `${url}${raw}`.includes(symbol))
      .slice(-count)
      .map(({ n, dir, raw }) => {
        const more = raw.length > SHOWN_CHARACTERS ? "…" : "";
        return `  n ${n} ${dir} ${raw.length} characters ${raw.slice(0, SHOWN_CHARACTERS)}${more}`;
      });
    return [`recording ${this.folder}, frames of ${symbol}:`, ...shown].join("\n");
  }

  #delayed(delay: number): readonly RecordedLine[] {
    if (delay === 0) return this.#lines;
    const lines = [...this.#lines];
    for (const line of this.#lines) {
      if (line.dir !== "http") continue;
      if (this.#source.snapshotSymbol?.(line.url, bytesOf(line), line.method) === undefined) continue;
      lines.splice(lines.indexOf(line), 1);
      const before = this.#lines[this.#lines.indexOf(line) + delay + 1];
      lines.splice(before === undefined ? lines.length : lines.indexOf(before), 0, line);
    }
    return lines;
  }
}

/** What the connector makes of the list of instruments that was recorded, by symbol; undefined if none was. */
function listedIn(
  lines: readonly RecordedLine[],
  definition: ExchangeDefinition,
): ReadonlyMap<string, Instrument> | undefined {
  const isListing = (line: RecordedLine): boolean =>
    line.dir === "http" && requestMatcher(line)(definition.instruments);
  if (!lines.some(isListing)) return undefined;
  const instruments = readInstruments(definition, lines);
  return new Map(instruments.map((instrument) => [instrument.exchangeSymbol, instrument]));
}

/** What a replay needs to know of the venue, which is the connector's own parsing. */
function toReplaySource(definition: ExchangeDefinition, instruments: readonly Instrument[]): ReplaySource {
  const source = createConnectorSource(definition, instruments);
  const topics = instruments.flatMap((instrument) => definition.orderBooks.topics(instrument));
  const depthRoute = topics.find(({ carries }) => carries === "depth")?.route ?? "";
  // A recording can be older than the venue's present URLs: its connections are taken for what carries books now.
  return { ...source, routeOf: (url) => source.routeOf?.(url) || depthRoute };
}
