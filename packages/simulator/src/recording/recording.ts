import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { RecordingError } from "./recording-error.js";

/** One line of a recording. */
export interface RecordedLine {
  /** Place in the whole recording. */
  readonly n: number;
  /** When the recorder read it, in seconds since 1970-01-01 UTC; undefined where that is not known. */
  readonly ts: number | undefined;
  /**
   * `recv`: from the venue. `send`: to it. `http`: an answer. `connect`: a connection was opened. `disconnect`: it
   * ended, or could not be opened.
   */
  readonly dir: string;
  /** Empty where the recording has none. */
  readonly url: string;
  /** Number of the connection, where several were open at once. */
  readonly conn: number | undefined;
  /** The frame or body as it came. */
  readonly raw: string;
  /** How `raw` stands for bytes that are no text; undefined where it is the text. */
  readonly rawEncoding?: "base64" | undefined;
  /** Of an answer: the request's method and the status, where they are known. */
  readonly method?: string | undefined;
  readonly status?: number | undefined;
}

/** The bytes of a frame or body. */
export function bytesOf({ raw, rawEncoding }: RecordedLine): Uint8Array {
  return Buffer.from(raw, rawEncoding ?? "utf8");
}

/** Where recordings are read from. */
export interface RecordingDisk {
  /** The bytes of a file; undefined if there is none. */
  readFile(path: string): Promise<Uint8Array | undefined>;
}

const NEWLINE = 0x0a;

/** The stream whose lines about connections belong to every recording of books. */
const CONTROL = "control";

/**
 * Reads stream files of a recording, each `<stream>.jsonl` or `<stream>.jsonl.gz`, and merges them by `n`.
 * `depth` must be there; of the others, those that are. Where `control` is not asked for, those of its lines
 * are read that say when connections began and ended.
 *
 * @throws {RecordingError} RECORDING_NOT_FOUND without depth, MALFORMED_RECORDING naming file and line.
 */
export async function readRecording(
  disk: RecordingDisk,
  folder: string,
  streams: Iterable<string>,
): Promise<RecordedLine[]> {
  const lines: RecordedLine[] = [];
  const wanted = new Set(["depth", ...streams]);
  for (const stream of new Set([...wanted, CONTROL])) {
    const found = await readStream(disk, folder, stream);
    if (found === undefined) {
      if (stream === "depth") throw notFound(folder);
      continue;
    }
    for (const line of readLines(found.bytes, found.path))
      if (wanted.has(stream) || line.dir === "connect" || line.dir === "disconnect") lines.push(line);
  }
  return lines.sort((a, b) => a.n - b.n);
}

/**
 * The bytes of a file of a recording; undefined if there is none.
 *
 * @throws {RecordingError} RECORDING_NOT_FOUND if it cannot be read.
 */
export async function readFileOf(disk: RecordingDisk, path: string): Promise<Uint8Array | undefined> {
  try {
    return await disk.readFile(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new RecordingError("RECORDING_NOT_FOUND", `${path} cannot be read: ${reason}`, {
      cause,
      details: { path },
    });
  }
}

async function readStream(
  disk: RecordingDisk,
  folder: string,
  stream: string,
): Promise<{ path: string; bytes: Uint8Array } | undefined> {
  const path = join(folder, `${stream}.jsonl`);
  const plain = await readFileOf(disk, path);
  if (plain !== undefined) return { path, bytes: plain };
  const packedPath = `${path}.gz`;
  const packed = await readFileOf(disk, packedPath);
  if (packed === undefined) return undefined;
  try {
    return { path: packedPath, bytes: gunzipSync(packed) };
  } catch (cause) {
    throw new RecordingError("MALFORMED_RECORDING", `${packedPath} is no gzip file`, {
      cause,
      details: { path: packedPath },
    });
  }
}

function* readLines(bytes: Uint8Array, path: string): Generator<RecordedLine> {
  const decoder = new TextDecoder();
  let number = 0;
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline < 0 ? bytes.length : newline;
    number += 1;
    // Line by line, as a whole recording can be longer than a string may be.
    const text = decoder.decode(bytes.subarray(start, end)).trim();
    if (text !== "") yield parseLine(text, path, number);
    start = end + 1;
  }
}

function parseLine(text: string, path: string, line: number): RecordedLine {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw malformed(path, line, "is no JSON", cause);
  }
  if (typeof value !== "object" || value === null) throw malformed(path, line, "is no object");
  // as: the fields are looked at one by one.
  const { n, ts, dir, url, conn, raw, rawEncoding, method, status } = value as Readonly<
    Record<string, unknown>
  >;
  if (typeof n !== "number") throw malformed(path, line, "has no number n");
  if (typeof ts !== "number" && ts !== null) throw malformed(path, line, "has no time ts, nor null for it");
  if (typeof dir !== "string") throw malformed(path, line, "has no direction dir");
  if (typeof raw !== "string") throw malformed(path, line, "has no text raw");
  if (rawEncoding !== undefined && rawEncoding !== "base64")
    throw malformed(path, line, "has raw in an encoding that is not known");
  return {
    n,
    ts: ts ?? undefined,
    dir,
    url: typeof url === "string" ? url : "",
    conn: typeof conn === "number" ? conn : undefined,
    raw,
    ...(rawEncoding !== undefined && { rawEncoding }),
    ...(typeof method === "string" && { method }),
    ...(typeof status === "number" && { status }),
  };
}

function notFound(folder: string): RecordingError {
  return new RecordingError(
    "RECORDING_NOT_FOUND",
    `there is no depth.jsonl or depth.jsonl.gz in ${folder}: is this the folder of a recording?`,
    { details: { folder } },
  );
}

function malformed(path: string, line: number, what: string, cause?: unknown): RecordingError {
  return new RecordingError("MALFORMED_RECORDING", `line ${line} of ${path} ${what}`, {
    cause,
    details: { path, line },
  });
}
