import { createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { createSigner, type Signer, type UnsignedRequest } from "@conn/core";
import { expect, test } from "vitest";
import { auth } from "../src/auth.js";

/** Published with the venue's example of a signed order. */
const API_KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A";
const SECRET = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j";

const context = (signer: Signer, timestamp: number) => ({
  signer,
  timestamp,
  nonce: timestamp,
  restUrl: "https://fapi.binance.com",
  passphrase: undefined,
  subaccount: undefined,
});
const order = (query: Record<string, string>): UnsignedRequest => ({
  access: "signed",
  method: "POST",
  path: "/fapi/v1/order",
  query,
});

test.each([
  [
    API_KEY,
    SECRET,
    { symbol: "LTCBTC", side: "BUY", type: "LIMIT", timeInForce: "GTC", quantity: "1", price: "0.1" },
    1_499_827_319_559,
    "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559&signature=c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71",
  ],
  [
    API_KEY,
    SECRET,
    { symbol: "１２３４５６", side: "BUY", type: "LIMIT", timeInForce: "GTC", quantity: "1", price: "0.1" },
    1_499_827_319_559,
    "symbol=%EF%BC%91%EF%BC%92%EF%BC%93%EF%BC%94%EF%BC%95%EF%BC%96&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559&signature=e1353ec6b14d888f1164ae9af8228a3dbd508bc82eb867db8ab6046442f33ef3",
  ],
  [
    "dbefbc809e3e83c283a984c3a1459732ea7db1360ca80c5c2c8867408d28cc83",
    "2b5eb11e18796d12d88f13dc27dbbd02c2cc51ff7059765ed9821957d82bb4d9",
    { symbol: "BTCUSDT", side: "BUY", type: "LIMIT", quantity: "1", price: "9000", timeInForce: "GTC" },
    1_591_702_613_943,
    "symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=9000&timeInForce=GTC&recvWindow=5000&timestamp=1591702613943&signature=3c661234138461fcc7a7d8746c6558c9842d4e10870d2ecbedf7777cad694af9",
  ],
])("signs the venue's published examples", async (apiKey, secret, query, timestamp, expected) => {
  const signer = createSigner({ apiKey, secret });
  expect(await auth.signRequest(order(query), context(signer, timestamp))).toEqual({
    method: "POST",
    path: `/fapi/v1/order?${expected}`,
    headers: { "x-mbx-apikey": apiKey },
    validUntil: timestamp + 5_000,
  });
});

test.each(["rsa", "ed25519"] as const)(
  "signs with a private key: %s, base64, percent-encoded",
  async (type) => {
    const pem = { format: "pem", type: "pkcs8" } as const;
    const { privateKey } =
      type === "rsa" ? generateKeyPairSync("rsa", { modulusLength: 2048 }) : generateKeyPairSync("ed25519");
    const signer = createSigner({ apiKey: API_KEY, privateKey: String(privateKey.export(pem)) });
    const { path } = await auth.signRequest(order({ symbol: "BTCUSDT" }), context(signer, 1_671_090_801_999));
    const [, payload = "", signature = ""] = /\?(.*)&signature=([^&]*)$/.exec(path) ?? [];
    expect(payload).toBe("symbol=BTCUSDT&recvWindow=5000&timestamp=1671090801999");
    expect(signature).toMatch(/^[A-Za-z0-9%]+$/);
    const raw = Buffer.from(decodeURIComponent(signature), "base64");
    expect(
      verify(type === "rsa" ? "sha256" : null, Buffer.from(payload), createPublicKey(privateKey), raw),
    ).toBe(true);
  },
);

test("gives the key alone where that is enough", async () => {
  const signer = createSigner({ apiKey: API_KEY, secret: SECRET });
  const request = { access: "key", method: "POST", path: "/fapi/v1/listenKey" } as const;
  expect(await auth.signRequest(request, context(signer, 1))).toEqual({
    method: "POST",
    path: "/fapi/v1/listenKey",
    headers: { "x-mbx-apikey": API_KEY },
  });
});
