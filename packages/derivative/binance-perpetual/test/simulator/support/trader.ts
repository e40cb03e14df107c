import { createHmac } from "node:crypto";
import { DEFAULT_ACCOUNT, type IssuedKey } from "../../../src/simulator/index.js";
import type { Json, Rig } from "./rig.js";

type Fields = Readonly<Record<string, string | number | boolean>> & { readonly type?: string };

/** Signs and sends requests of one account. */
export interface Trader {
  readonly key: IssuedKey;
  /** Sends everything in the query string. */
  call(
    method: string,
    path: string,
    fields?: Fields,
  ): { status: number; headers: Readonly<Record<string, string>>; json: Json; text: string };
  /** `POST /fapi/v1/order`; a limit order GTC unless said otherwise. */
  place(fields: Fields): { status: number; json: Json; text: string };
  /** A buy below the market, which rests. */
  rest(fields?: Fields): Json;
  /** Opens the account's private stream. */
  listen(): number;
}

/** Makes one for an account, with a key of its own. */
export function createTrader(rig: Rig, account = DEFAULT_ACCOUNT): Trader {
  const key = rig.machine.createApiKey(account);
  const trader: Trader = {
    key,
    call(method, path, fields = {}) {
      const texts = Object.entries({ ...fields, timestamp: rig.now }).map(
        ([name, value]): [string, string] => [name, String(value)],
      );
      const query = new URLSearchParams(texts).toString();
      const signature = createHmac("sha256", key.secret).update(query).digest("hex");
      return rig.request(method, `${path}?${query}&signature=${signature}`, {
        headers: { "x-mbx-apikey": key.apiKey },
      });
    },
    place: (fields) =>
      trader.call("POST", "/fapi/v1/order", {
        symbol: "BTCUSDT",
        side: "BUY",
        type: "LIMIT",
        ...(fields.type === "MARKET" ? {} : { timeInForce: "GTC" }),
        ...fields,
      }),
    rest(fields = {}) {
      const answer = trader.place({ quantity: "0.010", price: restingPrice(rig), ...fields });
      if (answer.status !== 200) throw new Error(answer.text);
      return answer.json;
    },
    listen() {
      const headers = { "x-mbx-apikey": key.apiKey };
      const { json } = rig.request("POST", "/fapi/v1/listenKey", { headers });
      return rig.dial(`/private/ws/${json.listenKey}`);
    },
  };
  return trader;
}

/** A price at which nobody sells soon: two percent below the best bid. */
export function restingPrice(rig: Rig, symbol = "BTCUSDT"): string {
  const best = Number(rig.machine.bookOf(symbol).bids[0]![0]);
  return (Math.round(best * 9.8) / 10).toFixed(1);
}
