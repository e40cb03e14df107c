import type { ConformanceVenue } from "../venue/conformance-venue.js";
import { CLOCK_FAULTS } from "./clock-faults.js";
import { below, type FaultKind, pick, spread } from "./fault-kind.js";
import { LIMIT_FAULTS } from "./limit-faults.js";
import { LISTING_FAULTS } from "./listing-faults.js";
import type { FrameChange, SimulatedLink } from "./simulated-link.js";
import type { SimulatedWorld } from "./simulated-world.js";

const HTML = {
  status: 503,
  headers: { "content-type": "text/html" },
  body: "<html><head><title>503 Service Temporarily Unavailable</title></head></html>",
};

/** Venues that are down until they come back by themselves. */
const restarting = new WeakSet<ConformanceVenue>();

/** Everything that goes wrong between a bot and a venue, seed by seed. */
export const FAULT_KINDS: readonly FaultKind[] = [
  {
    name: "lostFrames",
    weight: 6,
    happen({ venue, symbols }, random) {
      const count = 1 + below(random, 4);
      if (random.next() < 0.2) {
        venue.faults.lose({}, count);
        return `${count} of any kind`;
      }
      const symbol = pick(symbols, random);
      venue.faults.lose({ symbol }, count);
      return `${count} of ${symbol}`;
    },
  },
  {
    name: "duplicatedFrames",
    weight: 3,
    happen({ venue, symbols }, random) {
      const count = 1 + below(random, 4);
      const symbol = pick(symbols, random);
      venue.faults.duplicate({ symbol }, count);
      return `${count} of ${symbol}`;
    },
  },
  {
    name: "reorderedFrames",
    weight: 3,
    happen({ venue, symbols }, random) {
      const count = 1 + below(random, 3);
      const symbol = pick(symbols, random);
      venue.faults.reorder({ symbol }, count);
      return `${count} of ${symbol}`;
    },
  },
  {
    name: "delayedFrames",
    weight: 3,
    happen({ venue, symbols }, random) {
      const count = 1 + below(random, 5);
      const delayMs = spread(random, 50, 5_000);
      const symbol = pick(symbols, random);
      venue.faults.delay({ symbol }, delayMs, count);
      return `${count} of ${symbol} by ${delayMs} ms`;
    },
  },
  {
    name: "garbledFrames",
    weight: 3,
    happen({ venue, symbols }, random) {
      const symbol = pick(symbols, random);
      const data = pick(GARBAGE, random);
      venue.faults.corrupt({ symbol }, data);
      return `${symbol}: ${typeof data === "string" ? data.slice(0, 30) : `${data.length} bytes`}`;
    },
  },
  {
    name: "mangledRows",
    weight: 2,
    happen({ venue, symbols }, random) {
      const symbol = pick(symbols, random);
      // A level whose price is no number.
      venue.faults.alter({ symbol }, (text) => text.replace(/\["\d/, '["x'));
      return symbol;
    },
  },
  {
    name: "unknownMessages",
    weight: 2,
    happen({ venue }, random) {
      const data = pick(UNKNOWN, random);
      return `${venue.faults.inject({}, data)} times ${data}`;
    },
  },
  {
    name: "unknownFields",
    weight: 3,
    happen({ world }, random) {
      const left = 1 + below(random, 50);
      for (const link of openLinks(world)) link.change = { left, apply: addUnknownField };
      return `in ${left} frames of each connection`;
    },
  },
  {
    name: "droppedConnections",
    weight: 4,
    happen({ venue }, random) {
      const style = pick(["reset", { code: 1001 }, { code: 1012 }] as const, random);
      return `${venue.faults.drop({}, style)} ${style === "reset" ? "reset" : `with ${style.code}`}`;
    },
  },
  {
    name: "halfOpenConnection",
    weight: 4,
    happen({ world }, random) {
      // A dial that is under way may be lost like this too.
      const links = [...world.network.links].filter((link) => link.clientIsOpen);
      if (links.length === 0) return "none is open";
      const link = pick(links, random);
      link.breakSilently();
      return link.url;
    },
  },
  {
    name: "lostDials",
    weight: 2,
    happen({ world, venue }, random) {
      const count = 1 + below(random, 3);
      world.network.loseDials(count);
      venue.faults.drop();
      return `${count} after a drop`;
    },
  },
  {
    name: "silentVenue",
    weight: 3,
    happen({ venue }, random) {
      const durationMs = spread(random, 500, 60_000);
      venue.faults.silence({}, durationMs);
      return `${durationMs} ms`;
    },
  },
  {
    name: "partition",
    weight: 3,
    happen({ world }, random) {
      const durationMs = spread(random, 100, 120_000);
      world.network.cut(durationMs);
      return `${durationMs} ms`;
    },
  },
  {
    name: "slowNetwork",
    weight: 3,
    happen({ world }, random) {
      const minMs = spread(random, 1, 500);
      const maxMs = minMs + spread(random, 1, 1_500);
      world.network.setLatency(minMs, maxMs);
      world.after(spread(random, 1_000, 60_000), () => world.network.setLatency(1, 5));
      return `${minMs} to ${maxMs} ms`;
    },
  },
  {
    name: "slowReader",
    weight: 2,
    happen({ world }, random) {
      const readMs = spread(random, 5, 300);
      const links = openLinks(world);
      for (const link of links) link.readMs = readMs;
      world.after(spread(random, 1_000, 20_000), () => {
        for (const link of links) link.readMs = 0;
      });
      return `${readMs} ms a frame`;
    },
  },
  {
    name: "venueRestart",
    weight: 2,
    happen({ world, venue }, random) {
      const downMs = spread(random, 100, 60_000);
      if (restarting.has(venue)) return "is down already";
      restarting.add(venue);
      void venue.goOffline();
      world.after(downMs, () => {
        restarting.delete(venue);
        void venue.goOnline();
      });
      return `down for ${downMs} ms`;
    },
  },
  {
    name: "maintenance",
    weight: 2,
    happen({ world, venue }, random) {
      const downMs = spread(random, 1_000, 120_000);
      const requests = venue.faults.rejectRequest({}, HTML, Number.POSITIVE_INFINITY);
      const dials = venue.faults.rejectUpgrade({}, HTML, Number.POSITIVE_INFINITY);
      venue.faults.drop({}, { code: 1001 });
      world.after(downMs, () => {
        requests.cancel();
        dials.cancel();
      });
      return `for ${downMs} ms`;
    },
  },
  {
    name: "acceptThenDrop",
    weight: 2,
    happen({ venue }, random) {
      const count = 1 + below(random, 5);
      venue.faults.rejectUpgrade({}, "acceptThenDrop", count);
      venue.faults.drop();
      return `${count} times`;
    },
  },
  {
    name: "refusedRequests",
    weight: 3,
    happen({ venue }, random) {
      const count = 1 + below(random, 5);
      const rejection = pick([HTML, { status: 500, body: "" }, "reset"] as const, random);
      venue.faults.rejectRequest({}, rejection, count);
      return `${count} by ${rejection === "reset" ? "reset" : rejection.status}`;
    },
  },
  {
    name: "lostAnswers",
    weight: 3,
    happen({ venue }, random) {
      const count = 1 + below(random, 3);
      venue.faults.loseAnswer({}, count);
      return String(count);
    },
  },
  {
    name: "staleAnswers",
    weight: 4,
    happen({ venue }, random) {
      const count = 1 + below(random, 5);
      const delayMs = spread(random, 100, 9_000);
      venue.faults.delayAnswer({}, delayMs, count);
      return `${count} by ${delayMs} ms`;
    },
  },
  {
    name: "garbledAnswers",
    weight: 2,
    happen({ venue }, random) {
      const body = pick(GARBAGE, random);
      venue.faults.corruptAnswer({}, body);
      return typeof body === "string" ? body.slice(0, 30) : `${body.length} bytes`;
    },
  },
  {
    name: "refusedSubscription",
    weight: 1,
    happen({ venue, symbols }, random) {
      const symbol = pick(symbols, random);
      venue.faults.rejectSubscription({ symbol }, { code: 40_003, message: "refused" });
      return symbol;
    },
  },
  ...LIMIT_FAULTS,
  ...LISTING_FAULTS,
  ...CLOCK_FAULTS,
];

/** What is no frame of any venue. */
const GARBAGE: readonly (string | Uint8Array)[] = [
  "",
  "{",
  "[]",
  "null",
  "<html>502</html>",
  '{"stream":"',
  new Uint8Array([0, 255, 1, 254, 2]),
  "\u{1f4a9}".repeat(100),
];

/** Well-formed messages that no connector knows. */
const UNKNOWN: readonly string[] = ["{}", '{"e":"brandNewEvent","E":1}', '{"method":"new/thing","id":-7}'];

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A venue may add fields whenever it likes. */
const addUnknownField: FrameChange = (data) => {
  const text = decoder.decode(data);
  return text.startsWith("{") && text.length > 2
    ? encoder.encode(`{"brandNewField":[{"a":null},-1.5e3,"\\u0041"],${text.slice(1)}`)
    : data;
};

function openLinks(world: SimulatedWorld): SimulatedLink[] {
  return [...world.network.links].filter((link) => link.clientIsOpen && link.serverIsOpen);
}
