import type { Connector, ExchangeDefinition, SessionRecord } from "@conn/core";
import type { Disk } from "../process/disk.js";
import { CheckpointTaker } from "./checkpoint-taker.js";
import type { RecordedBook } from "./expected-books.js";
import { formatLine } from "./format-line.js";
import { StreamFiles } from "./stream-files.js";
import { STREAMS, type Stream, StreamSorter } from "./stream-sorter.js";

/**
 * Writes down the session of one connector. It takes records from the start, and has a folder for them from
 * `open` on: so a start that fails leaves nothing on the disk.
 */
export class SessionRecording {
  readonly #sorter: StreamSorter;
  readonly #files = new StreamFiles<Stream>(STREAMS);
  readonly #checkpoints = new CheckpointTaker();
  #lines = 0;
  #ended = false;

  constructor(definition: ExchangeDefinition) {
    this.#sorter = new StreamSorter(definition);
  }

  /** How many lines it has. */
  get lines(): number {
    return this.#lines;
  }

  /** Rejects when a line cannot be written; never resolves. */
  get failed(): Promise<never> {
    return this.#files.failed;
  }

  /** Takes what passed through the ports. */
  take(record: SessionRecord): void {
    if (this.#ended) return;
    const n = this.#lines + 1;
    this.#checkpoints.beforeRecord(record.type, n);
    this.#lines = n;
    this.#files.write(this.#sorter.streamOf(record), formatLine(record, n));
  }

  /**
   * Creates the files in an empty folder, and follows the books of a connector.
   *
   * @throws {RecordingError} RECORDING_NOT_WRITTEN.
   */
  async open(
    disk: Pick<Disk, "createFile">,
    folder: string,
    connector: Connector,
    tradingPairs: readonly string[],
  ): Promise<void> {
    this.#sorter.follow(tradingPairs.flatMap((pair) => connector.instruments.get(pair) ?? []));
    connector.on("orderBook", ({ book }) => this.#checkpoints.bookChanged(book));
    await this.#files.open(disk, folder);
  }

  /** Takes nothing more. The books are then as the recording has left them, as long as nobody waits. */
  end(connector: Connector, tradingPairs: readonly string[]): RecordedBook[] {
    this.#ended = true;
    return tradingPairs.flatMap((pair) => {
      const instrument = connector.instruments.get(pair);
      if (instrument === undefined) return [];
      return [{ instrument, book: connector.orderBook(pair), checkpoints: this.#checkpoints.of(pair) }];
    });
  }

  /**
   * Waits until everything is on the disk.
   *
   * @throws {RecordingError} RECORDING_NOT_WRITTEN.
   */
  async close(): Promise<void> {
    this.#ended = true;
    await this.#files.close();
  }
}
