import type { BookFault, BookState, InstrumentChange } from "@conn/core";
import { expect, test } from "vitest";
import {
  describeConnection,
  describeInstrument,
  describeRateLimit,
  describeStateChange,
} from "../../src/market/event-words.js";
import { instrument } from "../support/fixtures.js";

const said = (previous: BookState, state: BookState, fault?: BookFault, untrustedForMs?: number): string =>
  describeStateChange({ previous, state, fault }, untrustedForMs).text;

test("the way of a book is told in plain words", () => {
  expect([
    said("awaitingSnapshot", "syncing"),
    said("syncing", "live", undefined, 420),
    said("live", "resyncing", "gap"),
    said("resyncing", "live", undefined, 812),
    said("live", "resyncing", "disconnected"),
    said("live", "resyncing", "crossed"),
    said("live", "stale", "silent"),
    said("stale", "live", undefined, 3_200),
    said("live", "resyncing", "audit"),
    said("live", "resyncing", "renamed"),
    said("live", "delisted", "delisted"),
    said("delisted", "resyncing"),
  ]).toMatchInlineSnapshot(`
    [
      "the snapshot is in: waiting for the change that joins it",
      "live after 420 ms",
      "lost a change (gap): fetching a new snapshot",
      "live again after 812 ms",
      "connection lost: the book is not trusted until it is built anew",
      "the best bid reached the best ask: fetching a new snapshot",
      "the venue gives no sign of life: the book may be old",
      "live again after 3.2 s",
      "it differed from a book built anew beside it: fetching a new snapshot",
      "the venue gave it another name: subscribing anew",
      "delisted: the book shows what was last known",
      "listed again: the book is built anew",
    ]
  `);
});

test("the way of a connection is told as far as a person need know", () => {
  const of = (state: "open" | "waiting" | "connecting" | "closing" | "idle", facts: object = {}): unknown =>
    describeConnection({ connectionId: "public-1", state, reason: undefined, delayMs: undefined, ...facts })
      ?.text;
  expect([
    of("open"),
    of("connecting"),
    of("waiting", { reason: "closed", delayMs: 412 }),
    of("waiting", { reason: "refused", delayMs: 1_900 }),
    of("waiting", { reason: "silent", delayMs: 300 }),
    of("closing"),
    of("closing", { reason: "renewed" }),
  ]).toMatchInlineSnapshot(`
    [
      "connection public-1 is open",
      undefined,
      "connection public-1 lost: dialing again in 412 ms",
      "connection public-1 refused: dialing again in 1.9 s",
      "connection public-1 silent, given up: dialing again in 300 ms",
      undefined,
      "connection public-1 closed: another has taken its place",
    ]
  `);
});

test("a stop by the venue is told with its length and its cause", () => {
  const of = (facts: object): string =>
    describeRateLimit({
      scope: "ip",
      pool: undefined,
      reason: "stop",
      receivedTimestamp: 1_000,
      untilTimestamp: 31_000,
      ...facts,
    }).text;
  expect([
    of({ reason: "ban" }),
    of({ pool: "requestWeight" }),
    of({ scope: "account" }),
    of({ reason: "resumed" }),
  ]).toMatchInlineSnapshot(`
    [
      "calls by this address wait for 30 s: banned by the venue",
      "calls of requestWeight wait for 30 s: the venue asks for a pause",
      "calls by this account wait for 30 s: the venue asks for a pause",
      "calls by this address go on",
    ]
  `);
});

test("what the venue changes in an instrument is told", () => {
  const one = { ...instrument("BTC-USDT"), exchangeSymbol: "BTCUSDT", venueStatus: "TRADING" };
  const other = { ...one, exchangeSymbol: "XBTUSDT", venueStatus: "HALT" };
  const of = (change: InstrumentChange): string =>
    describeInstrument({ change, instrument: other, previous: one }).text;
  expect((["listed", "delisted", "renamed", "status", "rules"] as const).map(of)).toMatchInlineSnapshot(`
    [
      "listed by the venue",
      "the venue no longer lists it",
      "renamed from BTCUSDT to XBTUSDT",
      "status TRADING is now HALT",
      "the venue changed its trading rules",
    ]
  `);
});
