import { createHmac } from "node:crypto";
import { DEFAULT_ACCOUNT, type IssuedKey } from "../../../src/simulator/index.js";
import type { Json, Rig } from "./rig.js";

/** Parameters of a method. */
export type Params = Readonly<Record<string, unknown>>;

/** Signs and sends requests of one account. */
export interface Trader {
  readonly key: IssuedKey;
  /** A signed envelope, with other fields if given. */
  envelope(method: string, params: Params, fields?: Params): Params;
  /** Asks a private REST method. */
  call(method: string, params?: Params): { status: number; json: Json; text: string };
  /** `private/create-order`: a limit order to buy below the market unless said otherwise. */
  place(params?: Params): { status: number; json: Json; text: string };
  /** The same, and waits until the engine has it; returns its id. */
  rest(params?: Params): string;
  /** The order as `private/get-order-detail` tells it. */
  detail(orderId: string): Json;
  /** Opens a user socket that has logged in. */
  logIn(): number;
  /** The same, and subscribes; the answers are gone. */
  listen(...channels: string[]): number;
}

/** The parameters in one text: written here for itself, after the venue's page. */
function parameterText(value: unknown): string {
  if (Array.isArray(value)) return value.map(parameterText).join("");
  if (typeof value !== "object" || value === null) return String(value);
  return Object.entries(value)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, field]) => name + parameterText(field))
    .join("");
}

/** The signature of a request. */
export function sign(
  secret: string,
  parts: { method: string; id: unknown; apiKey: string; params?: unknown; nonce: unknown },
): string {
  const { method, id, apiKey, params, nonce } = parts;
  const text = params === undefined ? "" : parameterText(params);
  return createHmac("sha256", secret).update(`${method}${id}${apiKey}${text}${nonce}`).digest("hex");
}

/** Longer than any command takes. */
export const SETTLED_MS = 50;

let ids = 0;

/** Makes one for an account, with a key of its own. */
export function createTrader(rig: Rig, account = DEFAULT_ACCOUNT): Trader {
  const key = rig.machine.createApiKey(account);
  const trader: Trader = {
    key,
    envelope(method, params, fields = {}) {
      // As JSON has it: what is undefined is not there.
      const request = JSON.parse(JSON.stringify({ id: ++ids, method, params, nonce: rig.now, ...fields }));
      const sig = sign(key.secret, { ...request, apiKey: key.apiKey });
      return { ...request, api_key: key.apiKey, sig };
    },
    call: (method, params = {}) => rig.post(method, trader.envelope(method, params)),
    place: (params = {}) =>
      trader.call("private/create-order", {
        instrument_name: "BTC_USDT",
        side: "BUY",
        type: "LIMIT",
        quantity: "0.01",
        ...(params.type === "MARKET" ? {} : { price: restingPrice(rig) }),
        ...params,
      }),
    rest(params) {
      const { json, text } = trader.place(params);
      if (json.code !== 0) throw new Error(text);
      rig.advance(SETTLED_MS);
      return json.result.order_id;
    },
    detail(orderId) {
      const { json, text } = trader.call("private/get-order-detail", { order_id: orderId });
      if (json.code !== 0) throw new Error(text);
      return json.result;
    },
    logIn() {
      const socket = rig.dialUser();
      const id = ++ids;
      const request = { id, method: "public/auth", api_key: key.apiKey, nonce: rig.now };
      const sig = sign(key.secret, { ...request, apiKey: key.apiKey });
      const [answer] = rig.send(socket, { ...request, sig });
      if (answer?.code !== 0) throw new Error(JSON.stringify(answer));
      return socket;
    },
    listen(...channels) {
      const socket = trader.logIn();
      rig.subscribe(socket, channels);
      rig.take();
      return socket;
    },
  };
  return trader;
}

/** A price at which nobody sells soon: two percent below the best bid. */
export function restingPrice(rig: Rig, symbol = "BTC_USDT"): string {
  return (Number(rig.machine.bookOf(symbol).bids[0]![0]) * 0.98).toFixed(1);
}
