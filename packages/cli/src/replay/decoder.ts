import type { ReplaySource } from "@conn/simulator";

/**
 * What `conn replay` must know of a venue. The methods are those of a connector's data source, so that a
 * decoder can grow into one; in `parseSnapshot`, only the symbol of the instrument is known.
 */
export interface Decoder extends ReplaySource {
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
