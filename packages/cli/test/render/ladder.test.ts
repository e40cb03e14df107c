import { Decimal } from "@conn/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { renderLadder, renderStill } from "../../src/render/ladder.js";
import { type Line, lineWidth, paint } from "../../src/render/line.js";
import { bookView, integrity, levels, trade } from "../support/fixtures.js";

const plain = (lines: readonly Line[]): string => `\n${lines.map((line) => paint(line, false)).join("\n")}\n`;

test("a book on a usual terminal, trades beside it", () => {
  expect(plain(renderLadder(bookView(), { width: 82, height: 11, depth: 20 }))).toMatchInlineSnapshot(`
    "
     BTC-USDT                                                                  ● live
        price  amount BTC      total                   trades
      97246.0       7.000      8.000  ██████████████   03:04:05 ▲  97245.1      0.012
      97245.3       0.500      1.000  █▊               03:04:05 ▼  97245.0      1.500
      97245.1       0.500      0.500  ▉
     ─── spread 0.1 (0.01 bps)  mid 97245.05 ───────
      97245.0       1.000      1.000  █▊
      97244.9       2.000      3.000  █████▎
      97244.5       1.000      4.000  ███████
     ● live
     id 1234567        age 42 ms   gaps 0  resyncs 0  crossed 0  updates 10.0/s
    "
  `);
});

test("the funding of a perpetual stands in the title, as much of it as fits", () => {
  const funding = {
    markPrice: new Decimal("97245.12345678"),
    indexPrice: new Decimal("97240.5"),
    fundingRate: new Decimal("-0.00012345"),
    dueInMs: 11_529_000,
  };
  const title = (width: number): string =>
    plain(renderLadder(bookView({ funding }), { width, height: 8, depth: 1 })).split("\n")[1] ?? "";
  expect([100, 70, 46, 20].map(title)).toEqual([
    " BTC-USDT  mark 97245.1  funding -0.0123 % in 3:12:09  index 97240.5                         ● live",
    " BTC-USDT  mark 97245.1  funding -0.0123 % in 3:12:09          ● live",
    " BTC-USDT  mark 97245.1                ● live",
    " BTC-USDT    ● live",
  ]);
});

test("a narrow book, trades beneath it", () => {
  expect(plain(renderLadder(bookView(), { width: 46, height: 17, depth: 3 }))).toMatchInlineSnapshot(`
    "
     BTC-USDT                              ● live
        price  amount BTC      total
      97246.0       7.000      8.000  ███████████
      97245.3       0.500      1.000  █▍
      97245.1       0.500      0.500  ▊
     ─── spread 0.1 (0.01 bps)  mid 97245.05 ────
      97245.0       1.000      1.000  █▍
      97244.9       2.000      3.000  ████▏
      97244.5       1.000      4.000  █████▌

      03:04:05 ▲  97245.1      0.012
      03:04:05 ▼  97245.0      1.500


     ● live
     id 1234567        age 42 ms
     gaps 0  resyncs 0  crossed 0  updates 10.0/s
    "
  `);
});

test("a book that lost trust says why, and what somebody found out about it", () => {
  const view = bookView({
    integrity: integrity({ state: "resyncing", lastFault: "gap", gaps: 1, resyncs: 1 }),
    remark: { tone: "bad", text: "differs from the venue's book" },
  });
  expect(plain(renderLadder(view, { width: 82, height: 10, depth: 2 }))).toMatchInlineSnapshot(`
    "
     BTC-USDT                                                             ✖ resyncing
        price  amount BTC      total                   trades
      97245.3       0.500      1.000  ████▋            03:04:05 ▲  97245.1      0.012
      97245.1       0.500      0.500  ██▍              03:04:05 ▼  97245.0      1.500
     ─── spread 0.1 (0.01 bps)  mid 97245.05 ───────
      97245.0       1.000      1.000  ████▋
      97244.9       2.000      3.000  ██████████████
     ✖ resyncing: a change was lost
     id 1234567        age 42 ms   gaps 1  resyncs 1  crossed 0  updates 10.0/s
     ✖ differs from the venue's book
    "
  `);
});

test("a book before its first snapshot", () => {
  const view = bookView({
    bids: [],
    asks: [],
    trades: [],
    ageMs: undefined,
    updatesPerSecond: undefined,
    integrity: integrity({ state: "awaitingSnapshot", lastUpdateId: undefined }),
  });
  expect(plain(renderLadder(view, { width: 60, height: 8, depth: 1 }))).toMatchInlineSnapshot(`
    "
     BTC-USDT                          ○ waiting for a snapshot
        price  amount BTC      total

     ──────────────────────────────────────────────────────────

     ○ waiting for a snapshot
     id –              age –
     gaps 0  resyncs 0  crossed 0  updates –
    "
  `);
});

test("on paper all levels are there, and no trades", () => {
  expect(plain(renderStill(bookView(), 60))).toMatchInlineSnapshot(`
    "
     BTC-USDT                                            ● live
        price  amount BTC      total
      97246.0       7.000      8.000  █████████████████████████
      97245.3       0.500      1.000  ███▏
      97245.1       0.500      0.500  █▋
     ─── spread 0.1 (0.01 bps)  mid 97245.05 ──────────────────
      97245.0       1.000      1.000  ███▏
      97244.9       2.000      3.000  █████████▍
      97244.5       1.000      4.000  ████████████▌
     ● live
     id 1234567        age 42 ms
     gaps 0  resyncs 0  crossed 0  updates 10.0/s
    "
  `);
});

test("colors follow side and trust", () => {
  const size = { width: 60, height: 9, depth: 1 };
  const styles = (view: ReturnType<typeof bookView>): Set<string> =>
    new Set(
      renderLadder(view, size)
        .flat()
        .map(({ style }) => style),
    );
  const live = styles(bookView({ trades: [] }));
  expect([live.has("bid"), live.has("ask"), live.has("good"), live.has("bad")]).toEqual([
    true,
    true,
    true,
    false,
  ]);
  const lost = styles(
    bookView({ trades: [], integrity: integrity({ state: "stale", lastFault: "silent" }) }),
  );
  expect([lost.has("bid"), lost.has("ask"), lost.has("good"), lost.has("bad")]).toEqual([
    false,
    false,
    false,
    true,
  ]);
  const taken = styles(bookView({ bids: [], asks: [], trades: [trade({ side: "sell" })] }));
  expect(taken.has("ask")).toBe(false);
});

test("any book fills its room exactly", () => {
  const decimal = fc
    .tuple(fc.bigInt({ min: 0n, max: 10n ** 24n }), fc.nat(12))
    .map(([digits, places]) => new Decimal(digits.toString()).div(new Decimal(10).pow(places)).toFixed());
  const side = fc.array(fc.tuple(decimal, decimal), { maxLength: 30 }).map(levels);
  fc.assert(
    fc.property(
      side,
      side,
      fc.integer({ min: 1, max: 220 }),
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 1, max: 30 }),
      (bids, asks, width, height, depth) => {
        const lines = renderLadder(bookView({ bids, asks }), { width, height, depth });
        expect(lines).toHaveLength(height);
        for (const line of lines) expect(lineWidth(line)).toBe(width);
      },
    ),
    { numRuns: 60 },
  );
});
