import { fileURLToPath } from "node:url";
import { RecordingError, readFileOf } from "@conn/simulator";
import { recordingDisk } from "./recording-disk.js";

/** File of a recording that says what its books are in the end. */
export const EXPECTED_FILE = "depth.expected.json";
/** File of a recording that says where a lost frame shows. */
export const FAULTS_FILE = "depth.faults.json";

/** What a book of a recording is in the end. */
export interface ExpectedBook {
  readonly symbol: string;
  /** As `hashBook` of `@conn/simulator` computes it. */
  readonly bookSha256: string;
  /** The venue's last update id, where the recording says it. */
  readonly lastSeq: string | undefined;
  /** Times that frames are missing in the recording itself. */
  readonly gapCount: number;
}

/** A frame without which a book must be noticed to be wrong. */
export interface LostFrame {
  readonly symbol: string;
  /** The `n` of the frame to leave out. */
  readonly dropFrameN: number;
  /** The `n` of the line that shows the loss; undefined where none does. */
  readonly firstDetectedAtN: number | undefined;
}

/** @throws {RecordingError} if there is no such file, or it is something else. */
export function readExpectedBooks(folder: URL): Promise<ExpectedBook[]> {
  return readList(folder, EXPECTED_FILE, "books", ({ symbol, bookSha256, lastSeq, gapCount }) => ({
    symbol: text(symbol),
    bookSha256: text(bookSha256),
    lastSeq: typeof lastSeq === "number" || typeof lastSeq === "string" ? String(lastSeq) : undefined,
    gapCount: typeof gapCount === "number" ? gapCount : 0,
  }));
}

/** @throws {RecordingError} if there is no such file, or it is something else. */
export function readLostFrames(folder: URL): Promise<LostFrame[]> {
  return readList(folder, FAULTS_FILE, "cases", ({ symbol, dropFrameN, firstDetectedAtN }) => ({
    symbol: text(symbol),
    dropFrameN: integer(dropFrameN),
    firstDetectedAtN: firstDetectedAtN === null ? undefined : integer(firstDetectedAtN),
  }));
}

async function readList<Entry>(
  folder: URL,
  name: string,
  field: string,
  read: (entry: Readonly<Record<string, unknown>>) => Entry,
): Promise<Entry[]> {
  const path = fileURLToPath(new URL(name, folder));
  const bytes = await readFileOf(recordingDisk, path);
  if (bytes === undefined) {
    throw new RecordingError("RECORDING_NOT_FOUND", `there is no ${path}`, { details: { path } });
  }
  try {
    // as: each field is looked at before it is used.
    const whole = JSON.parse(new TextDecoder().decode(bytes)) as Readonly<Record<string, unknown>>;
    const list: unknown = whole[field];
    if (!Array.isArray(list) || list.length === 0) throw new TypeError(`no ${field}`);
    return list.map((entry) => read(entry));
  } catch (cause) {
    throw new RecordingError("MALFORMED_RECORDING", `${path} has no list of ${field} that can be read`, {
      cause,
      details: { path },
    });
  }
}

function text(value: unknown): string {
  if (typeof value !== "string") throw new TypeError(`${String(value)} is no text`);
  return value;
}

function integer(value: unknown): number {
  if (!Number.isSafeInteger(value)) throw new TypeError(`${String(value)} is no integer`);
  return Number(value);
}
