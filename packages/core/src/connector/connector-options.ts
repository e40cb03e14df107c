import type { OrderGuards } from "../account/index.js";
import type { Credentials } from "../auth/index.js";
import { ConfigurationError } from "../errors/index.js";
import type { Environment, MarketDataChannel } from "../model/index.js";
import type { SocketPolicy } from "../transport/index.js";
import type { Capabilities } from "./capabilities.js";
import type { VenueUrls } from "./exchange-definition.js";

/** Options that every connector has. */
export interface ConnectorOptions {
  /** Must be given where `credentials` are. @default "live" */
  readonly environment?: Environment;
  /**
   * Who trades; without it only public data can be had. A simulated venue that the connector starts by itself issues
   * its own, which are used in their place.
   */
  readonly credentials?: Credentials;
  /** Pairs that are followed from the start. @default [] */
  readonly tradingPairs?: readonly string[];
  /** What of a followed pair is streamed. @default `orderBook` and `trades`, as far as the connector has them */
  readonly channels?: readonly MarketDataChannel[];
  /**
   * Replaces URLs of the environment, by name: `rest`, and the names of the connector's stream routes; and names those
   * that have no default, where the connector has such.
   */
  readonly urls?: Readonly<Record<string, string>>;
  /** URL of an HTTP CONNECT proxy for REST and streams alike. */
  readonly proxy?: string;
  /** A REST call without an answer for this long fails, in ms. @default 10000 */
  readonly restTimeoutMs?: number;
  /**
   * Each followed book is compared with one built anew beside it once in this time, in ms, where the venue's
   * snapshots can be joined to its stream; 0: never. It costs one snapshot for each book and interval.
   *
   * @default 600000
   */
  readonly auditIntervalMs?: number;
  /** The venue is asked for its instruments anew about every so many ms; 0: never. @default 900000 */
  readonly instrumentsRefreshMs?: number;
  /** Bounds for orders that the program sets itself. @default none */
  readonly guards?: OrderGuards;
  /**
   * The account is held against the venue's records about every so many ms, beside the start and every loss of
   * its stream; 0: not beside.
   *
   * @default 300000
   */
  readonly reconcileIntervalMs?: number;
  /** Changes to how stream connections are kept up. */
  readonly socket?: Partial<SocketPolicy>;
  /** Seed of the simulated venue that `environment: "sim"` starts when no URLs are given. @default 1 */
  readonly seed?: number;
}

const KNOWN = new Set([
  "environment",
  "credentials",
  "tradingPairs",
  "channels",
  "urls",
  "proxy",
  "restTimeoutMs",
  "auditIntervalMs",
  "instrumentsRefreshMs",
  "guards",
  "reconcileIntervalMs",
  "socket",
  "seed",
]);

const CAPABILITIES: Readonly<Record<MarketDataChannel, keyof Capabilities>> = {
  orderBook: "orderBooks",
  trades: "publicTrades",
  ticker: "tickers",
  funding: "fundingInfo",
};
const DEFAULT_CHANNELS: readonly MarketDataChannel[] = ["orderBook", "trades"];

/** The options that are a connector's own, left when those common to all are taken away. */
export function ownOptions(options: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !KNOWN.has(name)));
}

/** The channels that a connector follows, of options that were checked. */
export function channelsOf(
  { channels }: ConnectorOptions,
  supports: Capabilities,
): ReadonlySet<MarketDataChannel> {
  return new Set(channels ?? DEFAULT_CHANNELS.filter((channel) => supports[CAPABILITIES[channel]]));
}

/**
 * Checks the options common to all connectors.
 *
 * @throws {ConfigurationError} INVALID_OPTIONS or UNKNOWN_ENVIRONMENT.
 */
