import {
  type BookIntegrity,
  type ConnectorOptions,
  type ConnectorPlugin,
  createHost,
  type ExchangeDefinition,
  type Instrument,
  type Ports,
  type SequenceRecord,
} from "@conn/core";
import type { ClientFrameRecord, Fault } from "@conn/simulator";
import type { ConformanceSimulator, ConformanceVenue } from "../venue/conformance-venue.js";
import type { LoweredLimits } from "../venue/venue-limits.js";
import { createLoopbackWorld, type LoopbackWorld } from "../world/loopback-world.js";
import { ConformanceFailure, must, mustEqual } from "./failure.js";
import { NOTHING_OPEN, PATIENCE_MS, Probe } from "./probe.js";
import { readInstruments } from "./read-instruments.js";
import { bringsSnapshots, type LossTrace, lossTraceOf, rebuildsOf, updatesOf } from "./sequence-facts.js";
import { withSmallLimits } from "./small-limits.js";

/** What every case begins with. */
export interface StageSetup {
  readonly plugin: ConnectorPlugin;
  readonly simulator: ConformanceSimulator;
  /** Folder of the connector's package. */
  readonly packageFolder: URL;
  readonly seed: number;
  /** Options that every connector of the kit gets, such as those that the connector alone has. */
  readonly connectorOptions?: Readonly<Record<string, unknown>>;
  /** How long the cases of long times last, in virtual hours. */
  readonly hours: number;
  /** Smaller numbers for limits that the venue has. */
  readonly limits?: LoweredLimits;
  /** Folders of recorded sessions of the venue. */
  readonly recordings?: readonly URL[];
  /** Changes what the connectors of the kit reach the world by: for tests of the kit, which must notice it. */
  readonly changePorts?: (ports: Ports) => Ports;
}

/** Paths of the venue's REST calls as a server sees them. */
export interface VenuePaths {
  readonly instruments: string;
  readonly networkCheck: string;
  readonly snapshot: string;
}

/** A world with one venue in it, and the connectors that a case starts there. */
export class Stage {
  readonly world: LoopbackWorld;
  readonly plugin: ConnectorPlugin;
  readonly definition: ExchangeDefinition;
  readonly venue: ConformanceVenue;
  readonly paths: VenuePaths;
  readonly packageFolder: URL;
  readonly hours: number;
  readonly recordings: readonly URL[];
  readonly #setup: StageSetup;
  readonly #probes: Probe[] = [];
  readonly #venues: ConformanceVenue[] = [];
  readonly #cleanups: (() => Promise<void>)[] = [];
  readonly #instruments: ReadonlyMap<string, Instrument>;

  private constructor(
    setup: StageSetup,
    world: LoopbackWorld,
    venue: ConformanceVenue,
    definition: ExchangeDefinition,
    instruments: readonly Instrument[],
  ) {
    this.#setup = setup;
    this.world = world;
    this.plugin = setup.plugin;
    this.packageFolder = setup.packageFolder;
    this.hours = setup.hours;
    this.recordings = setup.recordings ?? [];
    this.venue = venue;
    this.definition = definition;
    this.#addVenue(venue);
    this.#instruments = new Map(instruments.map((instrument) => [instrument.exchangeSymbol, instrument]));
    const first = instruments[0];
    if (first === undefined) throw new ConformanceFailure("expected: a venue that lists instruments");
    const pathOf = (path: string): string => new URL(`${venue.urls.rest}${path}`).pathname;
    this.paths = {
      instruments: pathOf(definition.instruments.path),
      networkCheck: pathOf(definition.networkCheck.path),
      // Where snapshots come in the stream, no request has this path.
      snapshot: pathOf(definition.orderBooks.snapshotRequest?.(first).path ?? "/no-snapshots-by-rest"),
    };
  }

  /** Starts a world and a venue in it. */
  static async open(setup: StageSetup): Promise<Stage> {
    const world = createLoopbackWorld({ seed: setup.seed });
    const definition = defineVenue(setup);
    const venue = await startVenue(world, setup, "venue", setup.limits);
    const instruments = await readInstruments(world.portsOf("kit").http, venue, definition, (answer) =>
      world.complete(answer, { withinMs: PATIENCE_MS }),
    );
    return new Stage(setup, world, venue, definition, instruments);
  }

