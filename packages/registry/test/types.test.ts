import type { Connector, ConnectorType } from "@conn/core";
import { expect, expectTypeOf, it } from "vitest";
import { createRegistry } from "../src/index.js";
import { pluginOf } from "./fakes.js";
import { createMemoryModuleSource } from "./memory-module-source.js";

interface BooksOnly {
  readonly orderBooks: true;
  readonly publicTrades: false;
  readonly lastTradedPrices: false;
  readonly tickers: false;
  readonly fundingInfo: false;
  readonly openInterest: false;
}

declare module "@conn/core" {
  interface ConnectorTypes {
    "typed-venue": ConnectorType<{ readonly depth?: number }, BooksOnly>;
    "strict-venue": ConnectorType<{ readonly account: string }, BooksOnly>;
  }
}

// Judged by the type checker; the names are not installed, so running it only shows that the calls fail in order.
it("knows the declared connectors by name, with their options and what they support", async () => {
  const registry = createRegistry({ modules: createMemoryModuleSource({}) });
  const calls = {
    typed: () => registry.create("typed-venue", { depth: 5, environment: "sim" }),
    plain: () => registry.create("typed-venue"),
    strict: () => registry.create("strict-venue", { account: "main" }),
    // @ts-expect-error: no such option.
    wrongOption: () => registry.create("typed-venue", { dept: 5 }),
    // @ts-expect-error: a required option is missing.
    missingOptions: () => registry.create("strict-venue"),
    // @ts-expect-error: not a declared connector.
    unknown: () => registry.create("other-venue"),
    dynamic: () => registry.createDynamic("other-venue", { anything: 1 }),
  };
  expectTypeOf(calls.typed).returns.resolves.toEqualTypeOf<Connector<BooksOnly>>();
  expectTypeOf(calls.plain).returns.resolves.toEqualTypeOf<Connector<BooksOnly>>();
  expectTypeOf(calls.strict).returns.resolves.toEqualTypeOf<Connector<BooksOnly>>();
  expectTypeOf(calls.dynamic).returns.resolves.toEqualTypeOf<Connector>();
  for (const call of Object.values(calls)) {
    await expect(call()).rejects.toMatchObject({ code: "PLUGIN_NOT_FOUND" });
  }
});

it("knows a plugin given to use beside the declared ones", async () => {
  const registry = createRegistry({ modules: createMemoryModuleSource({}) }).use(pluginOf("own"));
  const own = await registry.create("own", { tradingPairs: ["BTC-USDT"] });
  expectTypeOf(own).toExtend<Connector>();
  expectTypeOf(() => registry.create("typed-venue")).returns.resolves.toEqualTypeOf<Connector<BooksOnly>>();
  // @ts-expect-error: never given to use.
  await expect(registry.create("else")).rejects.toMatchObject({ code: "PLUGIN_NOT_FOUND" });
});
