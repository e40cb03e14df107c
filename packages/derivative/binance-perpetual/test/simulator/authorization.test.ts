import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createRig, type Rig } from "./support/rig.js";
import { createTrader } from "./support/trader.js";

const BALANCE = "/fapi/v3/balance";

function send(rig: Rig, apiKey: string, path: string, from?: string) {
  return rig.request("GET", path, { headers: { "x-mbx-apikey": apiKey }, ...(from && { from }) });
}

describe("the API key", () => {
  it.each([
    ["none", {}, -2014],
    ["another format", { "x-mbx-apikey": "short" }, -2014],
    ["one that was never issued", { "x-mbx-apikey": "x".repeat(64) }, -2015],
  ])("is refused: %s", (_what, headers, code) => {
    const rig = createRig();
    const answer = rig.request("GET", `${BALANCE}?timestamp=${rig.now}&signature=00`, { headers });
    expect([answer.status, answer.json.code]).toEqual([401, code]);
  });

  it("is refused once it is revoked", () => {
    const rig = createRig();
    const trader = createTrader(rig);
    expect(trader.call("GET", BALANCE).status).toBe(200);
    rig.machine.revokeApiKey(trader.key.apiKey);
    expect(trader.call("GET", BALANCE)).toMatchObject({ status: 401, json: { code: -2015 } });
    expect(() => rig.machine.revokeApiKey(trader.key.apiKey)).toThrow(TypeError);
  });

  it("may be for some addresses only, and without the right to trade", () => {
    const rig = createRig();
    const { apiKey, secret } = rig.machine.createApiKey("default", {
      trade: false,
      addresses: ["10.0.0.9"],
    });
    const call = (method: string, path: string, from: string) => {
      const query = `symbol=BTCUSDT&timestamp=${rig.now}`;
      const signature = createHmac("sha256", secret).update(query).digest("hex");
      const headers = { "x-mbx-apikey": apiKey };
      return rig.request(method, `${path}?${query}&signature=${signature}`, { headers, from });
    };
    expect(call("GET", BALANCE, "10.0.0.1").json.code).toBe(-2015);
    expect(call("GET", BALANCE, "10.0.0.9").status).toBe(200);
    expect(call("DELETE", "/fapi/v1/allOpenOrders", "10.0.0.9").json.code).toBe(-2015);
    expect(call("GET", "/sapi/v1/account/apiRestrictions", "10.0.0.9").json).toMatchObject({
      ipRestrict: true,
      enableReading: true,
      enableFutures: false,
      enableWithdrawals: false,
    });
  });
});

describe("the time of a request", () => {
  // https://developers.binance.com/docs/derivatives/usds-margined-futures/general-info#timing-security
  it.each([
    [0, undefined, 200],
    [5_000, undefined, 200],
    [5_001, undefined, -1021],
    [-999, undefined, 200],
    [-1_000, undefined, -1021],
    [59_000, 60_000, 200],
    [2, 1, -1021],
    [0, 60_001, -1131],
  ])("%i ms ago with a window of %s", (age, recvWindow, expected) => {
    const rig = createRig();
    const { apiKey, secret } = rig.machine.createApiKey("default");
    const query = `${recvWindow === undefined ? "" : `recvWindow=${recvWindow}&`}timestamp=${rig.now - age}`;
    const signature = createHmac("sha256", secret).update(query).digest("hex");
    const { status, json } = send(rig, apiKey, `${BALANCE}?${query}&signature=${signature}`);
    expect(status === 200 ? 200 : json.code).toBe(expected);
    if (status !== 200) expect(status).toBe(400);
  });

  it("must be there", () => {
    const rig = createRig();
    const { apiKey, secret } = rig.machine.createApiKey("default");
    const signature = createHmac("sha256", secret).update("a=1").digest("hex");
    expect(send(rig, apiKey, `${BALANCE}?a=1&signature=${signature}`).json.code).toBe(-1102);
  });
});

