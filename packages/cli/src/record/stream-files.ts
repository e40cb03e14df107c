import { join } from "node:path";
import { RecordingError } from "@conn/simulator";
import type { Disk, NewFile } from "../process/disk.js";

/** Characters that may wait for the disk, of all files together. */
const MOST_WAITING = 64 * 1024 * 1024;

interface StreamFile {
  readonly path: string;
  /** Lines that the file does not have yet. */
  waiting: string[];
  /** The writing that is under way. */
  writing: Promise<void> | undefined;
}

/**
 * The stream files of a recording, `<stream>.jsonl`, written as the lines come. What comes before `open`, or faster
 * than the disk takes it, waits in memory, up to a limit.
 */
export class StreamFiles<Stream extends string> {
  readonly #files = new Map<Stream, StreamFile>();
  readonly #opened: NewFile[] = [];
  readonly #failed = Promise.withResolvers<never>();
  #handles: Map<Stream, NewFile> | undefined;
  #waiting = 0;
  #failure: unknown;

  constructor(streams: readonly Stream[]) {
    for (const stream of streams)
      this.#files.set(stream, { path: `${stream}.jsonl`, waiting: [], writing: undefined });
    // Whoever waits for it is told; that nobody does yet is no fault.
    this.#failed.promise.catch(() => undefined);
  }

  /** Rejects with a `RecordingError` when a line cannot be written; never resolves. */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  /** Adds a line to a file. What is written once the disk has failed is forgotten. */
  write(stream: Stream, line: string): void {
    const file = this.#files.get(stream);
    if (file === undefined || this.#failure !== undefined) return;
    file.waiting.push(line, "\n");
    this.#waiting += line.length + 1;
    if (this.#waiting > MOST_WAITING) this.#fail(file, new Error("the disk is slower than the venue"));
    else this.#write(stream, file);
  }

  /**
   * Creates the files.
   *
   * @throws {RecordingError} RECORDING_NOT_WRITTEN.
   */
  async open(disk: Pick<Disk, "createFile">, folder: string): Promise<void> {
    const handles = new Map<Stream, NewFile>();
    for (const [stream, file] of this.#files) {
      const handle = await notWritten(file.path, disk.createFile(join(folder, file.path)));
      this.#opened.push(handle);
      handles.set(stream, handle);
    }
    this.#handles = handles;
    for (const [stream, file] of this.#files) this.#write(stream, file);
  }

  /**
   * Waits until the files have every line, and closes them.
   *
   * @throws {RecordingError} RECORDING_NOT_WRITTEN if they have not.
   */
  async close(): Promise<void> {
    for (const file of this.#files.values()) {
      // Each piece that is written begins the next.
      while (file.writing !== undefined) await file.writing;
    }
    for (const handle of this.#opened) {
      await handle.close().catch((error: unknown) => {
        this.#failure ??= error;
      });
    }
    if (this.#failure !== undefined) throw asNotWritten("the recording", this.#failure);
  }

  #write(stream: Stream, file: StreamFile): void {
    const handle = this.#handles?.get(stream);
    if (handle === undefined || file.writing !== undefined || file.waiting.length === 0) return;
    const text = file.waiting.join("");
    file.waiting = [];
    file.writing = handle.append(text).then(
      () => {
        this.#waiting -= text.length;
        file.writing = undefined;
        if (this.#failure === undefined) this.#write(stream, file);
      },
      (error: unknown) => {
        file.writing = undefined;
        this.#fail(file, error);
      },
    );
  }

  #fail({ path }: StreamFile, error: unknown): void {
    this.#failure ??= asNotWritten(path, error);
    this.#failed.reject(this.#failure);
    for (const file of this.#files.values()) file.waiting = [];
  }
}

/** Turns what a disk rejects with into an error that names the file. @throws {RecordingError} */
export async function notWritten<Result>(path: string, writing: Promise<Result>): Promise<Result> {
  try {
    return await writing;
  } catch (error) {
    throw asNotWritten(path, error);
  }
}

function asNotWritten(path: string, cause: unknown): RecordingError {
  if (cause instanceof RecordingError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new RecordingError("RECORDING_NOT_WRITTEN", `${path} cannot be written: ${reason}`, {
    cause,
    details: { path },
  });
}
