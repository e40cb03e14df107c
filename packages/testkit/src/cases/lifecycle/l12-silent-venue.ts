import type { ConformanceCase } from "../../run/conformance-case.js";
import { must } from "../../run/failure.js";
import { PATIENCE_MS } from "../../run/probe.js";

const SOCKET = { pingAfterIdleMs: 5_000, silentAfterMs: 2_000, deadAfterMs: 5_000 };

/**
 * Given live books over connections that are told to tolerate ten seconds of silence.
 * Do let the venue fall silent with its connections open.
 * Expect stale books after seven seconds, dead connections after ten, new dials, and after the silence live
 * books that equal the venue's.
 */
export const silentVenue: ConformanceCase = {
  id: "L12",
  title: "a silent venue with open connections is noticed within the idle limit and dialed again",
  needs: "orderBooks",
  async run(stage) {
    const { world, venue } = stage;
    const pairs = stage.pairs(2);
    const probe = await stage.follow(pairs, { socket: SOCKET });
    await world.advance(2_000);
    probe.events.length = 0;
    const { dialCount } = venue.log;
    const began = world.elapsedMs;
    const silence = venue.faults.silence();

    for (const pair of pairs) {
      await probe.untilState(
        pair,
        "stale",
        SOCKET.pingAfterIdleMs + SOCKET.silentAfterMs + 100 - (world.elapsedMs - began),
      );
    }
    must(!probe.connector.ready, "a connector with stale books not to be ready");
    const limit = SOCKET.pingAfterIdleMs + SOCKET.deadAfterMs + 100;
    for (const pair of pairs) await probe.untilState(pair, "resyncing", limit - (world.elapsedMs - began));
    const reasons = probe.connections().flatMap(({ state, reason }) => (state === "waiting" ? [reason] : []));
    must(
      reasons.length > 0 && reasons.every((reason) => reason === "silent"),
      "connections to be given up as silent",
    );
    await world.until(() => venue.log.dialCount > dialCount, { withinMs: PATIENCE_MS, what: "another dial" });

    silence.cancel();
    await probe.untilLive(pairs);
    await world.advance(2_000);
    probe.expectTruth(pairs);
  },
};
