import type { VenueLog } from "@conn/simulator";
import type { ConformanceCase } from "../../run/conformance-case.js";
import { must, mustEqual } from "../../run/failure.js";
import { followedTopics } from "../../run/followed-topics.js";
import type { Probe } from "../../run/probe.js";
import type { Stage } from "../../run/stage.js";
import { type ClientFrameLimit, mostInWindow, type SentFrame } from "../../venue/venue-limits.js";

/** Frames that the small venue allows in its window. */
const FEW = 10;
/** What is assumed of a venue that names no limit. */
const NO_RULE: ClientFrameLimit = { limit: FEW, intervalMs: 1_000, window: "sliding", counts: [] };

/**
 * Given the venue's limit of frames on a connection; then a venue with a limit of ten, and the connector made to
 * count on ten and to put one stream into a frame.
 * Do look at what the connector counts on; then add and remove pairs many times at once: while all is quiet, right
 * after a ping of the venue, right before one; and lose all connections.
 * Expect the connector to count on no more than the venue allows; never more frames in a window of the venue than
 * ten, pings and pongs included where the venue counts them; no refusal and no connection cut by the venue; and in the
 * end exactly the wanted streams, and books that equal the venue's.
 */
export const frameLimit: ConformanceCase = {
  id: "L16",
  title: "subscriptions keep to the venue's limit of frames, pings and pongs included",
  needs: "orderBooks",
  async run(stage) {
    const { world } = stage;
    expectDeclared(stage);
    const { venue, connect } = await stage.smallVenue({ clientFrames: FEW });
    const rule = venue.limits.clientFrames ?? NO_RULE;
    const [kept, ...pairs] = stage.pairs(3);
    const probe = connect({ tradingPairs: [kept, ...pairs] });
    const sent = new Map<number, SentFrame[]>();
    const pingedAt = new Map<number, number[]>();
    const off = world.onTraffic((event) => {
      if (event.type !== "frame" || event.owner !== probe.owner) return;
      const { linkId, at, kind } = event;
      if (event.sender === "client") sent.set(linkId, [...(sent.get(linkId) ?? []), { at, kind }]);
      else if (kind === "ping") pingedAt.set(linkId, [...(pingedAt.get(linkId) ?? []), at]);
    });
    /** Follows pairs anew again and again at one moment: many more frames than the venue takes. */
    const burst = async (): Promise<void> => {
      for (let round = 0; round < 6; round += 1) {
        for (const pair of pairs) probe.connector.removeTradingPair(pair);
        for (const pair of pairs) probe.connector.addTradingPair(pair);
        await world.settle();
      }
    };
    const expectKept = (when: string): void => {
      for (const frames of sent.values()) {
        const most = mostInWindow(frames, rule);
        must(
          most <= rule.limit,
          `at most ${rule.limit} frames in ${rule.intervalMs} ms ${when}, not ${most}`,
        );
      }
      mustEqual(probe.problems(), [], `problems ${when}`);
      const lost = probe
        .connections()
        .filter(({ state, reason }) => state === "waiting" && reason === "closed");
      mustEqual(lost, [], `connections that the venue cut ${when}`);
    };

    await probe.start();
    await probe.untilLive();
    for (const { symbol } of venue.listings()) venue.freeze(symbol);
    await world.advance(5_000);
    await burst();
    await world.advance(20_000);
    expectKept("while all is quiet");
    const most = Math.max(...[...sent.values()].map((frames) => mostInWindow(frames, rule)));
    must(most >= FEW / 2, `so many frames that the limit matters, not ${most}`);

    const pings = (): number => [...pingedAt.values()].flat().length;
    for (const _ of [1, 2]) {
      const before = pings();
      await world.until(() => pings() > before, { withinMs: 1_800_000, what: "a ping of the venue" });
      await burst();
      await world.advance(20_000);
      expectKept("after a ping of the venue");
    }
    const next = nextPing([...pingedAt.values()], world.now);
    if (next !== undefined) {
      await world.advance(next - 100 - world.now);
      await burst();
      await world.advance(20_000);
      expectKept("before a ping of the venue");
    }

    for (const { symbol } of venue.listings()) venue.unfreeze(symbol);
    probe.events.length = 0;
    must(venue.faults.drop() > 0, "connections that can be dropped");
    await world.settle();
    probe.events.length = 0;
    await probe.untilLive([kept, ...pairs]);
    await world.advance(5_000);
    expectKept("after a reconnect");
    probe.expectTruth();
    expectSubscribed(stage, probe, venue.log);
    off();
  },
};

/** Expects that the connector itself counts on no more than the venue allows. */
function expectDeclared({ definition, venue }: Stage): void {
  const rule = venue.limits.clientFrames;
  if (rule === undefined) return;
  for (const [route, { limits }] of Object.entries(definition.routes)) {
    const most = limits.maxFrames * Math.max(1, rule.intervalMs / limits.framesPerMs);
    must(
      most <= rule.limit,
      `at most ${rule.limit} frames in ${rule.intervalMs} ms on route ${route}, the venue's limit, not ${most}`,
    );
  }
}

/** When the venue will ping next, by the distance of the last two pings on a connection. */
function nextPing(pings: readonly (readonly number[])[], now: number): number | undefined {
  const expected = pings.flatMap((times) => {
    const [last, before] = [times.at(-1), times.at(-2)];
    if (last === undefined || before === undefined || last === before) return [];
    const everyMs = last - before;
    // Not one that comes before a burst could.
    return [last + everyMs * Math.ceil((now + 1_000 - last) / everyMs)];
  });
  return expected.length === 0 ? undefined : Math.min(...expected);
}

/** Expects that the connections carry exactly the streams of the pairs that are followed. */
function expectSubscribed(stage: Stage, probe: Probe, log: VenueLog): void {
  const live = new Set(log.connections.map(({ connectionId }) => connectionId));
  const carried: string[] = [];
  for (const { connectionId, kind, streams } of log.clientFrames) {
    if (!live.has(connectionId)) continue;
    if (kind === "subscribe") carried.push(...streams);
    else if (kind === "unsubscribe") {
      for (const stream of streams) carried.splice(carried.indexOf(stream), 1);
    }
  }
  const wanted = followedTopics(stage, probe).map(({ topic }) => topic);
  mustEqual(carried.sort(), wanted.sort(), "the streams on all connections");
}
