import { type Account, createAccount, createStandIn } from "../auth/account.js";
import type { Auth, Credentials } from "../auth/index.js";
import { NonceSource } from "../auth/nonce-source.js";
import { checkCommonOptions, checkSecureUrls, ownOptions } from "../connector/connector-options.js";
import { DIALS_POOL, ExchangeConnector } from "../connector/exchange-connector.js";
import type {
  Capabilities,
  Connector,
  ConnectorOptions,
  ExchangeDefinition,
  VenueUrls,
} from "../connector/index.js";
import { ConfigurationError, PluginError } from "../errors/index.js";
import { connectorMetrics } from "../metrics/connector-metrics.js";
import { type MetricsSnapshot, readMetrics } from "../metrics/metric.js";
import {
  assertPlugin,
  type ConnectorPlugin,
  createDefinition,
  type SimulatedVenue,
} from "../plugin/index.js";
import { createDefaultPorts, createMemoryJournals } from "../ports/adapters/default-ports.js";
import { nextTurn } from "../ports/adapters/next-turn.js";
import type { HttpClient, Ports } from "../ports/index.js";
import { RateLimits } from "../rate-limit/index.js";
import { type Codec, NOTHING } from "../session/codec.js";
import { SessionRecorder, type SessionSink } from "../session/session-recorder.js";
import type { Tape } from "../session/tape.js";
import { createTapePorts } from "../session/tape-ports.js";
import { checkDefinition } from "./check-definition.js";
import { CORE_VERSION } from "./version.js";

/** Longest answer a venue may give to a REST call: instrument lists are the longest, some megabytes. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;

/** What the connectors of one program share: ports, rate limits, HTTP connections. */
export interface Host {
  readonly ports: Ports;
  /**
   * Creates a connector. Nothing is opened before its `start`.
   *
   * @throws {PluginError} if the plugin is none, or made for another core.
   * @throws {ConfigurationError} if the options cannot be used.
   */
  create<Name extends string, Options, Supports extends Capabilities>(
    plugin: ConnectorPlugin<Name, Options, Supports>,
    options?: ConnectorOptions & Partial<Options>,
  ): Connector<Supports>;
  /**
   * The metrics of all connectors of this host that are started, each with the attributes `connector`, `environment` and
   * `instance`: 1, or another number while several of one name run.
   */
  metrics(): MetricsSnapshot;
}

/** Options of a host. */
export interface HostOptions {
  /**
   * Takes the whole session as lines of JSON, without its secrets: all that came in (calls, frames, answers, timers)
   * and all events. `replaySession` comes to the same events again.
   */
  readonly recordTo?: SessionSink;
}

/**
 * Creates a host. Connectors that share a host share the limits that a venue counts by IP address;
 * so one host a program is right, and two hosts know nothing of each other.
 *
 * @example
 * ```ts
 * import { createHost } from "@conn/core";
 *
 * const host = createHost({ logger: console });
 * ```
 *
 * @param ports What to use instead of the default ports: `journals: createSqliteJournals({ directory })`, for
 *   instance, to keep journals in another folder.
 */
export function createHost(ports: Partial<Ports> = {}, { recordTo }: HostOptions = {}): Host {
  const world = createDefaultPorts(ports);
  return new DefaultHost(world, recordTo && new SessionRecorder(world, recordTo, CORE_VERSION, nextTurn));
}

/** @internal The host of sessions as they happen, and of those that are recorded or replayed. */
export class DefaultHost implements Host {
  readonly ports: Ports;
  /** What connectors see of the world. */
  readonly #ports: Ports;
  readonly #tape: Tape | undefined;
  readonly #limits = new Map<string, RateLimits>();
  /** By venue and key. */
  readonly #nonces = new Map<string, NonceSource>();
  readonly #http = new Map<string, { users: number; readonly client: Promise<HttpClient> }>();

  /** Connectors between start and stop, by their numbers. */
  readonly #running = new Map<ExchangeConnector, number>();

  constructor(ports: Ports, tape?: Tape) {
    this.ports = ports;
    this.#tape = tape;
    this.#ports = tape === undefined ? ports : createTapePorts(tape, ports);
  }

