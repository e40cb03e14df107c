import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import {
  createDefaultPorts,
  type DepthMessage,
  type FrameMessage,
  FrameSink,
  type OrderBook,
  OrderBookTracker,
} from "@conn/core";
import { describe, expect, it } from "vitest";
import { parseExchangeInfo } from "../src/instruments.js";
import { parseDepthSnapshot, parseMarketFrame } from "../src/market-frame.js";
import { orderBookSequence } from "../src/order-book-sequence.js";

const folder = fileURLToPath(
  new URL("../../../../../shared/recordings/binance-usdm/20210722/", import.meta.url),
);
const present = existsSync(folder);

interface Line {
  readonly n: number;
  readonly dir: "recv" | "send" | "connect" | "http";
  readonly url: string;
  readonly raw: string;
}
interface Expected {
  readonly books: readonly {
    readonly symbol: string;
    readonly bookSha256: string;
    readonly lastSeq: number;
  }[];
}
interface Faults {
  readonly cases: readonly {
    readonly symbol: string;
    readonly dropFrameN: number;
    readonly firstDetectedAtN: number | null;
  }[];
}

function lines(file: string): Line[] {
  const bytes = readFileSync(folder + file);
  const text = (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
}

/** Messages of other kinds, captured one by one by another project, with what that project reads in them. */
const captured = fileURLToPath(
  new URL("../../../../../shared/recordings/crypto-msg-parser/binance.json", import.meta.url),
);
const capturedPresent = existsSync(captured);

interface Captured {
  readonly cases: readonly { readonly id: string; readonly kind: string; readonly raw: string }[];
}

/** The events of these contracts that the capture has of one kind, each in a frame of its own. */
function capturedEvents(kind: string): Readonly<Record<string, unknown>>[] {
  if (!capturedPresent) return [];
  const { cases } = JSON.parse(readFileSync(captured, "utf8")) as Captured;
  return cases
    .filter((one) => one.kind === kind && one.id.includes("linear_swap"))
    .flatMap(({ raw }) => [(JSON.parse(raw) as { data: Readonly<Record<string, unknown>> }).data].flat());
}

function parseEvent(data: unknown): FrameMessage | undefined {
  const sink = new FrameSink();
  parseMarketFrame(Buffer.from(JSON.stringify({ stream: "x", data })), sink);
  return sink.messages[0];
}

/** The canonical text of a book that the recordings' ground truth hashes. */
function hashOf(book: OrderBook): string {
  const rows = [
    ...book.bids().map(({ price, amount }) => `b|${price.toFixed()}|${amount.toFixed()}`),
    ...book.asks().map(({ price, amount }) => `a|${price.toFixed()}|${amount.toFixed()}`),
  ];
  return createHash("sha256").update(rows.join("\n")).digest("hex");
}

/** Plays the session, without the frame `drop`; each recorded snapshot arrives `delay` diffs of its book late. */
function replay(options: { readonly drop?: number; readonly delay?: number } = {}) {
  const { drop, delay = 0 } = options;
  const listing = parseExchangeInfo(Buffer.from(lines("instruments.jsonl")[0]?.raw ?? ""));
  const bySymbol = new Map(listing.instruments.map((instrument) => [instrument.exchangeSymbol, instrument]));
  const faultAt = new Map<string, number>();
  let at = 0;
  const tracker = new OrderBookTracker(
    orderBookSequence,
    { maxDiffs: 1_000, maxLevels: 100_000 },
    createDefaultPorts().clock,
    {
      onBookChanged: () => undefined,
      onBookState: (book, _previous, fault) => {
        if (fault !== undefined && !faultAt.has(book.tradingPair)) faultAt.set(book.tradingPair, at);
      },
      requestSnapshot: () => undefined,
      restartStream: () => undefined,
    },
  );
  const sink = new FrameSink();
  const waiting = new Map<string, { readonly line: Line; left: number }>();
  const pairOf = (symbol: string): string => {
    const instrument = bySymbol.get(symbol);
    if (instrument === undefined) throw new Error(`${symbol} is not listed`);
    if (!tracker.books.has(instrument.tradingPair)) {
      tracker.track(instrument);
      tracker.subscribed(instrument.tradingPair);
    }
    return instrument.tradingPair;
  };
  const deliver = (symbol: string, line: Line): void => {
    sink.reset();
    parseDepthSnapshot(Buffer.from(line.raw), symbol, sink);
    tracker.snapshot(pairOf(symbol), sink.messages[0] as DepthMessage, sink.levels, 0);
  };
  for (const line of lines("depth.jsonl.gz")) {
    at = line.n;
    if (line.n === drop) continue;
    if (line.dir === "http") {
      const symbol = new URL(line.url).searchParams.get("symbol") ?? "";
      if (delay === 0) deliver(symbol, line);
      else waiting.set(symbol, { line, left: delay });
    } else if (line.dir === "recv") {
      sink.reset();
      parseMarketFrame(Buffer.from(line.raw), sink);
      for (const message of sink.messages) {
        if (message.type !== "depth") continue;
        tracker.diff(pairOf(message.exchangeSymbol), message, sink.levels, 0);
        const late = waiting.get(message.exchangeSymbol);
        if (late === undefined) continue;
        late.left -= 1;
        if (late.left > 0) continue;
        waiting.delete(message.exchangeSymbol);
        deliver(message.exchangeSymbol, late.line);
      }
    }
  }
  return { tracker, bySymbol, faultAt };
}

describe.skipIf(!present)(
  `a recorded session${present ? "" : " (skipped: ../shared/recordings is not here)"}`,
  () => {
    const expected = JSON.parse(
      present ? readFileSync(`${folder}depth.expected.json`, "utf8") : `{"books":[]}`,
    ) as Expected;
    const { cases } = JSON.parse(
      present ? readFileSync(`${folder}depth.faults.json`, "utf8") : `{"cases":[]}`,
    ) as Faults;

    it.each([0, 1, 5, 50])(
      "replays to the books of its ground truth, with snapshots %i diffs late",
      (delay) => {
        const { tracker, bySymbol } = replay({ delay });
        expect(expected.books.length).toBeGreaterThan(0);
        for (const { symbol, bookSha256, lastSeq } of expected.books) {
          const book = tracker.books.get(bySymbol.get(symbol)?.tradingPair ?? "") as OrderBook;
          expect(book.integrity).toMatchObject({ state: "live", lastUpdateId: lastSeq, gaps: 0, crossed: 0 });
          expect(hashOf(book)).toBe(bookSha256);
        }
      },
    );

    it.each(cases)(
      "notices that frame $dropFrameN of $symbol is missing",
      ({ symbol, dropFrameN, firstDetectedAtN }) => {
        const { bySymbol, faultAt } = replay({ drop: dropFrameN });
        expect(faultAt.get(bySymbol.get(symbol)?.tradingPair ?? "") ?? null).toBe(firstDetectedAtN);
      },
    );
  },
);

describe.skipIf(!capturedPresent)(
  `captured messages${capturedPresent ? "" : " (skipped: ../shared/recordings is not here)"}`,
  () => {
    it("tickers are read as they were written", () => {
      const events = capturedEvents("ticker");
      expect(events.length).toBeGreaterThan(1);
      for (const event of events) {
        expect(parseEvent(event)).toEqual({
          type: "ticker",
          exchangeSymbol: event.s,
          exchangeTimestamp: event.E,
          lastPrice: event.c,
          openPrice: event.o,
          highPrice: event.h,
          lowPrice: event.l,
          baseVolume: event.v,
          quoteVolume: event.q,
        });
      }
    });

    it("mark prices and funding are read as they were written", () => {
      const events = capturedEvents("funding_rate");
      expect(events.length).toBeGreaterThan(1);
      for (const event of events) {
        expect(parseEvent(event)).toEqual({
          type: "funding",
          exchangeSymbol: event.s,
          exchangeTimestamp: event.E,
          markPrice: event.p,
          indexPrice: event.i,
          fundingRate: event.r,
          nextFundingTimestamp: event.T,
        });
      }
    });
  },
);

describe.skipIf(!present)(
  `recorded frames of streams that are not followed${present ? "" : " (skipped: ../shared/recordings is not here)"}`,
  () => {
    it("are named and leave nothing behind", () => {
      const frames = lines("ticker.jsonl").filter(({ dir }) => dir === "recv");
      expect(frames.length).toBeGreaterThan(100);
      const told = new Set<string>();
      for (const { raw } of frames) {
        const sink = new FrameSink();
        parseMarketFrame(Buffer.from(raw), sink);
        expect(sink.levels.length).toBe(0);
        told.add(
          sink.messages.map((message) => `${message.type} ${"what" in message && message.what}`).join(),
        );
      }
      expect([...told]).toEqual(["unknown event bookTicker"]);
    });
  },
);
