import type { OrderBook } from "@conn/core";
import { hashBook } from "@conn/simulator";
import { expect, test } from "vitest";
import { CheckpointTaker } from "../../src/record/checkpoint-taker.js";
import { FakeBook } from "../support/fake-connector.js";
import { integrity, levels } from "../support/fixtures.js";

function bookWith(price: string, diffs: number, state: "live" | "resyncing" = "live"): FakeBook {
  const book = new FakeBook("BTC-USDT");
  change(book, price, diffs, state);
  return book;
}

function change(book: FakeBook, price: string, diffs: number, state: "live" | "resyncing" = "live"): void {
  book.levels = { bids: levels([[price, "1"]]), asks: [] };
  book.record = integrity({ state, diffs });
}

// as: of a book, the taker uses no more than this one has.
const asBook = (book: FakeBook): OrderBook => book as unknown as OrderBook;

test("the hash is of the book as the whole line has left it, after 1, 10 and 100 diffs", () => {
  const taker = new CheckpointTaker();
  const book = bookWith("1", 0);
  const hashes: Record<number, string> = {};
  let n = 0;
  for (let diffs = 1; diffs <= 120; diffs += 2) {
    n += 1;
    taker.beforeRecord("received", n);
    // Two diffs in one frame, and an answer of ours between them.
    change(book, `${diffs}`, diffs);
    taker.bookChanged(asBook(book));
    taker.beforeRecord("sent", n + 1);
    change(book, `${diffs}.5`, diffs + 1);
    taker.bookChanged(asBook(book));
    hashes[n] = hashBook(asBook(book));
    n += 1;
  }
  taker.beforeRecord("received", n + 1);
  expect(taker.of("BTC-USDT")).toEqual([1, 9, 99].map((afterN) => ({ afterN, sha256: hashes[afterN] })));
});

test("a book that is not trusted is no truth, and one that an answer changed is not that of a line", () => {
  const taker = new CheckpointTaker();
  taker.beforeRecord("received", 1);
  taker.bookChanged(asBook(bookWith("1", 5, "resyncing")));
  taker.beforeRecord("answered", 2);
  taker.bookChanged(asBook(bookWith("1", 50)));
  taker.beforeRecord("received", 3);
  expect(taker.of("BTC-USDT")).toEqual([]);
});
