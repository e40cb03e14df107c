import type { Random } from "@conn/core";
import type { ConformanceVenue } from "../venue/conformance-venue.js";
import type { GreedyNeighbor } from "./greedy-neighbor.js";
import type { SimulatedComputer } from "./simulated-computer.js";
import type { SimulatedListings } from "./simulated-listings.js";
import type { SimulatedWorld } from "./simulated-world.js";

/** What a fault can lay hands on. */
export interface FaultTargets {
  readonly world: SimulatedWorld;
  readonly venue: ConformanceVenue;
  readonly bot: SimulatedComputer;
  readonly venueComputer: SimulatedComputer;
  /** Symbols that the bot may follow, as the venue calls them now. */
  readonly symbols: readonly string[];
  readonly listings: SimulatedListings;
  readonly neighbor: GreedyNeighbor;
  /** Notes that the venue will refuse so many requests because we ordered it. */
  readonly expectRefusals: (fault: { readonly hits: number }) => void;
}

/** A kind of fault that a simulation draws from. */
export interface FaultKind {
  readonly name: string;
  /** How often it is drawn, beside the others. */
  readonly weight: number;
  /** Lets it happen; returns its particulars for the timeline. */
  readonly happen: (targets: FaultTargets, random: Random) => string;
}

/** A whole number from 0 (included) to `limit` (excluded). */
export function below(random: Random, limit: number): number {
  return Math.floor(random.next() * limit);
}

export function pick<T>(list: readonly T[], random: Random): T {
  // as: the callers' lists are not empty.
  return list[below(random, list.length)] as T;
}

/** A whole number between two, small ones as likely as large ones. */
export function spread(random: Random, from: number, to: number): number {
  return Math.round(from * (to / from) ** random.next());
}
