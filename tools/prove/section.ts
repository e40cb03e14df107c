/** What a section is given. */
export interface ProveContext {
  /** Absolute path of the repository. */
  readonly root: string;
  readonly options: ProveOptions;
  /** Says how it goes, on standard error. */
  readonly say: (line: string) => void;
  /** Ends the section early. */
  readonly signal: AbortSignal;
}

/** How much is run. */
export interface ProveOptions {
  /** Seeds of each connector. */
  readonly seeds: number;
  /** Things that happen in each seed. */
  readonly events: number;
  /** Seeds in which each deliberate bug must be found. */
  readonly mutationSeeds: number;
  /** Most minutes for each section but the soak; undefined: no bound. */
  readonly minutes: number | undefined;
  readonly soakMinutes: number;
  readonly soakSeed: number;
  /** How often trading programs are killed. */
  readonly kills: number;
  /** How many orders are placed. */
  readonly orders: number;
  /** Decides commands, faults and moments of both. */
  readonly orderSeed: number;
}

/** What a section came to. */
export interface SectionResult {
  /** What is wrong; nothing if the section passed. */
  readonly problems: readonly string[];
  /** Why less was run than was asked for; undefined if nothing is missing. */
  readonly cutShort: string | undefined;
  /** What was measured, ready to be read. */
  readonly figures: Readonly<Record<string, string | number>>;
}

/** A part of the proof. */
export interface Section {
  readonly name: string;
  readonly title: string;
  run(context: ProveContext): Promise<SectionResult>;
}