  /** Ends what the case left running, and expects that nothing is left then. */
  async close(): Promise<void> {
    this.venue.faults.clear();
    try {
      for (const probe of this.#probes) await probe.stop();
      for (const probe of this.#probes) this.expectNothingOpen(probe);
    } finally {
      for (const cleanup of this.#cleanups.splice(0)) {
        await this.world.complete(cleanup(), { withinMs: PATIENCE_MS });
      }
    }
    const failed = this.world.logLines.filter(({ level }) => level === "error");
    mustEqual(failed, [], "the errors logged");
    for (const probe of this.#probes) probe.expectNoLie();
  }

  /** The connectors of this stage so far. */
  get probes(): readonly Probe[] {
    return this.#probes;
  }

  /** The venue's symbols that trade, in its order. */
  get symbols(): readonly string[] {
    return this.venue
      .listings()
      .filter(({ trading }) => trading)
      .map(({ symbol }) => symbol);
  }

  /** Trading pairs of the first `count` symbols that trade. */
  pairs(count: 1): [string];
  pairs(count: 2): [string, string];
  pairs(count: 3): [string, string, string];
  pairs(count: number): string[];
  pairs(count: number): string[] {
    const pairs = this.symbols.slice(0, count).map((symbol) => this.instrumentOf(symbol).tradingPair);
    must(pairs.length === count, `a simulated venue that trades at least ${count} symbols`);
    return pairs;
  }

  /** The instrument that the connector makes of a symbol that was listed at the beginning. */
  instrumentOf(symbol: string): Instrument {
    const instrument = this.#instruments.get(symbol);
    if (instrument === undefined) throw new ConformanceFailure(`expected: an instrument for ${symbol}`);
    return instrument;
  }

  symbolOf(tradingPair: string): string {
    for (const instrument of this.#instruments.values()) {
      if (instrument.tradingPair === tradingPair) return instrument.exchangeSymbol;
    }
    throw new TypeError(`${tradingPair} is not listed`);
  }

  /** The venue's name of the stream that carries the book of a pair. */
  depthStreamOf(tradingPair: string): string {
    const topics = this.definition.orderBooks.topics(this.instrumentOf(this.symbolOf(tradingPair)));
    const depth = topics.find(({ carries }) => carries === "depth");
    if (depth === undefined)
      throw new ConformanceFailure(`expected: a stream for the book of ${tradingPair}`);
    return depth.topic;
  }

  /** By which rules the venue orders the changes of a book, as the connector declares them. */
  get record(): SequenceRecord {
    return this.definition.orderBooks.sequence;
  }

  /** Whether the stream of a book brings its snapshots by itself. */
  get snapshotsInStream(): boolean {
    return bringsSnapshots(this.record);
  }

  /** How often the stream has changed a book. */
  updatesOf(integrity: BookIntegrity): number {
    return updatesOf(this.record, integrity);
  }

  /** How often a book was built anew. */
  rebuildsOf(integrity: BookIntegrity): number {
    return rebuildsOf(this.record, integrity);
  }

  /** How a lost diff shows; the venue alone can say that it does not. */
  get lossTrace(): LossTrace {
    const trace = lossTraceOf(this.record);
    return trace === "unseen" && this.venue.lossIsUnseen !== true ? "gap" : trace;
  }

  /** What faults match that are to meet snapshots, of one pair or of all. */
  snapshotFilter(tradingPair?: string): { readonly kind: string; readonly symbol?: string } {
    const kind = this.record.snapshot === "rest" ? this.paths.snapshot : this.venue.snapshotFrameKind;
    must(kind !== undefined, "a simulated venue that names the frames of its snapshots");
    return tradingPair === undefined ? { kind } : { kind, symbol: this.symbolOf(tradingPair) };
  }

  /** Keeps snapshots from arriving until the fault is canceled: requests hang, frames are lost. */
  withholdSnapshots(tradingPair?: string): Fault {
    const { faults } = this.venue;
    const filter = this.snapshotFilter(tradingPair);
    return this.record.snapshot === "rest"
      ? faults.hang(filter, Number.POSITIVE_INFINITY)
      : faults.lose(filter, Number.POSITIVE_INFINITY);
  }

  /** Lets the next snapshot of a pair come later. */
  delaySnapshot(tradingPair: string, delayMs: number): Fault {
    const { faults } = this.venue;
    const filter = this.snapshotFilter(tradingPair);
    return this.record.snapshot === "rest"
      ? faults.delayAnswer(filter, delayMs)
      : faults.delay(filter, delayMs);
  }

  /** Replaces the next snapshots of a pair. */
  replaceSnapshot(tradingPair: string, data: string, count = 1): Fault {
    const { faults } = this.venue;
    const filter = this.snapshotFilter(tradingPair);
    return this.record.snapshot === "rest"
      ? faults.corruptAnswer(filter, data, count)
      : faults.corrupt(filter, data, count);
  }

  /** The latest frames by which clients asked for the book of a pair, or no longer wanted it, oldest first. */
  depthRequestsOf(tradingPair: string): readonly ClientFrameRecord[] {
    const stream = this.depthStreamOf(tradingPair);
    return this.venue.log.clientFrames.filter(({ streams }) => streams.includes(stream));
  }

  /** Times at which a snapshot of a pair was asked for: by REST, which concerns any pair, or on a connection. */
  snapshotTimes(tradingPair: string): readonly number[] {
    if (this.record.snapshot !== "rest") {
      const wanted = this.snapshotsInStream ? "subscribe" : this.venue.snapshotRequestKind;
      must(wanted !== undefined, "a simulated venue that names the frames that ask for snapshots");
      return this.depthRequestsOf(tradingPair).flatMap(({ kind, at }) => (kind === wanted ? [at] : []));
    }
    return this.venue.log.requests.flatMap(({ path, at }) =>
      path.startsWith(this.paths.snapshot) ? [at] : [],
    );
  }

  /**
   * Makes a connector to the venue, not yet started. Options replace those that lead it there; `reach` changes what it
   * reaches the world by. One owner is one machine: what is written down there, the next connector finds.
   */
  connect(
    options: ConnectorOptions = {},
    {
      owner = "connector",
      venue = this.venue,
      plugin = this.plugin,
      reach = (ports: Ports): Ports => ports,
    } = {},
  ): Probe {
    const { changePorts = (ports) => ports } = this.#setup;
    const connector = createHost(reach(changePorts(this.world.portsOf(owner)))).create(plugin, {
      environment: "sim",
      urls: venue.urls,
      ...this.#setup.connectorOptions,
      ...options,
    });
    const probe = new Probe({ connector, world: this.world, owner, venue });
    this.#probes.push(probe);
    return probe;
  }

  /** Looks no longer after a connector that has ended: another one takes its place on its machine. */
  retire(probe: Probe): void {
    const index = this.#probes.indexOf(probe);
    if (index >= 0) this.#probes.splice(index, 1);
  }

  /** Connectors in one host, not yet started. */
  connectTogether(count: number, options: ConnectorOptions = {}): Probe[] {
    const owner = "connectors of one host";
    const host = createHost(this.world.portsOf(owner));
    return Array.from({ length: count }, () => {
      const connector = host.create(this.plugin, {
        environment: "sim",
        urls: this.venue.urls,
        ...this.#setup.connectorOptions,
        ...options,
      });
      const probe = new Probe({ connector, world: this.world, owner, venue: this.venue, isOneOfMany: true });
      this.#probes.push(probe);
      return probe;
    });
  }

  /** A connector that is started and whose books are live. */
  async follow(tradingPairs: readonly string[], options: ConnectorOptions = {}): Promise<Probe> {
    const probe = this.connect({ tradingPairs, ...options });
    await probe.start();
    await probe.untilLive(tradingPairs);
    return probe;
  }

  /** Another venue of the same kind, with other prices. */
  async anotherVenue(limits?: LoweredLimits, clockSkewMs?: number): Promise<ConformanceVenue> {
    const setup = { ...this.#setup, seed: this.#setup.seed + 1 };
    const owner = `venue ${this.#venues.length + 1}`;
    const venue = await startVenue(this.world, setup, owner, limits, clockSkewMs);
    this.#addVenue(venue);
    return venue;
  }

  /** Another venue with smaller limits, and how to make a connector that counts on these. */
  async smallVenue(limits: LoweredLimits): Promise<{
    readonly venue: ConformanceVenue;
    connect(options: ConnectorOptions): Probe;
  }> {
    const venue = await this.anotherVenue(limits);
    const { topicsPerConnection, clientFrames } = venue.limits;
    for (const [own, wanted] of [
      [topicsPerConnection, limits.topicsPerConnection],
      [clientFrames?.limit, limits.clientFrames],
    ]) {
      must(
        own === undefined || wanted === undefined || own === wanted,
        "a simulated venue that takes `limits`",
      );
    }
    const plugin = withSmallLimits(this.plugin, limits, clientFrames?.intervalMs ?? 1_000);
    return { venue, connect: (options) => this.connect(options, { venue, plugin }) };
  }

  /** Has something ended when the case and its connectors have. */
  atEnd(cleanup: () => Promise<void>): void {
    this.#cleanups.push(cleanup);
  }

  #addVenue(venue: ConformanceVenue): void {
    this.#venues.push(venue);
    this.atEnd(() => venue.close());
  }

  /** Lets hours or outages pass without the work of a market that moves: it is not what they are about. */
  async whileMarketsStand(wait: () => Promise<void>, venue: ConformanceVenue = this.venue): Promise<void> {
    // Halted symbols stand still anyway.
    const symbols = venue.listings().flatMap(({ symbol, trading }) => (trading ? [symbol] : []));
    for (const symbol of symbols) venue.freeze(symbol);
    await wait();
    for (const symbol of symbols) venue.unfreeze(symbol);
  }

  /** Number of the venue's connection that carries the book of a pair at present. */
  depthConnectionOf(tradingPair: string, among: readonly number[] = this.#liveConnections()): number {
    const stream = this.depthStreamOf(tradingPair);
    const frame = this.venue.log.clientFrames.findLast(
      ({ connectionId, streams }) => among.includes(connectionId) && streams.includes(stream),
    );
    if (frame === undefined)
      throw new ConformanceFailure(`expected: a connection that subscribes to ${stream}`);
    return frame.connectionId;
  }

  #liveConnections(): readonly number[] {
    return this.venue.log.connections.map(({ connectionId }) => connectionId);
  }

  /** Whether a path is that of a call that anybody may make. */
  isPublic(path: string): boolean {
    const { clock } = this.definition;
    const time = clock?.mode === "serverTime" ? clock.call.path : undefined;
    return (
      [this.paths.instruments, this.paths.networkCheck, this.paths.snapshot].includes(path) || path === time
    );
  }

  /** How many requests the venue has had at a path. */
  requestsAt(path: string): number {
    return this.venue.log.requestsByPath.get(path) ?? 0;
  }

  /** Expects that a connector has nothing open and nothing pending. */
  expectNothingOpen({ owner }: Probe): void {
    const handles = this.world.handles(owner);
    const timers = this.world
      .pendingTimers(owner)
      .map(({ dueInMs, setBy }) => `in ${dueInMs} ms, set ${setBy}`);
    mustEqual({ ...handles, timers }, { ...NOTHING_OPEN, timers: [] }, "what is open after stop()");
  }
}

/** What a connector says of its venue. @throws {TypeError} if it does not take the options of the setup. */
export function defineVenue({
  plugin,
  connectorOptions = {},
}: Pick<StageSetup, "plugin" | "connectorOptions">): ExchangeDefinition {
  const { optionsSchema } = plugin;
  if (optionsSchema === undefined) return plugin.create({});
  const checked = optionsSchema["~standard"].validate(connectorOptions);
  if (checked instanceof Promise || checked.issues !== undefined) {
    throw new TypeError("the connector does not take these connectorOptions");
  }
  return plugin.create(checked.value);
}

function startVenue(
  world: LoopbackWorld,
  { simulator, seed }: StageSetup,
  owner: string,
  limits?: LoweredLimits,
  clockSkewMs?: number,
): Promise<ConformanceVenue> {
  const options = {
    ports: world.portsOf(owner),
    seed,
    ...(limits && { limits }),
    ...(clockSkewMs !== undefined && { clockSkewMs }),
  };
  return world.complete(simulator.start(options), { withinMs: PATIENCE_MS });
}
