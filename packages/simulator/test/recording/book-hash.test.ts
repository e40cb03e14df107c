import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { hashBook } from "../../src/recording/book-hash.js";
import { ReplaySession } from "../../src/recording/replay-session.js";
import { received, toySource } from "../support/toy-venue.js";

test("the hash is over all levels, best first, bids before asks, as plain decimals", () => {
  const session = new ReplaySession("toy", toySource({ snapshot: "everyFrame" }), () => undefined);
  session.play(
    received(1, {
      symbol: "AB",
      kind: "snapshot",
      levels: { "9.50": "1.000", "10": "100", "-10.5": "0.00000001", "-10.25": "123456789012345678.5" },
    }),
  );
  const text = "b|10|100\nb|9.5|1\na|10.25|123456789012345678.5\na|10.5|0.00000001";
  expect(hashBook(session.bookOf("AB")!)).toBe(createHash("sha256").update(text).digest("hex"));
});

test("an empty book is the hash of nothing", () => {
  const session = new ReplaySession("toy", toySource(), () => undefined);
  session.play(received(1, { symbol: "AB", id: 1, levels: {} }));
  expect(hashBook(session.bookOf("AB")!)).toBe(createHash("sha256").update("").digest("hex"));
});
