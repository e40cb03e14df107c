import { beforeEach, describe, expect, it } from "vitest";
import { createAccounts } from "../../src/simulator/private/accounts.js";
import { type JsonObject, readJson } from "../../src/simulator/private/json-value.js";
import { isSigned, parameterString } from "../../src/simulator/private/signature.js";
import { createRig, type Rig } from "./support/rig.js";
import { createTrader, type Trader } from "./support/trader.js";

let rig: Rig;
let trader: Trader;
beforeEach(() => {
  rig = createRig({ levels: 30 });
  trader = createTrader(rig);
});

const BALANCE = "private/user-balance";

describe("a signature", () => {
  // Made with OpenSSL after the venue's page, for key test_api_key and secret test_api_secret.
  it.each([
    [
      "private/user-balance",
      "11",
      "1611022832613",
      "{}",
      "1bd8c4eab66bb0b64e37b7eb75f5baaeffc9c5699db892389fe9a09b3c4d37eb",
    ],
    [
      "public/auth",
      "3",
      "1610905028000",
      undefined,
      "a1f2c3e1637f2edebd905c771ec2775731e8d36d70550c001149b5bd18f6093f",
    ],
    [
      "private/create-order",
      "1",
      "1610905028000",
      '{"instrument_name":"BTCUSD-PERP","side":"SELL","type":"LIMIT","price":"50000.5","quantity":"1","client_oid":"c5f682ed-7108-4f1c-b755-972fcdca0f02","exec_inst":["POST_ONLY"],"time_in_force":"GOOD_TILL_CANCEL"}',
      "3907cd7fe17ff7681a57d423770f5a0abd748bc32a0d0d0b7786c651feb3f85e",
    ],
    [
      "private/create-order-list",
      "2",
      "1750385416548",
      '{"contingency_type":"LIST","order_list":[{"instrument_name":"CRO_USD","side":"SELL","type":"LIMIT","quantity":"10","price":"0.12","client_oid":"api_leg1"},{"instrument_name":"CRO_USD","side":"SELL","type":"LIMIT","quantity":"20","price":"0.122","client_oid":"api_leg2"}]}',
      "9a0d70f4d42b4de1b95ba3f4bf5bb3ce7e0338666ce19be422c39daabba28084",
    ],
  ])("of %s is checked", (method, id, nonce, params, signature) => {
    const parts = {
      method,
      id,
      apiKey: "test_api_key",
      // as: the text above is an object.
      params: params === undefined ? undefined : (readJson(params) as JsonObject),
      nonce,
    };
    expect(isSigned(parts, "test_api_secret", signature)).toBe(true);
    expect(isSigned(parts, "test_api_secret", signature.replace(/^./, "0"))).toBe(false);
    expect(isSigned({ ...parts, id: `${id}0` }, "test_api_secret", signature)).toBe(false);
    expect(isSigned(parts, "another", signature)).toBe(false);
  });

  it("is over the digits as they were sent", () => {
    const text = '{"b":1.50,"a":[{"d":null,"c":true},12345678901234567890]}';
    expect(parameterString(readJson(text)!)).toBe("actruednull12345678901234567890b1.50");
  });
});

