import { below, type FaultKind, pick, spread } from "./fault-kind.js";

/** The part of a sleep in which the market moves, so that books are old at its end. */
const LAST_OF_SLEEP_MS = 30_000;

/** What befalls the clocks of computers, and those who sleep. */
export const CLOCK_FAULTS: readonly FaultKind[] = [
  {
    name: "sleep",
    weight: 2,
    happen({ venue, bot, listings }, random) {
      const ms = spread(random, 1_000, 3_600_000);
      bot.sleep(ms);
      if (ms > 2 * LAST_OF_SLEEP_MS) {
        // What the market does in most of a long sleep makes no difference, and takes time to compute.
        for (const symbol of listings.symbols) {
          if (listings.isDelisted(symbol)) continue;
          venue.freeze(symbol);
          listings.later(ms - LAST_OF_SLEEP_MS, symbol, (name) => venue.unfreeze(name));
        }
      }
      return `${ms} ms`;
    },
  },
  {
    name: "clockJump",
    weight: 2,
    happen({ bot, venueComputer }, random) {
      const ms = Math.round((random.next() - 0.5) * 2 * spread(random, 100, 7_200_000));
      const computer = random.next() < 0.7 ? bot : venueComputer;
      computer.jump(ms);
      return `${computer.name} by ${ms} ms`;
    },
  },
  {
    name: "clockDrift",
    weight: 1,
    happen({ bot, venueComputer }, random) {
      const ppm = Math.round((random.next() - 0.5) * 2_000);
      const computer = random.next() < 0.5 ? bot : venueComputer;
      computer.drift(ppm);
      return `${computer.name} by ${ppm} ppm`;
    },
  },
  {
    name: "oscillatorDrift",
    weight: 1,
    happen({ bot, venueComputer }, random) {
      // Cheap crystals keep within 200 ppm; now and then one is far off.
      const most = random.next() < 0.8 ? 200 : 5_000;
      const ppm = below(random, 2 * most + 1) - most;
      const computer = pick([bot, venueComputer], random);
      computer.runAt(1 + ppm / 1e6);
      return `${computer.name} by ${ppm} ppm`;
    },
  },
];
