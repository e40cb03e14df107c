import { createSigner, type JsonValue } from "@conn/core";
import { describe, expect, test } from "vitest";
import { auth, formatParams } from "../src/auth.js";

const signer = createSigner({ apiKey: "test_api_key", secret: "test_api_secret" });
const context = (nonce: number) => ({
  signer,
  timestamp: nonce,
  nonce,
  restUrl: "https://api.crypto.com/exchange/v1",
  passphrase: undefined,
  subaccount: undefined,
});

describe("params as they are signed", () => {
  test.each<[JsonValue, string]>([
    [{}, ""],
    [{ instrument_name: "BTC_USDT", count: 10 }, "count10instrument_nameBTC_USDT"],
    [{ outer: { b: 2, a: 1 } }, "outera1b2"],
    [{ items: [{ b: "2" }, { a: "1" }] }, "itemsb2a1"],
    [{ key: null }, "keynull"],
    [{ exec_inst: ["POST_ONLY", "REDUCE_ONLY"] }, "exec_instPOST_ONLYREDUCE_ONLY"],
    [{ flag: true, B: "1", a: "2", list: [] }, "B1a2flagtruelist"],
    [{ one: { two: { three: "x" } } }, "onetwothreex"],
  ])("%j", (params, expected) => {
    expect(formatParams(params)).toBe(expected);
  });

  test("refuses what is nested deeper than the venue's samples agree on", () => {
    expect(() => formatParams({ one: { two: { three: { four: "x" } } } })).toThrow(TypeError);
    expect(() => formatParams({ one: [{ two: [{ three: ["x"] }] }] })).toThrow(TypeError);
  });
});

/** Values of HMAC-SHA256 computed apart from this code, with another implementation of it. */
describe("signatures", () => {
  test("a request", async () => {
    const params = { instrument_name: "BTCUSD-PERP", exec_inst: ["POST_ONLY"], price: "50000.5" };
    const request = {
      access: "signed",
      method: "POST",
      path: "/private/create-order",
      body: { kind: "json", fields: params },
    } as const;
    const { body = "", validUntil, ...rest } = await auth.signRequest(request, context(1_610_905_028_000));
    expect(rest).toEqual({
      method: "POST",
      path: "/private/create-order",
      headers: { "content-type": "application/json" },
    });
    expect(validUntil).toBe(1_610_905_088_000);
    expect(JSON.parse(body)).toEqual({
      id: 1_610_905_028_000,
      method: "private/create-order",
      api_key: "test_api_key",
      params,
      nonce: 1_610_905_028_000,
      sig: "10b8f5e4fc5c762c831150daf1888d5282780b3e75c3ad6e679854fc2daf99a1",
    });
  });

  test("a request without params", async () => {
    const request = { access: "signed", method: "POST", path: "/private/user-balance" } as const;
    const { body = "" } = await auth.signRequest(request, context(1_611_022_832_613));
    expect(JSON.parse(body)).toMatchObject({
      params: {},
      sig: "295b5bb1e8440ff538213de102125ff5afceb8aea9db6c74553df5c6f0139857",
    });
  });

  test("a login", async () => {
    const frame: unknown = JSON.parse((await auth.formatLogin?.(context(1_610_905_028_000))) ?? "");
    expect(frame).toEqual({
      id: 1_610_905_028_000,
      method: "public/auth",
      api_key: "test_api_key",
      nonce: 1_610_905_028_000,
      sig: "543cf9c7dd4fbe314253c1452665ad2e0752bfa5d39e7bfbdfe2950c963d8cd0",
    });
  });
});
