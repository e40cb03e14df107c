import { type Capabilities, definePlugin, type ExchangeDefinition, type PluginDefinition } from "@conn/core";

export const SUPPORTS = {
  orderBooks: true,
  publicTrades: false,
  lastTradedPrices: false,
  tickers: false,
  fundingInfo: false,
  openInterest: false,
} as const;

/** The package.json of a connector. */
export function manifestOf(name: string, changes: Readonly<Record<string, unknown>> = {}): object {
  return {
    version: "1.0.0",
    exports: { ".": { import: "./plugin.js" } },
    conn: { name, kind: "exchange", core: "^1.0.0", supports: SUPPORTS, ...changes },
  };
}

/** The package.json of a program. */
export function programOf(...packages: readonly string[]): object {
  return { dependencies: Object.fromEntries(packages.map((name) => [name, "1.0.0"])) };
}

/** A venue that no test starts. */
function neverStarted(): ExchangeDefinition {
  // A connector takes from its definition only this before it starts.
  return {
    urls: { live: { rest: "https://venue.invalid" } },
    rateLimits: [],
  } as unknown as ExchangeDefinition;
}

export function pluginOf<const Name extends string>(
  name: Name,
  changes: Partial<PluginDefinition<Name, unknown, Capabilities>> = {},
) {
  return definePlugin({
    name,
    kind: "exchange",
    core: "^1.0.0",
    supports: SUPPORTS,
    create: neverStarted,
    ...changes,
  });
}
