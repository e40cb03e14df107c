import { setTimeout as wait } from "node:timers/promises";
import type { SoakVenue } from "./venues.ts";

/** What was drawn for a fault. */
export interface FaultFacts {
  /** How long it lasts, where it lasts, in ms. */
  readonly durationMs: number;
  readonly symbol: string;
  /** Between 0 and 1. */
  readonly chance: number;
}

/** Something that goes wrong; over when it settles, which is early if the signal aborts. */
type VenueFault = (venue: SoakVenue, facts: FaultFacts, signal: AbortSignal) => Promise<void>;

const ALWAYS = Number.POSITIVE_INFINITY;

/** Everything that goes wrong at a venue, by name. */
export const venueFaults: Readonly<Record<string, VenueFault>> = {
  /** The venue ends every connection, with a close frame or without. */
  async cut({ faults }, { chance }) {
    faults.drop({}, chance < 0.5 ? "reset" : { code: 1001, reason: "going away" });
  },
  /** Up to ten frames vanish, of one symbol or of any. */
  async lostFrames({ faults }, { chance, symbol }) {
    faults.lose(chance < 0.8 ? { symbol } : {}, 1 + Math.floor(chance * 10));
  },
  /** TCP stays open and nothing comes, to frames and requests alike. */
  async halfOpen({ faults }, { durationMs }, signal) {
    const silence = faults.silence();
    await pause(durationMs, signal);
    silence.cancel();
  },
  /** Connections end, and requests and dials get status 503. */
  async unavailable({ faults }, { durationMs }, signal) {
    const answer = { status: 503, headers: { "content-type": "text/html" }, body: "<html>503</html>" };
    const ordered = [faults.rejectRequest({}, answer, ALWAYS), faults.rejectUpgrade({}, answer, ALWAYS)];
    faults.drop();
    await pause(durationMs, signal);
    for (const fault of ordered) fault.cancel();
  },
  /** The venue's port is closed, and opens again. */
  async venueRestart(venue, { durationMs }, signal) {
    await venue.goOffline();
    await pause(durationMs, signal);
    await venue.goOnline();
  },
};

/** Waits; less if the signal aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch(() => undefined);
}