describe("a private request", () => {
  it("is answered with its id, as large as it may be", () => {
    const id = "9223372036854775807";
    const { status, text } = rig.post(BALANCE, trader.envelope(BALANCE, {}, { id: `${id}` }));
    expect(status).toBe(200);
    expect(text.startsWith(`{"id":${id},"method":"${BALANCE}","code":0,"result":{"data":[{`)).toBe(true);
  });

  it.each([
    ["no key", { api_key: undefined }, 401, 40101],
    ["another key", { api_key: "A".repeat(22) }, 401, 40101],
    ["no signature", { sig: undefined }, 401, 40101],
    ["another signature", { sig: "0".repeat(64) }, 401, 40101],
    ["other parameters than are signed", { params: { instrument_name: "BTC_USDT" } }, 401, 40101],
    ["no parameters", { params: undefined }, 401, 40101],
    ["another method than its path", { method: "private/get-open-orders" }, 400, 40003],
  ])("with %s is refused", (_what, fields, status, code) => {
    const answer = rig.post(BALANCE, { ...trader.envelope(BALANCE, { a: "b" }), ...fields });
    expect([answer.status, answer.json.code]).toEqual([status, code]);
  });

  it("must have parameters, if only an empty object", () => {
    expect(rig.post(BALANCE, trader.envelope(BALANCE, [] as never)).json).toMatchObject({ code: 40003 });
  });

  it("is refused if its nonce is more than a minute off", () => {
    const at = (nonce: number) => rig.post(BALANCE, trader.envelope(BALANCE, {}, { nonce })).json.code;
    expect(at(rig.now - 60_000)).toBe(0);
    expect(at(rig.now + 60_000)).toBe(0);
    rig.advance(100);
    expect(at(rig.now - 60_001)).toBe(40102);
    expect(at(rig.now + 60_001)).toBe(40102);
  });

  it("is refused if it comes again", () => {
    const envelope = trader.envelope(BALANCE, {});
    expect(rig.post(BALANCE, envelope).json.code).toBe(0);
    expect(rig.post(BALANCE, envelope)).toMatchObject({ status: 400, json: { code: 40006 } });
    expect(trader.call(BALANCE).json.code).toBe(0);
  });

  it("that is no JSON, or says not what it wants, is answered with what can be said of it", () => {
    expect(rig.post(BALANCE, "{")).toMatchObject({
      status: 400,
      json: { id: -1, method: "ERROR", code: 40001 },
    });
    expect(rig.post(BALANCE, { params: {} }).json).toMatchObject({ id: -1, method: "ERROR", code: 40003 });
    expect(trader.call("private/no-such-method")).toMatchObject({ status: 400, json: { code: 40002 } });
  });
});

describe("a key", () => {
  it("is refused once it is revoked", () => {
    rig.machine.revokeApiKey(trader.key.apiKey);
    expect(trader.call(BALANCE)).toMatchObject({ status: 401, json: { code: 40101 } });
    expect(() => rig.machine.revokeApiKey(trader.key.apiKey)).toThrow(TypeError);
  });

  it("that may only read places no order", () => {
    const { apiKey, secret } = rig.machine.createApiKey("default", { trade: false });
    const reader = createTrader(rig);
    Object.assign(reader.key, { apiKey, secret });
    expect(reader.call(BALANCE).json.code).toBe(0);
    expect(reader.place()).toMatchObject({ status: 401, json: { code: 40101 } });
  });

  it("is taken from its addresses alone", () => {
    const bound = rig.machine.createApiKey("default", { addresses: ["10.0.0.7"] });
    Object.assign(trader.key, bound);
    expect(rig.post(BALANCE, trader.envelope(BALANCE, {}), "10.0.0.7").json.code).toBe(0);
    expect(rig.post(BALANCE, trader.envelope(BALANCE, {}), "10.0.0.8")).toMatchObject({
      status: 401,
      json: { code: 40103 },
    });
  });

  it("belongs to an account", () => {
    expect(() => rig.machine.createApiKey("nobody")).toThrow(TypeError);
    rig.machine.createAccount("other", { funds: { BTC: "1" } });
    const [data] = createTrader(rig, "other").call(BALANCE).json.result.data;
    expect(data.position_balances.map((one: { quantity: string }) => one.quantity)).toEqual(["1"]);
    expect(() => createAccounts({ next: () => 0 }).get("other")).toThrow(TypeError);
  });
});

describe("the limits of a key", () => {
  const until429 = (method: string, params = {}): number => {
    for (let count = 0; ; count++) if (trader.call(method, params).status === 429) return count;
  };

  it.each([
    [BALANCE, {}, 3],
    ["private/get-order-detail", { order_id: "1" }, 30],
    ["private/cancel-order", { order_id: "1" }, 15],
    ["private/cancel-all-orders", {}, 15],
  ])("let %s be asked so often in 100 ms", (method, params, count) => {
    expect(until429(method, params)).toBe(count);
    rig.advance(100);
    expect(until429(method, params)).toBe(count);
  });

  it.each(["private/get-trades", "private/get-order-history"])("let %s be asked once a second", (method) => {
    expect(until429(method)).toBe(1);
    rig.advance(900);
    expect(until429(method)).toBe(0);
    rig.advance(100);
    expect(until429(method)).toBe(1);
  });

  it("are each method's and each key's own", () => {
    until429(BALANCE);
    expect(trader.call("private/get-open-orders").status).toBe(200);
    expect(createTrader(rig).call(BALANCE).status).toBe(200);
    expect(trader.call(BALANCE).json).toMatchObject({ code: 42901, message: "TOO_MANY_REQUESTS" });
  });
});
