import type { Capabilities, MarketDataChannel } from "@conn/core";
import { must, mustEqual } from "./failure.js";
import { fundingPath } from "./market-info.js";
import type { Probe } from "./probe.js";
import type { Stage } from "./stage.js";

/** The channels of market information that a connector has, beside books and trades. */
export function infoChannels({ tickers, fundingInfo }: Capabilities): readonly MarketDataChannel[] {
  return [...(tickers ? (["ticker"] as const) : []), ...(fundingInfo ? (["funding"] as const) : [])];
}

/** Watches what a connector tells of tickers and funding while its connections change. */
export interface MarketInfoWatch {
  /** Begins to watch anew. */
  forget(): void;
  /**
   * Expects that it went on for each pair from before `since` until after it, never back in the venue's time, that
   * funding was known all the while, and that it was not asked for by REST.
   *
   * @param since In ms since 1970-01-01 UTC, by this machine.
   */
  expectGoneOn(since: number): void;
}

/** What was told of one pair. */
interface Told {
  readonly exchangeTimestamp: number | undefined;
  readonly receivedTimestamp: number;
}

/** Watches the tickers and the funding of pairs, as far as the connector has them. */
export function watchMarketInfo(stage: Stage, probe: Probe, pairs: readonly string[]): MarketInfoWatch {
  const { connector } = probe;
  const { supports } = stage.plugin;
  const channels = infoChannels(supports);
  const told = new Map<string, Told[]>();
  let lost = 0;
  let requests = 0;
  const requestsNow = (): number => (supports.fundingInfo ? stage.requestsAt(fundingPath(stage)) : 0);
  const note = (channel: MarketDataChannel, tradingPair: string, one: Told): void => {
    const key = `${channel} of ${tradingPair}`;
    told.set(key, [...(told.get(key) ?? []), one]);
  };
  connector.on("ticker", ({ tradingPair, ticker }) => note("ticker", tradingPair, ticker));
  connector.on("funding", ({ tradingPair, fundingInfo }) => note("funding", tradingPair, fundingInfo));
  connector.on("ready", () => {
    if (!connector.status.fundingInfo) lost += 1;
  });
  return {
    forget() {
      told.clear();
      lost = 0;
      requests = requestsNow();
    },
    expectGoneOn(since) {
      for (const channel of channels) {
        for (const pair of pairs) {
          const key = `${channel} of ${pair}`;
          const all = told.get(key) ?? [];
          const after = all.filter(({ receivedTimestamp }) => receivedTimestamp > since);
          must(all.length > after.length, `news before the change of connections: ${key}`);
          must(after.length > 0, `news after the change of connections: ${key}`);
          const times = all.flatMap(({ exchangeTimestamp }) => exchangeTimestamp ?? []);
          mustEqual(
            times,
            times.toSorted((one, other) => one - other),
            `the venue's times of what was told, in order: ${key}`,
          );
        }
      }
      if (channels.length === 0) return;
      mustEqual(lost, 0, "how often funding was no longer known");
      mustEqual(requestsNow(), requests, "the requests for funding");
    },
  };
}
