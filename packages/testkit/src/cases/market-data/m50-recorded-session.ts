import { hashBook } from "@conn/simulator";
import { EXPECTED_FILE, readExpectedBooks } from "../../recordings/ground-truth.js";
import { RecordedSession } from "../../recordings/recorded-session.js";
import type { ConformanceCase } from "../../run/conformance-case.js";
import { ConformanceFailure, must, mustEqual } from "../../run/failure.js";

/** Lines by which the snapshots come later than they were recorded: the books must be the same. */
const DELAYS = [1, 16, 256];

/**
 * Given a recorded session of the real venue, with the truth about its books.
 * Do play it through the connector; where snapshots come by REST, again with later ones.
 * Expect every book in the end to be the true one, level for level, with nothing missed and every frame
 * understood.
 */
export const recordedSession: ConformanceCase = {
  id: "M50",
  title: "a recorded real session replays to the expected books",
  needs: "orderBooks",
  needsRecording: EXPECTED_FILE,
  async run({ recordings, definition, plugin: { name } }) {
    must(recordings.length > 0, "a recording");
    const delays = definition.orderBooks.sequence.snapshot === "rest" ? [0, ...DELAYS] : [0];
    for (const folder of recordings) {
      const books = await readExpectedBooks(folder);
      const symbols = books.map(({ symbol }) => symbol);
      const recording = await RecordedSession.open(folder, symbols, { name, definition });
      for (const delay of delays) {
        const { session, problems } = recording.replay({ delay });
        const when = delay === 0 ? "" : `, with snapshots ${delay} lines late`;
        mustEqual(problems, [], `the problems told${when}`);
        for (const { symbol, bookSha256, lastSeq, gapCount } of books) {
          const book = session.bookOf(symbol);
          must(book !== undefined, `a book of ${symbol}${when}\n${recording.describe(symbol)}`);
          const { gaps, lastUpdateId } = book.integrity;
          const wrong = (what: string): ConformanceFailure =>
            new ConformanceFailure(
              `expected: ${what}${when}, but it is not so: ${book.bidCount} bids and ${book.askCount} asks, best ` +
                `${book.bestBid?.price} and ${book.bestAsk?.price}, update ${lastUpdateId}, ${gaps} gaps\n${recording.describe(symbol)}`,
            );
          if (gaps !== gapCount) throw wrong(`${gapCount} gaps in ${symbol}`);
          if (lastSeq !== undefined && String(lastUpdateId) !== lastSeq)
            throw wrong(`${symbol} to end at update ${lastSeq}`);
          if (hashBook(book) !== bookSha256)
            throw wrong(`the book of ${symbol} to be the true one in the end`);
        }
      }
    }
  },
};
