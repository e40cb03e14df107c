import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { type FrameMessage, FrameSink } from "@conn/core";
import { describe, expect, it } from "vitest";
import { parseMarketFrame } from "../src/market-frame.js";

const folder = fileURLToPath(
  new URL("../../../../../shared/recordings/binance-usdm/20210722/", import.meta.url),
);
const present = existsSync(folder);

interface Line {
  readonly dir: string;
  readonly raw: string;
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
