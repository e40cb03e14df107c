import type { ServerResponse } from "@conn/core";
import { createEffectList, type VenueEffect } from "@conn/simulator";
import {
  type BinancePerpetualMachine,
  type BinancePerpetualMachineOptions,
  createBinancePerpetualMachine,
} from "../../../src/simulator/index.js";

/** 2026-09-21 12:53:20 UTC. */
export const START = 1_790_000_000_000;

/** A JSON value of the venue. */
// biome-ignore lint/suspicious/noExplicitAny: a test reads the venue's JSON freely, a wrong field fails it.
export type Json = any;

/** A machine without sockets, driven by hand. */
export interface Rig {
  readonly machine: BinancePerpetualMachine;
  /** Venue time. */
  readonly now: number;
  get(path: string, from?: string): { status: number; headers: Readonly<Record<string, string>>; json: Json };
  /** Any request; a body is text. */
  request(
    method: string,
    path: string,
    options?: { readonly headers?: Record<string, string>; readonly body?: string; readonly from?: string },
  ): { status: number; headers: Readonly<Record<string, string>>; json: Json; text: string };
  /** Opens a socket and returns its id. @throws {Error} if the dial is refused. */
  dial(path: string): number;
  tryDial(path: string, from?: string): "accept" | ServerResponse;
  /** Sends a frame; returns the frames that this socket gets during the call. */
  send(connectionId: number, frame: unknown): Json[];
  subscribe(connectionId: number, ...streams: string[]): void;
  ping(connectionId: number, payload: string): void;
  pong(connectionId: number): void;
  hangUp(connectionId: number): void;
  /** Lets time pass, waking the machine whenever it wants. */
  advance(ms: number): void;
  /** All effects since the last call of this or `frames`. */
  take(): VenueEffect[];
  /** JSON frames to a socket since the last call of this or `take`. */
  frames(connectionId: number): Json[];
}

export function createRig(options: Partial<BinancePerpetualMachineOptions> = {}): Rig {
  const machine = createBinancePerpetualMachine({ startAt: START, ...options });
  const effects = createEffectList();
  let now = options.startAt ?? START;
  let ids = 0;
  const requestOf = (path: string, remoteAddress = "10.0.0.1") => ({
    method: "GET",
    path,
    headers: {},
    body: new Uint8Array(),
    remoteAddress,
  });
  const framesOf = (list: readonly VenueEffect[], connectionId: number): Json[] =>
    list.flatMap((one) =>
      one.effect === "send" && one.connectionId === connectionId ? [JSON.parse(one.text)] : [],
    );
  const rig: Rig = {
    machine,
    get now() {
      return now;
    },
    get(path, from) {
      const { status, headers, json } = rig.request("GET", path, from === undefined ? {} : { from });
      return { status, headers, json };
    },
    request(method, path, { headers: sent = {}, body: sentBody = "", from } = {}) {
      const requestId = ++ids;
      const request = {
        ...requestOf(path, from),
        method,
        headers: sent,
        body: new TextEncoder().encode(sentBody),
      };
      machine.request(requestId, request, now, effects);
      const answer = effects.list.find((one) => one.effect === "respond" && one.requestId === requestId);
      if (answer?.effect !== "respond") throw new Error(`no answer to ${path}`);
      const { status, headers = {}, body } = answer.response;
      return { status, headers, json: JSON.parse(String(body)), text: String(body) };
    },
    dial(path) {
      const answer = rig.tryDial(path);
      if (answer !== "accept") throw new Error(`refused with ${answer.status}`);
      return ids;
    },
    tryDial(path, from) {
      const connectionId = ++ids;
      const answer = machine.upgrade(connectionId, requestOf(path, from), now, effects);
      if (answer === "accept") machine.opened(connectionId, now, effects);
      return answer;
    },
    send(connectionId, frame) {
      const before = effects.list.length;
      const data = typeof frame === "string" || frame instanceof Uint8Array ? frame : JSON.stringify(frame);
      machine.frame(connectionId, data, now, effects);
      return framesOf(effects.list.slice(before), connectionId);
    },
    subscribe(connectionId, ...streams) {
      const id = ++ids;
      const answers = rig.send(connectionId, { method: "SUBSCRIBE", params: streams, id });
      if (JSON.stringify(answers) !== `[{"result":null,"id":${id}}]`) {
        throw new Error(`not acknowledged: ${JSON.stringify(answers)}`);
      }
      effects.take();
    },
    ping: (connectionId, payload) =>
      machine.ping(connectionId, new TextEncoder().encode(payload), now, effects),
    pong: (connectionId) => machine.pong(connectionId, new Uint8Array(), now, effects),
    hangUp: (connectionId) => machine.closed(connectionId, now, effects),
    advance(ms) {
      const until = now + ms;
      for (
        let next = machine.nextWakeAt();
        next !== undefined && next <= until;
        next = machine.nextWakeAt()
      ) {
        now = Math.max(now, next);
        machine.wake(now, effects);
      }
      now = until;
    },
    take: () => effects.take(),
    frames: (connectionId) => framesOf(effects.take(), connectionId),
  };
  return rig;
}
