import { expect, test } from "vitest";
import { suggest } from "../../src/arguments/suggest.js";

const pairs = ["BTC-USDT", "BTC-USDC", "ETH-USDT", "SOL-USDT", "1000PEPE-USDT"];

test("names that were nearly written are suggested, nearest first", () => {
  expect(suggest("btc/usd", pairs)).toEqual(["BTC-USDT", "BTC-USDC"]);
  expect(suggest("ETHUSTD", pairs)[0]).toBe("ETH-USDT");
});

test("nothing is suggested for what resembles nothing", () => {
  expect(suggest("DOGECOIN", pairs)).toEqual([]);
  expect(suggest("", pairs)).toEqual([]);
});
