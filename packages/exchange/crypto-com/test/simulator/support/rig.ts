import type { ServerResponse } from "@conn/core";
import { createEffectList, type VenueEffect } from "@conn/simulator";
import {
  type CryptoComMachine,
  type CryptoComMachineOptions,
  createCryptoComMachine,
} from "../../../src/simulator/index.js";

/** 2026-09-21 12:53:20 UTC, a whole second. */
export const START = 1_790_000_000_000;

/** A JSON value of the venue; 64-bit numbers as texts of digits. */
// biome-ignore lint/suspicious/noExplicitAny: a test reads the venue's JSON freely, a wrong field fails it.
export type Json = any;

/** Reads the venue's JSON without losing digits of its 64-bit numbers. */
export function readJson(text: string): Json {
  return JSON.parse(text.replace(/"(u|pu|tn)":(\d+)/g, '"$1":"$2"'));
}

/** A machine without sockets, driven by hand. */
export interface Rig {
  readonly machine: CryptoComMachine;
  /** Venue time. */
  readonly now: number;
  /** Asks a REST method: its name and query. */
  get(
    method: string,
    from?: string,
  ): { status: number; headers: Readonly<Record<string, string>>; json: Json; text: string };
  /** Sends a body to a private REST method: its text, or a value. */
  post(method: string, body: unknown, from?: string): { status: number; json: Json; text: string };
  /** Opens a user socket, lets a second pass, and returns the socket's id. */
  dialUser(): number;
  /** Opens a user socket at once. */
  openUser(): number;
  /** Opens a market socket, lets a second pass as the venue advises, and returns the socket's id. */
  dial(): number;
  tryDial(path: string): "accept" | ServerResponse;
  /** Opens a socket at once. */
  open(): number;
  /** Sends a frame; returns the frames that this socket gets during the call. */
  send(connectionId: number, frame: unknown): Json[];
  /** Subscribes to channels and waits for nothing; throws if one is refused. */
  subscribe(connectionId: number, channels: string | readonly string[], params?: Json): Json[];
  hangUp(connectionId: number): void;
  ping(connectionId: number, payload: string): void;
  /** Lets time pass, waking the machine whenever it wants; heartbeats are answered unless told otherwise. */
  advance(ms: number): void;
  answersHeartbeats: boolean;
  /** All effects since the last call of this or `frames`. */
  take(): VenueEffect[];
  /** JSON frames with data to a socket since the last call of this or `take`. */
  frames(connectionId: number): Json[];
}

export function createRig(options: Partial<CryptoComMachineOptions> = {}): Rig {
  const machine = createCryptoComMachine({ startAt: START, ...options });
  const effects = createEffectList();
  let now = options.startAt ?? START;
  let ids = 0;
  /** Effects up to here have been looked through for heartbeats. */
  let answered = 0;
  const requestOf = (path: string, remoteAddress = "10.0.0.1") => ({
    method: "GET",
    path,
    headers: {},
    body: new Uint8Array(),
    remoteAddress,
  });
  const framesOf = (list: readonly VenueEffect[], connectionId: number): Json[] =>
    list.flatMap((one) =>
      one.effect === "send" && one.connectionId === connectionId ? [readJson(one.text)] : [],
    );
  const answerHeartbeats = (): void => {
    for (; answered < effects.list.length; answered++) {
      const one = effects.list[answered]!;
      if (!rig.answersHeartbeats || one.effect !== "send" || one.facts.kind !== "heartbeat") continue;
      const id = /"id":(\d+)/.exec(one.text)![1];
      machine.frame(one.connectionId, `{"id":${id},"method":"public/respond-heartbeat"}`, now, effects);
    }
  };
  const rig: Rig = {
    machine,
    answersHeartbeats: true,
    get now() {
      return now;
    },
    get(method, from) {
      const requestId = ++ids;
      machine.request(requestId, requestOf(`/exchange/v1/${method}`, from), now, effects);
      const answer = effects.list.find((one) => one.effect === "respond" && one.requestId === requestId);
      if (answer?.effect !== "respond") throw new Error(`no answer to ${method}`);
      const { status, headers = {}, body } = answer.response;
      return { status, headers, json: readJson(String(body)), text: String(body) };
    },
    post(method, body, from) {
      const requestId = ++ids;
      const text = typeof body === "string" ? body : JSON.stringify(body);
      const request = {
        ...requestOf(`/exchange/v1/${method}`, from),
        method: "POST",
        body: new TextEncoder().encode(text),
      };
      machine.request(requestId, request, now, effects);
      const answer = effects.list.findLast((one) => one.effect === "respond" && one.requestId === requestId);
      if (answer?.effect !== "respond") throw new Error(`no answer to ${method}`);
      const { status, body: answered } = answer.response;
      return { status, json: readJson(String(answered)), text: String(answered) };
    },
    dialUser() {
      const connectionId = rig.openUser();
      rig.advance(1000);
      return connectionId;
    },
    openUser() {
      const answer = rig.tryDial("/exchange/v1/user");
      if (answer !== "accept") throw new Error(`refused with ${answer.status}`);
      return ids;
    },
    dial() {
      const connectionId = rig.open();
      rig.advance(1000);
      return connectionId;
    },
    open() {
      const answer = rig.tryDial("/exchange/v1/market");
      if (answer !== "accept") throw new Error(`refused with ${answer.status}`);
      return ids;
    },
    tryDial(path) {
      const connectionId = ++ids;
      const answer = machine.upgrade(connectionId, requestOf(path), now, effects);
      if (answer === "accept") machine.opened(connectionId, now, effects);
      return answer;
    },
    send(connectionId, frame) {
      const before = effects.list.length;
      const data = typeof frame === "string" || frame instanceof Uint8Array ? frame : JSON.stringify(frame);
      machine.frame(connectionId, data, now, effects);
      return framesOf(effects.list.slice(before), connectionId);
    },
    subscribe(connectionId, channels, params = {}) {
      const id = ++ids;
      const answers = rig.send(connectionId, {
        id,
        method: "subscribe",
        params: { channels: [channels].flat(), ...params },
        nonce: now,
      });
      const refused = answers.find((one) => one.code !== 0 || (one.id !== id && one.id !== -1));
      if (refused !== undefined) throw new Error(`not acknowledged: ${JSON.stringify(refused)}`);
      return answers;
    },
    hangUp: (connectionId) => machine.closed(connectionId, now, effects),
    ping: (connectionId, payload) =>
      machine.ping(connectionId, new TextEncoder().encode(payload), now, effects),
    advance(ms) {
      const until = now + ms;
      for (;;) {
        answerHeartbeats();
        const next = machine.nextWakeAt();
        if (next === undefined || next > until) break;
        now = Math.max(now, next);
        machine.wake(now, effects);
      }
      now = until;
    },
    take() {
      answerHeartbeats();
      answered = 0;
      return effects.take();
    },
    frames: (connectionId) => framesOf(rig.take(), connectionId).filter((one) => one.result !== undefined),
  };
  return rig;
}

/** Parameters of a subscription to deltas. */
export const deltas = (frequency: 10 | 100 = 100): Json => ({
  book_subscription_type: "SNAPSHOT_AND_UPDATE",
  book_update_frequency: frequency,
});
