import type { ExchangeDefinition, ServerResponse } from "@conn/core";
import type { ConformanceVenue } from "../venue/conformance-venue.js";
import type { GreedyNeighbor } from "./greedy-neighbor.js";
import type { SimulatedComputer } from "./simulated-computer.js";
import type { RequestWatch, SimulatedNetwork } from "./simulated-network.js";

/** What an answer has told of the venue's count, and what was spent by requests that were sent later. */
interface Told {
  readonly window: number;
  readonly used: number;
  spent: number;
}

/** A neighbor's requests are felt for this long: a window of the venue, and what is under way. */
const NEIGHBORLY_MS = 130_000;

/**
 * Whose doing it is when the venue finds a limit exceeded. Another program may have used up what the venue allows the
 * address; then a refusal is ours only if the venue had told us how far its count was, and we went beyond.
 */
export class WeightLedger {
  /** Refusals for which somebody else can be blamed. */
  excused = 0;
  /** What was sent although the venue's count, as it was told, left no room for it. */
  knowingly: string | undefined;
  readonly #venue: ConformanceVenue;
  readonly #host: string;
  readonly #header: string | undefined;
  readonly #limit: number;
  readonly #windowMs: number;
  readonly #neighbor: GreedyNeighbor;
  #told: Told | undefined;

  constructor(
    network: SimulatedNetwork,
    bot: SimulatedComputer,
    venue: ConformanceVenue,
    { rest, rateLimits }: Pick<ExchangeDefinition, "rest" | "rateLimits">,
    neighbor: GreedyNeighbor,
  ) {
    this.#venue = venue;
    this.#host = network.host;
    this.#neighbor = neighbor;
    const [[header, poolId] = [undefined, undefined]] = Object.entries(rest.usageHeaders);
    const pool = rateLimits.find(({ id }) => id === poolId);
    this.#header = header;
    this.#limit = pool?.limit ?? 0;
    this.#windowMs = pool !== undefined && pool.kind !== "decaying" ? pool.intervalMs : 60_000;
    network.watchRequests = (computer) => (computer === bot ? this.#watch() : undefined);
  }

  #watch(): RequestWatch {
    const told = this.#told;
    let before = 0;
    let answeredIn = 0;
    return {
      onArrival: () => {
        before = this.#venue.log.weightUsed(this.#host);
      },
      onAnswered: (response) => {
        if (isRefusal(response) && this.#neighbor.wasActive(NEIGHBORLY_MS)) this.excused += 1;
      },
      onHandled: (response) => {
        const window = this.#window();
        answeredIn = window;
        const isKnown = told !== undefined && told.window === window;
        if (isKnown) told.spent += Math.max(0, this.#venue.log.weightUsed(this.#host) - before);
        if (response === undefined || !isRefusal(response)) return;
        // Refused by the count itself, not by an order of ours.
        if (isKnown && told.used + told.spent > this.#limit && told.spent > 0) {
          this.knowingly ??= `${told.spent} were spent after the venue had told that ${told.used} of ${this.#limit} were used`;
        }
      },
      onDelivered: ({ headers = {} }) => {
        const used = this.#header === undefined ? Number.NaN : Number(headers[this.#header] ?? Number.NaN);
        if (used > 0) this.#told = { window: answeredIn, used, spent: 0 };
      },
    };
  }

  #window(): number {
    return Math.floor(this.#venue.now() / this.#windowMs);
  }
}

function isRefusal({ status }: ServerResponse): boolean {
  return status === 429 || status === 418;
}
