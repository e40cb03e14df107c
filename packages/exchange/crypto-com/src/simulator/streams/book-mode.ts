import { type BookParameters, type FrameError, frameErrors } from "./client-frame.js";

/** How a book is told: all of it every time, or what changed. */
export interface BookMode {
  readonly type: "SNAPSHOT" | "SNAPSHOT_AND_UPDATE";
  readonly depth: number;
  readonly intervalMs: number;
}

/**
 * Checks what a client asks of a book: depth 10 or 50; snapshots, the default, every 500 ms, or deltas every 10 ms,
 * their default, or 100 ms. Snapshots at the frequencies of deltas were removed in February 2025, and whoever asks
 * for them gets those of 500 ms. Depth 150 is not documented and is served as snapshots. Other spellings of the
 * two parameters are unknown to the venue, and so the defaults hold.
 *
 * @see https://exchange-docs.crypto.com/exchange/v1/rest-ws/index.html#book-instrument_name-depth
 * @see https://github.com/nemanull/arbitrage-observatory/blob/2cbe70629c3c429da9b231ab71a7b861b3fc8096/docs/profiles/cryptocom/websocket.md
 */
export function readBookMode(
  depthText: string,
  { type, frequency }: BookParameters,
): BookMode | { readonly error: FrameError } {
  if (type !== undefined && type !== "SNAPSHOT" && type !== "SNAPSHOT_AND_UPDATE") {
    return { error: frameErrors.invalidType };
  }
  const deltas = type === "SNAPSHOT_AND_UPDATE";
  if (!["10", "50", "150"].includes(depthText)) return { error: frameErrors.invalidDepth };
  // The vendor's examples have numbers here and texts elsewhere.
  const milliseconds = frequency === undefined ? undefined : String(frequency);
  const served = deltas ? ["10", "100"] : ["10", "100", "500"];
  if ((milliseconds !== undefined && !served.includes(milliseconds)) || (deltas && depthText === "150")) {
    return { error: frameErrors.unsupportedCombination };
  }
  return {
    type: deltas ? "SNAPSHOT_AND_UPDATE" : "SNAPSHOT",
    depth: Number(depthText),
    intervalMs: deltas ? Number(milliseconds ?? "10") : 500,
  };
}
