import { ProtocolError, parseJson, type UserStreamDataSource, type UserStreamMessage } from "@conn/core";
import * as v from "valibot";
import { USER_SOCKET_LIMITS } from "../constants.js";
import { ACCOUNT, toListing } from "./account.js";
import { TRADE, toFill } from "./fills.js";
import { ORDER, toUpdate } from "./orders.js";

const CHANNELS = ["user.order", "user.trade", "user.balance"];

/** Numbers come as texts here, so that none of their digits is lost. */
const FRAME = v.object({
  id: v.optional(v.pipe(v.string(), v.regex(/^-?\d+$/))),
  method: v.string(),
  code: v.optional(v.string(), "0"),
  message: v.optional(v.string(), ""),
  result: v.optional(
    v.object({
      channel: v.optional(v.string()),
      subscription: v.optional(v.string()),
      data: v.optional(v.array(v.unknown())),
    }),
  ),
});

/**
 * The private stream: a signed login on the open socket, then three channels.
 *
 * @see https://exchange-developer.crypto.com/exchange/v1/docs/api/websocket-common-api-reference
 */
export const userStream: UserStreamDataSource = {
  route: "user",
  access: {
    kind: "login",
    path: "",
    formatSubscribe: (requestId, timestamp) =>
      JSON.stringify({
        id: requestId,
        method: "subscribe",
        params: { channels: CHANNELS },
        nonce: timestamp,
      }),
  },
  limits: USER_SOCKET_LIMITS,
  parse(data) {
    try {
      return parseFrame(v.parse(FRAME, parseJson(data, { numbers: "text" })));
    } catch (cause) {
      throw new ProtocolError("MALFORMED_FRAME", "a frame of the user stream cannot be read", { cause });
    }
  },
};

function parseFrame({
  id,
  method,
  code,
  message,
  result,
}: v.InferOutput<typeof FRAME>): readonly UserStreamMessage[] {
  // Unanswered for five seconds, it costs the connection. An id may be larger than a double holds.
  if (method === "public/heartbeat")
    return [{ type: "heartbeat", reply: `{"id":${id},"method":"public/respond-heartbeat"}` }];
  // -1 is the id of what was not asked for, and of requests that the venue could not read.
  // exact: our own ids are small, or times in ms; no other is looked for.
  const requestId = id === undefined || id.startsWith("-") ? undefined : Number(id);
  if (code !== "0") return [{ type: "refused", requestId, venueCode: code, message }];
  const told = result?.data === undefined ? [] : parseChannel(result.channel ?? "", result.data);
  if (requestId !== undefined) return [{ type: "acknowledged", requestId }, ...told];
  if (method === "subscribe") return told;
  return [{ type: "unknown", what: `method ${method}` }];
}

function parseChannel(channel: string, data: readonly unknown[]): readonly UserStreamMessage[] {
  switch (channel) {
    case "user.order":
      return data.map((entry) => ({ type: "order", update: toUpdate(v.parse(ORDER, entry)) }));
    case "user.trade":
      return data.map((entry) => ({ type: "fill", fill: toFill(v.parse(TRADE, entry)) }));
    case "user.balance":
      return data.map((entry) => ({ type: "allBalances", listing: toListing(v.parse(ACCOUNT, entry)) }));
    default:
      return [{ type: "unknown", what: `channel ${channel}` }];
  }
}