describe("the signature", () => {
  const query = (rig: Rig): string => `recvWindow=5000&timestamp=${rig.now}`;

  it("is HMAC SHA-256 in hexadecimal of either case, at the end", () => {
    const rig = createRig();
    const { apiKey, secret } = rig.machine.createApiKey("default");
    const signature = createHmac("sha256", secret).update(query(rig)).digest("hex");
    const signed = `${BALANCE}?${query(rig)}&signature=${signature}`;
    expect(send(rig, apiKey, signed).status).toBe(200);
    expect(send(rig, apiKey, signed.replace(signature, signature.toUpperCase())).status).toBe(200);
    expect(send(rig, apiKey, `${BALANCE}?${query(rig)}`).json.code).toBe(-1102);
    for (const wrong of [
      `${BALANCE}?${query(rig)}&signature=${signature.replace(/^./, (one) => (one === "0" ? "1" : "0"))}`,
      `${BALANCE}?${query(rig)}&signature=zz`,
      `${BALANCE}?${query(rig)}&a=1&signature=${signature}`,
      `${BALANCE}?signature=${signature}&${query(rig)}`,
    ]) {
      expect(send(rig, apiKey, wrong)).toMatchObject({ status: 400, json: { code: -1022 } });
    }
  });

  it("covers query string and body, put together without anything between", () => {
    const rig = createRig();
    const { apiKey, secret } = rig.machine.createApiKey("default");
    const inQuery = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC";
    const inBody = `quantity=0.01&price=80000&recvWindow=5000&timestamp=${rig.now}`;
    const signature = createHmac("sha256", secret)
      .update(inQuery + inBody)
      .digest("hex");
    const post = (path: string, body: string) =>
      rig.request("POST", path, { headers: { "x-mbx-apikey": apiKey }, body });
    const path = "/fapi/v1/order/test";
    expect(post(`${path}?${inQuery}`, `${inBody}&signature=${signature}`).status).toBe(200);
    expect(post(`${path}?${inQuery}&signature=${signature}`, inBody).status).toBe(200);
    expect(post(`${path}?${inQuery}&`, `${inBody}&signature=${signature}`).json.code).toBe(-1022);
  });

  it("has the parameter of the query string where both have it", () => {
    const rig = createRig();
    const { apiKey, secret } = rig.machine.createApiKey("default");
    const inQuery = `symbol=NOPE&timestamp=${rig.now}`;
    const signature = createHmac("sha256", secret).update(`${inQuery}symbol=BTCUSDT`).digest("hex");
    const answer = rig.request("DELETE", `/fapi/v1/allOpenOrders?${inQuery}`, {
      headers: { "x-mbx-apikey": apiKey },
      body: `symbol=BTCUSDT&signature=${signature}`,
    });
    expect(answer.json.code).toBe(-1121);
  });

  it.each(["rsa", "ed25519"] as const)("may be %s in base64", (type) => {
    const rig = createRig();
    const pair =
      type === "rsa" ? generateKeyPairSync("rsa", { modulusLength: 2048 }) : generateKeyPairSync("ed25519");
    const pem = pair.publicKey.export({ type: "spki", format: "pem" }).toString();
    const apiKey = rig.machine.registerPublicKey("default", pem);
    const algorithm = type === "rsa" ? "sha256" : null;
    const signature = sign(algorithm, Buffer.from(query(rig)), pair.privateKey).toString("base64");
    const signed = (text: string) =>
      send(rig, apiKey, `${BALANCE}?${query(rig)}&signature=${encodeURIComponent(text)}`);
    expect(signed(signature).status).toBe(200);
    // A plus sign that is not percent-encoded is a space.
    const bare = signature.includes("+")
      ? `${signature.replaceAll("/", "%2F").replaceAll("=", "%3D")}`
      : "a+b";
    expect(send(rig, apiKey, `${BALANCE}?${query(rig)}&signature=${bare}`).json.code).toBe(-1022);
    expect(signed(signature.replace(/^./, (one) => (one === "A" ? "B" : "A"))).json.code).toBe(-1022);
    expect(() => rig.machine.registerPublicKey("default", "no key")).toThrow(TypeError);
  });

  it("is not asked for by the listen key endpoints", () => {
    const rig = createRig();
    const { apiKey } = rig.machine.createApiKey("default");
    expect(rig.request("POST", "/fapi/v1/listenKey", { headers: { "x-mbx-apikey": apiKey } }).status).toBe(
      200,
    );
    expect(rig.request("POST", "/fapi/v1/listenKey").status).toBe(401);
  });
});
