import { expect, test } from "vitest";
import { findVenueNames } from "./check-venue-names.ts";

test.each([
  "// as Binance does",
  "const krakenChecksum = 1;",
  "'OKX'",
  "import x from './gate.io.js'",
  "BYBIT_URL",
])("a venue is named: %s", (line) => {
  expect(findVenueNames("x.ts", `\n${line}\n`)).toEqual([expect.stringMatching(/^x\.ts:2: /)]);
});

test.each(["// aggregate.ion", "const investigate = io;", "const okxyz = 1;", "// geminivirus"])(
  "no venue is named: %s",
  (line) => {
    expect(findVenueNames("x.ts", line)).toEqual([]);
  },
);
