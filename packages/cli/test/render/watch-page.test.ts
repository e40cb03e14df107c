import fc from "fast-check";
import { expect, test } from "vitest";
import { lineWidth, paint } from "../../src/render/line.js";
import type { WatchView } from "../../src/render/view.js";
import { renderWatchPage } from "../../src/render/watch-page.js";
import { bookView, START } from "../support/fixtures.js";

function page(pairs: readonly string[], overrides: Partial<WatchView> = {}): WatchView {
  return {
    title: "binance-perpetual sim",
    timestamp: START,
    banner: undefined,
    books: pairs.map((tradingPair) => bookView({ tradingPair })),
    log: [
      { timestamp: START - 2_000, tone: "plain", text: "connection public-1 is open" },
      { timestamp: START - 1_000, tone: "good", text: "live after 1.0 s" },
    ],
    hint: "q or Ctrl-C ends",
    ...overrides,
  };
}

const plain = (view: WatchView, width: number, height: number): string =>
  `\n${renderWatchPage(view, { width, height, depth: 20 })
    .map((line) => paint(line, false))
    .join("\n")}\n`;

test("one book and what happened", () => {
  const view = page(["BTC-USDT"], {
    banner: { tone: "busy", text: "in 3 s the venue will lose one change" },
  });
  expect(plain(view, 82, 20)).toMatchInlineSnapshot(`
    "
     conn binance-perpetual sim                                          03:04:05 UTC 
     in 3 s the venue will lose one change                                            
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

    ──────────────────────────────────────────────────────────────────────────────────
     03:04:03  connection public-1 is open
     03:04:04  live after 1.0 s


     q or Ctrl-C ends
    "
  `);
});

test("two books side by side where the terminal is wide enough", () => {
  expect(plain(page(["BTC-USDT", "ETH-USDT"]), 94, 18)).toMatchInlineSnapshot(`
    "
     conn binance-perpetual sim                                                      03:04:05 UTC 
     BTC-USDT                              ● live    ETH-USDT                              ● live
        price  amount BTC      total                    price  amount BTC      total
      97245.3       0.500      1.000  ███▋            97245.3       0.500      1.000  ███▋
      97245.1       0.500      0.500  █▉              97245.1       0.500      0.500  █▉
     ─── spread 0.1 (0.01 bps)  mid 97245.05 ────    ─── spread 0.1 (0.01 bps)  mid 97245.05 ────
      97245.0       1.000      1.000  ███▋            97245.0       1.000      1.000  ███▋
      97244.9       2.000      3.000  ███████████     97244.9       2.000      3.000  ███████████
     ● live                                          ● live
     id 1234567        age 42 ms                     id 1234567        age 42 ms
     gaps 0  resyncs 0  crossed 0  updates 10.0/s    gaps 0  resyncs 0  crossed 0  updates 10.0/s

    ──────────────────────────────────────────────────────────────────────────────────────────────
     03:04:03  connection public-1 is open
     03:04:04  live after 1.0 s


     q or Ctrl-C ends
    "
  `);
});

test("two books one above the other where it is narrow", () => {
  const shown = plain(page(["BTC-USDT", "ETH-USDT"]), 60, 40);
  expect(shown.indexOf("ETH-USDT")).toBeGreaterThan(shown.indexOf("BTC-USDT") + 60 * 8);
});

test("books that find no room are counted", () => {
  const pairs = Array.from({ length: 9 }, (_, index) => `P${index}-USDT`);
  const shown = plain(page(pairs), 94, 24);
  const drawn = pairs.filter((pair) => shown.includes(pair)).length;
  expect(drawn).toBeGreaterThan(0);
  expect(shown).toContain(`${9 - drawn} more pairs`);
});

test("nothing is ever larger than the terminal", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 10, max: 200 }),
      fc.integer({ min: 1, max: 70 }),
      (count, width, height) => {
        const view = page(Array.from({ length: count }, (_, index) => `P${index}-USDT`));
        const lines = renderWatchPage(view, { width, height, depth: 20 });
        expect(lines.length).toBeLessThanOrEqual(height);
        for (const line of lines) expect(lineWidth(line)).toBeLessThanOrEqual(width);
      },
    ),
    { numRuns: 60 },
  );
});
