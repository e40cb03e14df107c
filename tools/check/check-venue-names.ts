import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { CheckContext, CheckResult } from "./check.ts";
import { listFiles } from "./workspace.ts";

/** Venues whose names are no common words. */
const venues = [
  "bingx",
  "binance",
  "bitfinex",
  "bitget",
  "bitmart",
  "bitmex",
  "bitstamp",
  "bittrex",
  "bybit",
  "coinbase",
  "crypto.com",
  "deribit",
  "dydx",
  "ftx",
  "gate.io",
  "gateio",
  "gemini",
  "hitbtc",
  "htx",
  "huobi",
  "hyperliquid",
  "kraken",
  "kucoin",
  "mexc",
  "okex",
  "okx",
  "pancakeswap",
  "paradex",
  "phemex",
  "poloniex",
  "raydium",
  "sushiswap",
  "uniswap",
  "upbit",
  "whitebit",
];

const word = new RegExp(`(?<![a-z0-9])(${venues.join("|").replaceAll(".", "[.]")})(?![a-z0-9])`, "i");

/** Core knows no venue: none is named in its sources, comments included. */
export function checkVenueNames({ root }: CheckContext): CheckResult {
  const files = listFiles(root, "packages/core/src", "");
  return {
    problems: files.flatMap((path) => [
      ...findVenueNames(path, path),
      ...findVenueNames(path, readFileSync(join(root, path), "utf8")),
    ]),
  };
}

/** The lines of `text` that hold a venue's name as a whole word, also as part of an identifier. */
export function findVenueNames(path: string, text: string): string[] {
  return text.split("\n").flatMap((line, index) => {
    // binanceBridge → binance Bridge
    const found = word.exec(line.replace(/([a-z0-9])([A-Z])/g, "$1 $2"));
    return found === null ? [] : [`${path}:${index + 1}: names the venue ${found[0]}`];
  });
}
