import type { ConformanceCase } from "../../run/conformance-case.js";
import { must, mustEqual } from "../../run/failure.js";

const decoder = new TextDecoder();

/**
 * Given live books of a market that stands still, so that nothing but pings passes.
 * Do let hours pass.
 * Expect every ping of the venue to be answered with its payload, no connection to be lost, and the
 * books to stay live: a quiet pair is not stale.
 */
export const pingPong: ConformanceCase = {
  id: "L14",
  title: "pings of the venue are answered with their payload, and quiet connections last for hours",
  needs: "orderBooks",
  timeoutMs: 60_000,
  async run(stage) {
    const { world, venue } = stage;
    const pairs = stage.pairs(2);
    const probe = await stage.follow(pairs);
    for (const { symbol } of venue.listings()) venue.freeze(symbol);
    const pings = new Map<number, string[]>();
    const pongs = new Map<number, string[]>();
    const note = (payloads: Map<number, string[]>, linkId: number, payload: Uint8Array): void => {
      payloads.set(linkId, [...(payloads.get(linkId) ?? []), decoder.decode(payload)]);
    };
    const off = world.onTraffic((event) => {
      if (event.type !== "frame" || event.owner !== probe.owner) return;
      if (event.kind === "ping" && event.sender === "server") note(pings, event.linkId, event.data);
      if (event.kind === "pong" && event.sender === "client") note(pongs, event.linkId, event.data);
    });
    const events = probe.connections().length;
    await world.advance(stage.hours * 3_600_000);
    off();
    must(pings.size > 0, "a simulated venue that sends pings");
    mustEqual([...pongs], [...pings], "the answers to the venue's pings");
    mustEqual(probe.connections().slice(events), [], "what happened to the connections");
    for (const pair of pairs) mustEqual(probe.stateOf(pair), "live", `the state of the quiet ${pair}`);
    probe.expectTruth(pairs);
  },
};
