import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { FrameSink, type TickerMessage } from "@conn/core";
import { describe, expect, it } from "vitest";
import { parseMarketFrame } from "../src/market-frame.js";

const file = fileURLToPath(
  new URL("../../../../../shared/recordings/crypto-com/20211123/ticker.jsonl", import.meta.url),
);
const present = existsSync(file);

interface Line {
  readonly dir: string;
  readonly raw: string;
}

/** Letters of the venue, and what they tell. */
const LETTERS: Readonly<Record<string, keyof TickerMessage>> = {
  a: "lastPrice",
  b: "bestBid",
  k: "bestAsk",
  h: "highPrice",
  l: "lowPrice",
  v: "baseVolume",
};

describe.skipIf(!present)(
  `recorded tickers${present ? "" : " (skipped: ../shared/recordings is not here)"}`,
  () => {
    it("are read digit by digit", () => {
      const lines = readFileSync(file, "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as Line);
      const frames = lines.filter(({ dir }) => dir === "recv");
      expect(frames.length).toBeGreaterThan(100);
      for (const { raw } of frames) {
        const sink = new FrameSink();
        parseMarketFrame(Buffer.from(raw), sink, new Set());
        const [message] = sink.messages;
        if (sink.messages.length !== 1 || message?.type !== "ticker") throw new Error(`not a ticker: ${raw}`);
        // From the text: a number that JSON.parse has read may have lost digits.
        for (const [letter, value] of Object.entries(LETTERS)) {
          expect(message[value]).toBe(new RegExp(`"${letter}":([\\d.]+)`).exec(raw)?.[1]);
        }
        expect(message.exchangeSymbol).toBe(/"i":"(\w+)"/.exec(raw)?.[1]);
        expect(message.exchangeTimestamp).toBe(Number(/"t":(\d+)/.exec(raw)?.[1]));
      }
    });
  },
);