export function checkCommonOptions(
  options: Readonly<Partial<Record<keyof ConnectorOptions, unknown>>>,
  urlNames: readonly string[],
  supports: Capabilities,
  optionalUrls: readonly string[] = [],
): void {
  const { environment, credentials, tradingPairs, channels, urls, proxy, restTimeoutMs, socket, seed } =
    options;
  if (credentials !== undefined && environment === undefined) {
    throw new ConfigurationError(
      "ENVIRONMENT_MISSING",
      "environment has no default where credentials are given: say live, testnet or sim",
    );
  }
  if (
    environment !== undefined &&
    environment !== "live" &&
    environment !== "testnet" &&
    environment !== "sim"
  ) {
    throw new ConfigurationError("UNKNOWN_ENVIRONMENT", "environment must be live, testnet or sim", {
      details: { environment },
    });
  }
  if (
    tradingPairs !== undefined &&
    !(Array.isArray(tradingPairs) && tradingPairs.every((pair) => typeof pair === "string"))
  ) {
    throw invalid("tradingPairs", "must be an array of strings");
  }
  if (channels !== undefined) checkChannels(channels, supports);
  if (urls !== undefined) {
    if (typeof urls !== "object" || urls === null) throw invalid("urls", "must be an object");
    for (const [name, url] of Object.entries(urls)) {
      const isOptional = optionalUrls.includes(name);
      if (!isOptional && !urlNames.includes(name))
        throw invalid("urls", `has no "${name}"; known are ${[...urlNames, ...optionalUrls].join(", ")}`);
      const isRest = name === "rest" || isOptional;
      checkUrl(`urls.${name}`, url, isRest ? ["http:", "https:"] : ["ws:", "wss:"]);
    }
  }
  if (proxy !== undefined) checkUrl("proxy", proxy, ["http:", "https:"]);
  if (restTimeoutMs !== undefined && !(typeof restTimeoutMs === "number" && restTimeoutMs > 0)) {
    throw invalid("restTimeoutMs", "must be a positive number");
  }
  for (const name of ["auditIntervalMs", "instrumentsRefreshMs", "reconcileIntervalMs"] as const) {
    const { [name]: ms } = options;
    if (ms !== undefined && !(typeof ms === "number" && ms >= 0 && Number.isFinite(ms)))
      throw invalid(name, "must be a number of at least 0");
  }
  const { guards } = options;
  if (guards !== undefined && (typeof guards !== "object" || guards === null))
    throw invalid("guards", "must be an object");
  if (socket !== undefined && (typeof socket !== "object" || socket === null))
    throw invalid("socket", "must be an object");
  if (seed !== undefined && !Number.isSafeInteger(seed)) throw invalid("seed", "must be an integer");
}

/**
 * Refuses to send credentials over connections that others can read: only this machine is spoken to without TLS.
 *
 * @throws {ConfigurationError} INSECURE_URL.
 */
export function checkSecureUrls(urls: VenueUrls): void {
  for (const [name, url] of Object.entries(urls)) {
    const { protocol, hostname } = new URL(url);
    if (protocol === "https:" || protocol === "wss:" || isLoopback(hostname)) continue;
    throw new ConfigurationError(
      "INSECURE_URL",
      `urls.${name} must begin with https:// or wss:// where credentials are given`,
      { details: { url: name } },
    );
  }
}

/** Addresses that never leave this machine (RFC 1122, section 3.2.1.3, and RFC 4291, section 2.5.3; RFC 6761 for the name). */
function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

function checkChannels(channels: unknown, supports: Capabilities): void {
  if (!Array.isArray(channels) || channels.length === 0)
    throw invalid("channels", "must be an array with at least one channel");
  for (const channel of channels) {
    if (typeof channel !== "string" || !Object.hasOwn(CAPABILITIES, channel))
      throw invalid("channels", `has an unknown one; known are ${Object.keys(CAPABILITIES).join(", ")}`);
    // as: its name is one of the keys.
    if (!supports[CAPABILITIES[channel as MarketDataChannel]])
      throw invalid("channels", `has ${channel}, which this connector lacks`);
  }
}

function checkUrl(name: string, value: unknown, protocols: readonly string[]): void {
  const url = typeof value === "string" && URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !protocols.includes(url.protocol)) {
    throw invalid(
      name,
      `must be a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(" or ")}`,
    );
  }
}

function invalid(option: string, what: string): ConfigurationError {
  return new ConfigurationError("INVALID_OPTIONS", `${option} ${what}`, { details: { option } });
}
