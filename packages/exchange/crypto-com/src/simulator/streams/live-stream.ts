import type { ScheduledStream } from "@conn/simulator";
import type { InstrumentMarket } from "../market/instrument-market.js";

/** Sends one frame of a stream; `kind` is the word of the frame's channel. */
export type SendFrame = (text: string, kind: string) => void;

/** What one connection gets of one channel. Times are the venue's, in milliseconds since 1970. */
export interface LiveStream extends ScheduledStream {
  readonly market: InstrumentMarket;
  /**
   * A subscription to it came, the first one or a repeated one. Returns the frame that answers it, if the
   * channel answers with data.
   */
  subscribe(requestId: string, at: number): string | undefined;
  /** Sends what is due at `at`, which is `dueAt()`; the market has advanced to it. */
  run(at: number, send: SendFrame): void;
}
