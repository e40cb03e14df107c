import type { OrderBookDataSource } from "@conn/core";

/**
 * What a replay must know of a venue: how its frames and snapshots read, and how they are ordered. The
 * methods are those of a connector's data source, so that a decoder can grow into one.
 *
 * - In `parse`, `context.route` is the URL of the connection, or empty where the recording has none.
 * - In `parseSnapshot`, only the symbol of the instrument is known.
 */
export interface Decoder extends Pick<OrderBookDataSource, "sequence" | "parse" | "parseSnapshot"> {
  /**
   * The symbol whose snapshot a recorded answer to a REST request is; undefined for any other answer.
   * Needed where `sequence.snapshot` is `rest`.
   */
  snapshotSymbol?(url: string, body: Uint8Array): string | undefined;
  /** Stream files that the books need beside `depth`, such as `instruments`. */
  readonly alsoReads?: readonly string[];
  /**
   * Hosts of the venue's URLs, alone or with the beginning of the path (`stream.example.com/v5`): they tell a
   * recording's venue where its folders do not.
   */
  readonly hosts?: readonly string[];
}

/**
 * Decoders by the venue's name, as recordings spell it. A module given to `conn replay --decoders` exports
 * them as `decoders`.
 */
export type Decoders = Readonly<Record<string, Decoder>>;
