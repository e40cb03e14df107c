import { below, type FaultKind, spread } from "./fault-kind.js";

/** What a venue does to those who want too much, and what somebody else on the address wants. */
export const LIMIT_FAULTS: readonly FaultKind[] = [
  {
    name: "rateLimited",
    weight: 2,
    happen({ venue, expectRefusals }, random) {
      const retryAfterMs = 1_000 * (1 + below(random, 20));
      expectRefusals(venue.faults.rateLimit({ retryAfterMs }));
      return `429 for ${retryAfterMs} ms`;
    },
  },
  {
    name: "banned",
    weight: 1,
    happen({ venue, expectRefusals }, random) {
      const retryAfterMs = 1_000 * (10 + below(random, 50));
      expectRefusals(venue.faults.rateLimit({ retryAfterMs, banned: true }));
      return `418 for ${retryAfterMs} ms`;
    },
  },
  {
    name: "greedyNeighbor",
    weight: 1,
    happen({ neighbor }, random) {
      const forMs = spread(random, 1_000, 240_000);
      const leaves = below(random, 120);
      neighbor.begin(forMs, leaves);
      return `for ${forMs} ms, leaving ${leaves}`;
    },
  },
  {
    name: "fewConnections",
    weight: 1,
    happen({ world, venue }, random) {
      const most = below(random, 3);
      const forMs = spread(random, 1_000, 120_000);
      world.network.limitLinks(most);
      venue.faults.drop();
      world.after(forMs, () => world.network.limitLinks(Number.POSITIVE_INFINITY));
      return `${most} for ${forMs} ms`;
    },
  },
];
