/** What happened on the wire, as the client saw it. `at` is virtual wall time in ms since 1970-01-01 UTC. */
export type TrafficEvent = { readonly at: number; readonly owner: string; readonly url: string } & (
  | {
      readonly type: "frame";
      /** Number of the WebSocket in its world. */
      readonly linkId: number;
      readonly sender: "client" | "server";
      readonly kind: "text" | "binary" | "ping" | "pong";
      /** Only valid during the call. */
      readonly data: Uint8Array;
    }
  | {
      readonly type: "opened" | "closed";
      readonly linkId: number;
      readonly code?: number;
      /** Why it ended or could not be opened, where that is an error. */
      readonly error?: string;
    }
  | { readonly type: "request"; readonly exchangeId: number; readonly method: string }
  | {
      readonly type: "answer";
      readonly exchangeId: number;
      /** Status, or absent if there was no answer. */
      readonly status?: number;
      readonly body?: Uint8Array;
    }
);

/** One WebSocket of a world, seen from both ends. */
export interface Link {
  readonly id: number;
  readonly owner: string;
  readonly url: string;
  /** `foreign`: it did not dial through the ports of this world. */
  client: "dialing" | "open" | "ended" | "foreign";
  /** `none`: no server of this world has accepted it. */
  server: "none" | "open" | "ended";
  serverOwner: string | undefined;
  /** Whether either side has begun to end it. */
  ending: boolean;
  /** Frames written and not yet delivered. */
  toClient: number;
  toServer: number;
}

/** One HTTP request of a world. */
export interface Exchange {
  readonly id: number;
  readonly owner: string;
  readonly what: string;
  state: "sent" | "waiting" | "answered";
}

/**
 * Keeps account of all that is between two ends of a world: as long as anything is, what happens next
 * depends on the network and not on the clock.
 */
export class Traffic {
  readonly #now: () => number;
  readonly #links = new Map<number, Link>();
  readonly #exchanges = new Map<number, Exchange>();
  readonly #works = new Map<number, string>();
  readonly #listeners = new Set<(event: TrafficEvent) => void>();
  /** Kept open by owner: HTTP clients and listening servers. */
  readonly #open: Readonly<Record<"httpClients" | "servers", string[]>> = { httpClients: [], servers: [] };
  #lastId = 0;
  #activity = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Grows with everything that happens at a port. */
  get activity(): number {
    return this.#activity;
  }

  get links(): ReadonlyMap<number, Link> {
    return this.#links;
  }

  get exchanges(): ReadonlyMap<number, Exchange> {
    return this.#exchanges;
  }

  opened(kind: "httpClients" | "servers", owner: string): void {
    this.#activity += 1;
    this.#open[kind].push(owner);
  }

  closed(kind: "httpClients" | "servers", owner: string): void {
    this.#activity += 1;
    const owners = this.#open[kind];
    const index = owners.indexOf(owner);
    if (index >= 0) owners.splice(index, 1);
  }

  countOpen(kind: "httpClients" | "servers", owner: string | undefined): number {
    return this.#open[kind].filter((one) => owner === undefined || one === owner).length;
  }

  /** Notes that something happened at a port. */
  touch(): void {
    this.#activity += 1;
  }

  /** Counts a promise of a port as under way. */
  async during<T>(what: string, promise: Promise<T>): Promise<T> {
    const id = this.#nextId();
    this.#works.set(id, what);
    try {
      return await promise;
    } finally {
      this.#works.delete(id);
      this.#activity += 1;
    }
  }

  /** A client dials. */
  dial(owner: string, url: string): Link {
    return this.#addLink(this.#nextId(), owner, url, "dialing");
  }

  /**
   * A server accepts a client.
   *
   * @param id The link's, if the client dialed through this world; it may have given up already.
   */
  accept(id: number | undefined, serverOwner: string, url: string): Link {
    const known = id === undefined ? undefined : this.#links.get(id);
    const link =
      known ?? this.#addLink(id ?? this.#nextId(), serverOwner, url, id === undefined ? "foreign" : "ended");
    link.server = "open";
    link.serverOwner = serverOwner;
    this.#activity += 1;
    return link;
  }

  /** Forgets a link of which no end is left. */
  settleLink(link: Link): void {
    this.#activity += 1;
    const clientIsGone = link.client === "ended" || link.client === "foreign";
    if (clientIsGone && link.server !== "open") this.#links.delete(link.id);
  }

  addExchange(owner: string, what: string): Exchange {
    const exchange: Exchange = { id: this.#nextId(), owner, what, state: "sent" };
    this.#exchanges.set(exchange.id, exchange);
    return exchange;
  }

  endExchange(exchange: Exchange): void {
    this.#activity += 1;
    this.#exchanges.delete(exchange.id);
  }

  /** What is under way at this moment, for people; empty if nothing is. */
  underWay(): string[] {
    return [
      ...this.#works.values(),
      ...[...this.#exchanges.values()]
        .filter(isMovingExchange)
        .map(({ what, state }) => `${what} (${state})`),
      ...[...this.#links.values()].filter(isMovingLink).map(describeLink),
    ];
  }

  isQuiet(): boolean {
    if (this.#works.size > 0) return false;
    for (const exchange of this.#exchanges.values()) if (isMovingExchange(exchange)) return false;
    for (const link of this.#links.values()) if (isMovingLink(link)) return false;
    return true;
  }

  /** Calls `listener` for everything that happens on the wire; the returned function ends that. */
  listen(listener: (event: TrafficEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(event: DistributiveOmit<TrafficEvent, "at">): void {
    const whole: TrafficEvent = { at: this.#now(), ...event };
    for (const listener of this.#listeners) listener(whole);
  }

  #addLink(id: number, owner: string, url: string, client: Link["client"]): Link {
    const link: Link = {
      id,
      owner,
      url,
      client,
      server: "none",
      serverOwner: undefined,
      ending: false,
      toClient: 0,
      toServer: 0,
    };
    this.#links.set(id, link);
    return link;
  }

  #nextId(): number {
    this.#activity += 1;
    this.#lastId += 1;
    return this.#lastId;
  }
}

type DistributiveOmit<T, Key extends PropertyKey> = T extends unknown ? Omit<T, Key> : never;

/** A request that waits at the server waits for something else: a timer, or for ever. */
function isMovingExchange({ state }: Exchange): boolean {
  return state !== "waiting";
}

function isMovingLink({ client, server, ending, toClient, toServer }: Link): boolean {
  if (client === "dialing") return true;
  // The other end is not in this world: nothing is known of it.
  if (server === "none" || client === "foreign") return false;
  return ending || client === "ended" || server === "ended" || toClient > 0 || toServer > 0;
}

function describeLink({ id, url, client, server, ending, toClient, toServer }: Link): string {
  const frames = `${toClient} frames to the client, ${toServer} to the server`;
  return `WebSocket ${id} ${url} (client ${client}, server ${server}${ending ? ", ending" : ""}, ${frames})`;
}
