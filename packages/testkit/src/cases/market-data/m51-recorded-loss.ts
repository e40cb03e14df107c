import { FAULTS_FILE, readLostFrames } from "../../recordings/ground-truth.js";
import { RecordedSession } from "../../recordings/recorded-session.js";
import type { ConformanceCase } from "../../run/conformance-case.js";
import { ConformanceFailure, must } from "../../run/failure.js";

/**
 * Given a recorded session of the real venue, and frames of it whose loss was looked into.
 * Do play it without one of them, for each.
 * Expect the book to be distrusted at exactly the line that shows the loss, and not at all where none does.
 */
export const recordedLoss: ConformanceCase = {
  id: "M51",
  title: "a frame dropped from a recorded session is noticed where the ground truth says",
  needs: "orderBooks",
  needsRecording: FAULTS_FILE,
  async run({ recordings, definition, plugin: { name } }) {
    must(recordings.length > 0, "a recording");
    for (const folder of recordings) {
      const losses = await readLostFrames(folder);
      const symbols = losses.map(({ symbol }) => symbol);
      const recording = await RecordedSession.open(folder, symbols, { name, definition });
      for (const { symbol, dropFrameN, firstDetectedAtN } of losses) {
        const { session } = recording.replay({ drop: dropFrameN });
        const noticedAtN = session.books.find(
          ({ exchangeSymbol }) => exchangeSymbol === symbol,
        )?.firstFaultAtN;
        if (noticedAtN === firstDetectedAtN) continue;
        const at = (n: number | undefined): string => (n === undefined ? "not at all" : `at n ${n}`);
        throw new ConformanceFailure(
          `expected: the loss of frame n ${dropFrameN} of ${symbol} to be noticed ${at(firstDetectedAtN)}, but it is noticed ` +
            `${at(noticedAtN)}\n${recording.describe(symbol, firstDetectedAtN, 4)}`,
        );
      }
    }
  },
};
