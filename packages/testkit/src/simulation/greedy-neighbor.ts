import type { ExchangeDefinition, HttpClient, Instrument } from "@conn/core";
import type { ConformanceVenue } from "../venue/conformance-venue.js";
import type { SimulatedComputer } from "./simulated-computer.js";
import type { SimulatedWorld } from "./simulated-world.js";

/** How often it asks for more, in virtual ms. */
const PACE_MS = 3_000;
/** Most requests at a time. */
const MOST_AT_ONCE = 150;

/** What a neighbor works with. */
export interface GreedyNeighborOptions {
  readonly world: SimulatedWorld;
  readonly computer: SimulatedComputer;
  readonly venue: ConformanceVenue;
  readonly definition: Pick<ExchangeDefinition, "rateLimits" | "rest" | "instruments" | "orderBooks">;
  readonly instrument: Instrument;
}

/**
 * Another program behind the address of the bot: for a while it uses up nearly all that the venue allows the address.
 * It keeps within the limit itself, so that who exceeds it has not looked at the venue's count.
 */
export class GreedyNeighbor {
  readonly #options: GreedyNeighborOptions;
  readonly #url: string;
  /** Weight of one request. */
  readonly #weight: number;
  readonly #limit: number;
  #client: HttpClient | undefined;
  #until = 0;
  #leaves = 0;
  #isRunning = false;
  #unanswered = 0;
  /** Virtual ms at which it asked last. */
  #lastAt = Number.NEGATIVE_INFINITY;

  constructor(options: GreedyNeighborOptions) {
    this.#options = options;
    const { definition, venue, instrument } = options;
    const call = definition.orderBooks.snapshotRequest?.(instrument) ?? definition.instruments;
    const { path, query, cost } = call;
    this.#url = `${venue.urls.rest}${path}${query === undefined ? "" : `?${new URLSearchParams(query)}`}`;
    const [[pool, weight] = ["", 1]] = Object.entries(cost);
    this.#weight = weight;
    this.#limit = definition.rateLimits.find(({ id }) => id === pool)?.limit ?? 0;
  }

  /** Whether it has asked within the last `ms`. */
  wasActive(ms: number): boolean {
    return this.#options.world.elapsedMs - this.#lastAt <= ms;
  }

  /** Uses up all but `leaves` of each window's weight, for so long. */
  begin(forMs: number, leaves: number): void {
    this.#until = this.#options.world.elapsedMs + forMs;
    this.#leaves = leaves;
    if (this.#isRunning) return;
    this.#isRunning = true;
    void this.#run();
  }

  end(): void {
    this.#until = 0;
  }

  async #run(): Promise<void> {
    const { world, computer } = this.#options;
    this.#client ??= await world.portsOf(computer).http.open({ maxBodyBytes: 1 << 26 });
    this.#ask(this.#client);
  }

  #ask(client: HttpClient): void {
    const { world, venue } = this.#options;
    if (world.elapsedMs >= this.#until) {
      this.#isRunning = false;
      return;
    }
    const left = this.#limit - this.#leaves - venue.log.weightUsed(world.network.host);
    // What is not answered may not be counted yet.
    const count = this.#unanswered > 0 ? 0 : Math.min(MOST_AT_ONCE, Math.floor(left / this.#weight));
    for (let index = 0; index < count; index += 1) {
      this.#lastAt = world.elapsedMs;
      this.#unanswered += 1;
      const noteEnd = (): void => {
        this.#unanswered -= 1;
      };
      // What becomes of its requests is its own business.
      client.request({ method: "GET", url: this.#url }).then(noteEnd, noteEnd);
    }
    world.after(PACE_MS, () => this.#ask(client));
  }
}