  create<Name extends string, Options, Supports extends Capabilities>(
    plugin: ConnectorPlugin<Name, Options, Supports>,
    options: ConnectorOptions & Partial<Options> = {},
  ): Connector<Supports> {
    assertPlugin(plugin, CORE_VERSION);
    const make = (): Connector<Supports> => this.#create(plugin, options);
    if (this.#tape === undefined) return make();
    return this.#tape.create(plugin.name, this.#withoutKey(plugin, options), make);
  }

  #create<Name extends string, Options, Supports extends Capabilities>(
    plugin: ConnectorPlugin<Name, Options, Supports>,
    options: ConnectorOptions & Partial<Options>,
  ): Connector<Supports> {
    const definition = createDefinition(plugin, ownOptions(options));
    const { name, kind, supports } = plugin;
    checkDefinition(name, definition);
    checkCommonOptions(options, Object.keys(definition.urls.live), supports, definition.optionalUrls);
    const { environment = "live" } = options;
    const { auth } = definition;
    // What is kept of the options is without their secrets.
    const { credentials, ...openOptions }: ConnectorOptions = options;
    const given = credentials === undefined ? undefined : this.#accountOf(credentials, auth);
    const locate = this.#locator(plugin, definition, openOptions, given !== undefined);
    this.#declareSecrets(auth, given);
    const connector = new ExchangeConnector(
      { name, kind, environment, supports, account: given?.id },
      definition,
      {
        ports: this.#ports,
        openHttp: (proxy) => this.#openHttp(proxy),
        openVenue: async (listeners) => {
          const venue = await locate();
          const issued = auth && venue.credentials && this.#accountOf(venue.credentials, auth);
          if (issued !== undefined) this.#declareSecrets(auth, issued);
          const account = issued ?? given;
          const place = `${name} ${venue.urls.rest}`;
          const key = account?.signer.keyId;
          const limiter = this.#limitsOf(place, definition).open({
            ...listeners,
            ...(key !== undefined && { key }),
            ...(account !== undefined && { account: account.id }),
          });
          this.#running.set(connector, this.#freeInstance(name));
          const close = (): Promise<void> => {
            this.#running.delete(connector);
            limiter.close();
            return venue.close();
          };
          const nonces = this.#noncesOf(`${place} ${key}`);
          // A venue that ends with the session takes its orders with it.
          const journals = issued === undefined ? this.ports.journals : createMemoryJournals();
          return { urls: venue.urls, limiter, account, nonces, journals, close };
        },
      },
      openOptions,
    );
    // as: what it supports is what this plugin says, and the type only takes calls away.
    return connector as Connector as Connector<Supports>;
  }

  metrics(): MetricsSnapshot {
    const sources = [...this.#running].map(([connector, instance]) => {
      const { name, environment } = connector;
      return { source: connector.metricsSource(), attributes: { connector: name, environment, instance } };
    });
    return readMetrics(connectorMetrics, sources, this.ports.clock.now());
  }

  /** The lowest number that no running connector of a name has. */
  #freeInstance(name: string): number {
    const taken = new Set<number>();
    for (const [connector, instance] of this.#running) if (connector.name === name) taken.add(instance);
    let instance = 1;
    while (taken.has(instance)) instance += 1;
    return instance;
  }

  /** How to find the venue when the connector starts: fixed URLs, or those of a simulated venue started for it. */
  #locator(
    plugin: Pick<ConnectorPlugin, "name" | "simulator">,
    definition: ExchangeDefinition,
    options: ConnectorOptions,
    hasCredentials: boolean,
  ): () => Promise<SimulatedVenue> {
    const { environment = "live", urls = {}, seed } = options;
    const fixed = (known: VenueUrls): (() => Promise<SimulatedVenue>) => {
      const venue = { urls: { ...known, ...urls }, close: () => Promise.resolve() };
      if (hasCredentials) checkSecureUrls(venue.urls);
      return () => Promise.resolve(venue);
    };
    if (environment !== "sim") {
      const known = definition.urls[environment];
      if (known !== undefined) return fixed(known);
      throw new ConfigurationError("UNKNOWN_ENVIRONMENT", `${plugin.name} has no environment ${environment}`);
    }
    const names = Object.keys(definition.urls.live);
    if (names.every((name) => name in urls)) return fixed({});
    const { simulator } = plugin;
    if (simulator === undefined) {
      throw new ConfigurationError(
        "UNKNOWN_ENVIRONMENT",
        `${plugin.name} has no simulator: give all of urls`,
        {
          details: { urls: names },
        },
      );
    }
    const start = async (): Promise<SimulatedVenue> => {
      const { startSimulator } = await simulator().catch((cause: unknown) => {
        throw new PluginError(
          "PLUGIN_IMPORT_FAILED",
          `the simulator of ${plugin.name} cannot be loaded: it needs @conn/simulator installed beside it`,
          { cause, venue: plugin.name },
        );
      });
      const venue = await startSimulator({ ports: this.ports, ...(seed !== undefined && { seed }) });
      const { credentials } = venue;
      return {
        urls: { ...venue.urls, ...urls },
        ...(credentials !== undefined && { credentials }),
        close: () => venue.close(),
      };
    };
    const tape = this.#tape;
    if (tape === undefined) return start;
    const { auth } = definition;
    const codec: Codec<Pick<SimulatedVenue, "urls" | "credentials">> = {
      write: ({ urls: where, credentials }) => ({
        urls: where,
        ...(credentials && { credentials: { account: this.#accountOf(credentials, auth)?.id } }),
      }),
      // as: `write` gave it; of credentials a replay needs the account alone.
      read: (json) => json as Pick<SimulatedVenue, "urls" | "credentials">,
    };
    return async () => {
      // A simulated venue is part of the world: of its life only where it is and that it ended is recorded.
      let venue: SimulatedVenue | undefined;
      const found = await tape.ask(async () => {
        venue = await start();
        return venue;
      }, codec);
      return { ...found, close: () => tape.ask(async () => venue?.close(), NOTHING) };
    };
  }

  /** In a replay there is no key, and none is needed: the record names the account. */
  #accountOf(credentials: Credentials, auth: Auth | undefined): Account | undefined {
    const isReplay = this.#tape !== undefined && this.#tape.world === undefined;
    return isReplay ? createStandIn(credentials.account ?? "", auth) : createAccount(credentials, auth);
  }

  /** The options as they are recorded. */
  #withoutKey<Options>(
    plugin: Pick<ConnectorPlugin<string, Options>, "name" | "optionsSchema" | "create">,
    options: ConnectorOptions,
  ): object {
    const { credentials, ...others } = options;
    if (credentials === undefined) return options;
    const { auth } = createDefinition(plugin, ownOptions(options));
    return { ...others, credentials: { account: this.#accountOf(credentials, auth)?.id } };
  }

  #noncesOf(key: string): NonceSource {
    const known = this.#nonces.get(key);
    if (known !== undefined) return known;
    const nonces = new NonceSource();
    this.#nonces.set(key, nonces);
    return nonces;
  }

  #declareSecrets(auth: Auth | undefined, account: Account | undefined): void {
    if (auth !== undefined) this.#ports.declareSecrets?.(auth.secrets, account?.secrets ?? []);
  }

  #limitsOf(key: string, { rateLimits, dials }: ExchangeDefinition): RateLimits {
    const known = this.#limits.get(key);
    if (known !== undefined) return known;
    const limits = new RateLimits(this.#ports, [...rateLimits, { id: DIALS_POOL, reserve: 0, ...dials }]);
    this.#limits.set(key, limits);
    return limits;
  }

  /** One client for each proxy, closed when its last user closes it. */
  async #openHttp(proxy: string | undefined): Promise<HttpClient> {
    const key = proxy ?? "";
    let shared = this.#http.get(key);
    if (shared === undefined) {
      const client = this.#ports.http.open({
        maxBodyBytes: MAX_BODY_BYTES,
        ...(proxy !== undefined && { proxy }),
      });
      shared = { users: 0, client };
      this.#http.set(key, shared);
    }
    const entry = shared;
    entry.users += 1;
    const leave = (): boolean => {
      entry.users -= 1;
      if (entry.users > 0) return false;
      if (this.#http.get(key) === entry) this.#http.delete(key);
      return true;
    };
    let client: HttpClient;
    try {
      client = await entry.client;
    } catch (error) {
      leave();
      throw error;
    }
    return {
      request: (request) => client.request(request),
      close: () => (leave() ? client.close() : Promise.resolve()),
    };
  }
}
