import type { VenueEffects } from "@conn/simulator";
import type { CryptoComLimits } from "../limits.js";
import type { InstrumentMarket } from "../market/instrument-market.js";
import {
  ackText,
  type ClientFrame,
  errorText,
  frameErrors,
  readClientFrame,
} from "../streams/client-frame.js";
import type { Connection, UserSession } from "../streams/connection.js";
import { balanceFields } from "./account-methods.js";
import type { ApiKey } from "./accounts.js";
import { createSeenRequests } from "./authorize.js";
import { isObject } from "./json-value.js";
import { type Envelope, readEnvelope } from "./private-request.js";
import { type PrivateSide, refusalText } from "./private-side.js";
import { openOrderFields } from "./query-methods.js";
import { type Refusal, Refused, refusals, refuse } from "./refusal.js";
import { factsOf, type UserEvent, userFrame } from "./user-events.js";

/** Answers what clients send on user sockets. */
export interface UserSockets {
  answer(connection: Connection, data: string | Uint8Array, at: number, effects: VenueEffects): void;
  /** Refuses a frame that is one too many. */
  refuseTooMany(connection: Connection, data: string | Uint8Array, effects: VenueEffects): void;
}

/** Makes the sockets' side. */
export function createUserSockets(
  privateSide: PrivateSide,
  limits: CryptoComLimits,
  markets: ReadonlyMap<string, InstrumentMarket>,
): UserSockets {
  const { context, methods, accounts } = privateSide;
  const seenRequests = createSeenRequests(limits.nonceToleranceMs * 2);

  const sendRefusal = (
    connection: Connection,
    envelope: Envelope,
    refusal: Refusal,
    effects: VenueEffects,
  ): void =>
    effects.send(connection.id, refusalText(envelope, refusal), { kind: "error", action: envelope.method });

  /** The key that the socket has logged in with, if it is still one. */
  const keyOf = ({ key }: UserSession): ApiKey =>
    key !== undefined && accounts.findKey(key.apiKey) === key ? key : refuse(refusals.unauthorized);

  const kindOf = (channel: string): UserEvent["channel"] | undefined => {
    for (const kind of ["user.order", "user.trade"] as const) {
      const symbol = channel.startsWith(`${kind}.`) ? channel.slice(kind.length + 1) : undefined;
      if (channel === kind || (symbol !== undefined && markets.has(symbol))) return kind;
    }
    return channel === "user.balance" ? channel : undefined;
  };

  /** What a subscription is answered with: open orders and balances as they are; of trades nothing. */
  const firstEvent = (
    key: ApiKey,
    channel: string,
    kind: UserEvent["channel"],
    at: number,
  ): UserEvent | undefined => {
    const { account } = key;
    if (kind === "user.balance") return { channel: kind, data: [balanceFields(context, account)] };
    if (kind === "user.trade") return undefined;
    const symbol = channel === kind ? undefined : channel.slice(kind.length + 1);
    const data = openOrderFields({ context, account, at }, symbol);
    return { channel: kind, data, ...(symbol === undefined ? {} : { symbol }) };
  };

  const subscribe = (
    connection: Connection,
    user: UserSession,
    frame: ClientFrame,
    channels: readonly string[],
    at: number,
    effects: VenueEffects,
  ): void => {
    const key = keyOf(user);
    for (const channel of channels) {
      const kind = kindOf(channel);
      const hasRoom = user.channels.has(channel) || user.channels.size < limits.channelsPerConnection;
      if (kind === undefined || !hasRoom) {
        const error = kind === undefined ? frameErrors.unknownChannel : frameErrors.tooManySubscriptions;
        effects.send(connection.id, errorText(frame, error, channel), { kind: "error" });
        continue;
      }
      user.channels.add(channel);
      const event = firstEvent(key, channel, kind, at);
      if (event === undefined) effects.send(connection.id, ackText(frame, channel), { kind: "ack" });
      else effects.send(connection.id, userFrame(frame.id, channel, event), factsOf(event, channel));
    }
  };

  const carryOut = (connection: Connection, user: UserSession, envelope: Envelope, at: number): string => {
    if (envelope.id === "-1" || envelope.method === "ERROR") refuse(refusals.invalidRequest);
    if (envelope.method === "public/auth") {
      if (user.key !== undefined && accounts.findKey(user.key.apiKey) === user.key)
        refuse(refusals.duplicateRequest);
      user.key = privateSide.logIn(envelope, { address: user.address, at });
      return `{"id":${envelope.id},"method":"public/auth","code":0}`;
    }
    const key = keyOf(user);
    switch (envelope.method) {
      case "private/set-cancel-on-disconnect": {
        const scope = isObject(envelope.params) ? envelope.params.scope : undefined;
        if (scope !== "CONNECTION" && scope !== "ACCOUNT") return refuse(refusals.missingArgument);
        user.cancelScope = scope;
        return `{"id":${envelope.id},"method":"${envelope.method}","code":0,"result":{"scope":"${scope}"}}`;
      }
      case "private/get-cancel-on-disconnect": {
        const scope = user.cancelScope === undefined ? "" : `"scope":"${user.cancelScope}"`;
        return `{"id":${envelope.id},"method":"${envelope.method}","code":0,"result":{${scope}}}`;
      }
    }
    const method = methods.get(envelope.method);
    if (method === undefined || !method.onSocket) return refuse(refusals.methodNotFound);
    const name = `${key.apiKey} ${envelope.method} ${envelope.id} ${envelope.nonce ?? ""}`;
    if (envelope.nonce !== undefined && seenRequests.hasSeen(name, at)) refuse(refusals.duplicateRequest);
    return privateSide.call(method, envelope, { key, at, connectionId: connection.id });
  };

  return {
    answer(connection, data, at, effects) {
      const { user } = connection;
      const envelope = readEnvelope(textOf(data));
      const frame = readClientFrame(data);
      if (user === undefined || envelope === undefined || frame === undefined) return;
      const { request } = frame;
      try {
        if (!("error" in request)) {
          switch (request.method) {
            case "public/respond-heartbeat":
              // There is no reply. An answer with another id is none.
              if (connection.unanswered?.id === frame.id) connection.unanswered = undefined;
              return;
            case "subscribe":
              subscribe(connection, user, frame, request.channels, at, effects);
              return;
            case "unsubscribe":
              for (const channel of request.channels) user.channels.delete(channel);
              effects.send(connection.id, ackText(frame), { kind: "ack" });
              return;
          }
        }
        const text = carryOut(connection, user, envelope, at);
        effects.send(connection.id, text, { kind: "ack", action: envelope.method });
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        sendRefusal(connection, envelope, error.refusal, effects);
      }
    },
    refuseTooMany(connection, data, effects) {
      const envelope = readEnvelope(textOf(data));
      if (envelope !== undefined) sendRefusal(connection, envelope, refusals.tooManyRequests, effects);
    },
  };
}

function textOf(data: string | Uint8Array): string {
  return typeof data === "string" ? data : new TextDecoder().decode(data);
}
