import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import { checksumOf } from "../../src/market-data/index.js";
import { EngineOrderBook } from "../../src/order-book/index.js";
import { ASK, BID, LevelBatch } from "../../src/parse/index.js";
import { testInstrument } from "../support/instrument.js";
import { VirtualTime } from "../support/virtual-time.js";

function bookOf(bids: [string, string][], asks: [string, string][]): EngineOrderBook {
  const book = new EngineOrderBook({ instrument: testInstrument(), clock: new VirtualTime() });
  const batch = new LevelBatch();
  for (const [price, amount] of bids) batch.pushText(BID, price, amount);
  for (const [price, amount] of asks) batch.pushText(ASK, price, amount);
  book.applySnapshot(batch);
  return book;
}

describe("checksumOf", () => {
  const book = bookOf(
    [
      ["0.05005", "0.00000500"],
      ["0.05000", "0.00000500"],
      ["0.04995", "1"],
    ],
    [["0.05010", "0.00000500"]],
  );

  it.each([
    ["interleaved", "plain", 2, "0.05005:0.000005:0.0501:0.000005:0.05:0.000005"],
    ["interleaved", "scaled", 2, "0.05005:0.00000500:0.05010:0.00000500:0.05000:0.00000500"],
    ["asksThenBids", "digits", 3, "5010500500550050005004995100000000"],
  ] as const)("writes %s %s", (layout, text, levels, expected) => {
    expect(checksumOf(book, { levels, layout, text }, { price: 5, amount: 8 })).toBe(crc32(expected) | 0);
  });

  // The worked example of https://docs.kraken.com/api/docs/guides/spot-ws-book-v1 (checksum 974947235).
  it("agrees with a venue's published example", () => {
    const level = (price: number): [string, string] => [`0.0${price}`, "0.00000500"];
    const asks = [5005, 5010, 5015, 5020, 5025, 5030, 5035, 5040, 5045, 5050].map(level);
    const bids = [5000, 4995, 4990, 4980, 4975, 4970, 4965, 4960, 4955, 4950].map(level);
    const rule = { levels: 10, layout: "asksThenBids", text: "digits" } as const;
    expect(checksumOf(bookOf(bids, asks), rule, { price: 5, amount: 8 })).toBe(974947235);
  });
});
