import { type FundingInfo, InstrumentError } from "@conn/core";
import type { ConformanceCase } from "../../run/conformance-case.js";
import { errorOf, must, mustBeError, mustEqual } from "../../run/failure.js";
import {
  fundingPath,
  fundingTruth,
  nextFundingOf,
  plainValues,
  sendFunding,
  withholdStreams,
} from "../../run/market-info.js";
import { expectNotSupported } from "../../run/not-supported.js";
import { PATIENCE_MS, type Probe } from "../../run/probe.js";
import type { Stage } from "../../run/stage.js";

const MINUTE_MS = 60_000;
/** Longer than any venue lets a mark price wait, in ms. */
const FUNDING_WAIT_MS = 5_000;

/**
 * Given books that stand still, so that mark prices do, and two pairs that are followed with channel `funding` alone.
 * Do withhold the stream; let it come; send parts, with fields that are missing, null and empty, with numbers of many
 * digits, and an older message; cut the connection; let the next funding time come.
 * Expect the venue's numbers: from REST alone while the stream is withheld, then as the parts say, with what they
 * do not say kept; nothing of the older message; after the cut not known, then asked for again; and the next
 * funding time to go on by an interval.
 */
export const funding: ConformanceCase = {
  id: "M40",
  title: "mark, index, funding rate and next funding time: initial by REST, updates partial",
  needs: "fundingInfo",
  async run(stage) {
    for (const { symbol } of stage.venue.listings()) stage.venue.freeze(symbol);
    await asked(stage);
    const follower = await begins(stage);
    await updatesPartially(stage, follower);
    await asksAgain(stage, follower);
    await follower.probe.stop();
    await rollsOver(stage);
  },
  inverse: (stage) => expectNotSupported(stage, [(connector) => connector.fetchFundingInfo()], "funding"),
};

/** A connector that follows funding, and what it has told of its first pair. */
interface Follower {
  readonly probe: Probe;
  readonly pairs: readonly string[];
  readonly pair: string;
  readonly told: readonly FundingInfo[];
}

async function asked(stage: Stage): Promise<void> {
  const { world, venue } = stage;
  const probe = stage.connect();
  await probe.start();
  const { connector } = probe;
  const fetch = async (pairs?: readonly string[]): Promise<ReadonlyMap<string, FundingInfo>> =>
    world.complete(connector.fetchFundingInfo(pairs), { withinMs: PATIENCE_MS });
  const shown = (found: ReadonlyMap<string, FundingInfo>, pairs: readonly string[]): unknown =>
    pairs.map((pair) => [pair, plainValues(found.get(pair))]);
  const truth = (pairs: readonly string[]): unknown => pairs.map((pair) => [pair, fundingTruth(stage, pair)]);

  const trading = stage.pairs(stage.symbols.length);
  mustEqual(shown(await fetch(), trading), truth(trading), "the funding of all trading pairs");
  const [first, second] = stage.pairs(2);
  for (const pairs of [[second], [first, second]]) {
    const found = await fetch(pairs);
    mustEqual([...found.keys()], pairs, "the pairs that are told of");
    mustEqual(shown(found, pairs), truth(pairs), `the funding of ${pairs.length}`);
  }
  const { requestCount } = venue.log;
  const unknown = errorOf(() => connector.fetchFundingInfo(["NO-SUCH-PAIR"]), "funding of an unknown pair");
  mustBeError(await unknown, InstrumentError, "UNKNOWN_TRADING_PAIR");
  mustEqual(venue.log.requestCount, requestCount, "requests for funding of an unknown pair");
  await probe.stop();
}

/** Follows two pairs whose streams are withheld: what is known then is from REST. */
async function begins(stage: Stage): Promise<Follower> {
  const { world, paths } = stage;
  const pairs = stage.pairs(2);
  const [pair] = pairs;
  const snapshots = stage.requestsAt(paths.snapshot);
  const withheld = withholdStreams(stage, pairs, "funding");
  must(withheld.length >= pairs.length, "streams that carry funding");
  const probe = stage.connect({ tradingPairs: pairs, channels: ["funding"] }, { owner: "connector 2" });
  const { connector } = probe;
  const told: FundingInfo[] = [];
  connector.on("funding", (event) => {
    if (event.tradingPair === pair) told.push(event.fundingInfo);
  });
  await probe.start();
  must(!connector.ready, "a connector whose funding is not known not to be ready");
  mustEqual([...connector.status.missingFundingInfo].sort(), [...pairs].sort(), "status.missingFundingInfo");
  await world.complete(connector.whenReady(), { withinMs: PATIENCE_MS, what: "whenReady() by REST alone" });
  must(connector.status.fundingInfo && connector.status.orderBooks, "status to have all that is followed");
  expectTruth(stage, probe, pairs, "as REST tells it");
  mustEqual(plainValues(told.at(-1)), plainValues(connector.fundingInfo(pair)), "the funding told");
  mustEqual([...connector.orderBooks.keys()], [], "the books without channel orderBook");
  mustEqual(stage.requestsAt(paths.snapshot), snapshots, "requests for snapshots without channel orderBook");
  for (const fault of withheld) fault.cancel();
  return { probe, pairs, pair, told };
}

async function updatesPartially(stage: Stage, { probe, pair, pairs, told }: Follower): Promise<void> {
  const { world } = stage;
  const { connector } = probe;
  const first = told.length;
  await world.until(() => told.length > first, { withinMs: FUNDING_WAIT_MS, what: "funding by the stream" });
  expectTruth(stage, probe, [pair], "as the stream tells it");
  // Between two messages of the venue's own, so that neither of them hides what is sent here.
  await world.advance(100);

  const count = told.length;
  const known = (): object => plainValues(connector.fundingInfo(pair)) ?? {};
  const news = async (part: Parameters<typeof sendFunding>[2], changed: object): Promise<void> => {
    const wanted = { ...known(), ...changed };
    await sendFunding(stage, pair, part);
    mustEqual(known(), wanted, `funding after ${JSON.stringify(part)}`);
    mustEqual(plainValues(told.at(-1)), wanted, "the funding told");
  };
  await news({ markPrice: "1234.5" }, { markPrice: "1234.5" });
  await news({ fundingRate: "-0.00012345678901234567" }, { fundingRate: "-0.00012345678901234567" });
  await news(
    { indexPrice: "98765432109876543210.5", markPrice: null },
    { indexPrice: "98765432109876543210.5" },
  );
  await news(
    { indexPrice: "", fundingRate: null, nextFundingTimestamp: null, markPrice: "7" },
    { markPrice: "7" },
  );
  const next = nextFundingOf(stage, pair) + MINUTE_MS;
  await news(
    { fundingRate: "0", indexPrice: "6.5", nextFundingTimestamp: next },
    {
      fundingRate: "0",
      indexPrice: "6.5",
      nextFundingTimestamp: String(next),
    },
  );
  mustEqual(told.length, count + 5, "the funding events: one for each message");

  const before = connector.fundingInfo(pair);
  const older = { markPrice: "1", indexPrice: "1", fundingRate: "1", nextFundingTimestamp: 1 };
  await sendFunding(stage, pair, older, world.now - MINUTE_MS);
  mustEqual(connector.fundingInfo(pair), before, "funding after an older message");
  mustEqual(told.length, count + 5, "the funding events: none of an older message");

  await world.until(() => told.length > count + 5, {
    withinMs: FUNDING_WAIT_MS,
    what: "the venue's own funding",
  });
  expectTruth(stage, probe, pairs, "as the stream tells it again");
  mustEqual(probe.problems(), [], "problems");
}

async function asksAgain(stage: Stage, { probe, pairs, pair }: Follower): Promise<void> {
  const { world, venue } = stage;
  const { connector } = probe;
  const requests = stage.requestsAt(fundingPath(stage));
  const withheld = withholdStreams(stage, pairs, "funding");
  must(venue.faults.drop() > 0, "connections that can be dropped");
  await world.settle();
  must(!connector.ready && !connector.status.fundingInfo, "funding not to be known while its stream is cut");
  mustEqual([...connector.status.missingFundingInfo].sort(), [...pairs].sort(), "status.missingFundingInfo");
  must(connector.fundingInfo(pair) !== undefined, "the last known funding to stay readable");
  await world.complete(connector.whenReady(), { withinMs: PATIENCE_MS, what: "whenReady() after a cut" });
  must(stage.requestsAt(fundingPath(stage)) > requests, "funding to be asked for again after a cut");
  expectTruth(stage, probe, pairs, "as REST tells it after a cut");
  for (const fault of withheld) fault.cancel();
}

/** Follows the pair whose funding is paid first, across that time. */
async function rollsOver(stage: Stage): Promise<void> {
  const { world } = stage;
  const pairs = stage.pairs(stage.symbols.length);
  const [pair] = pairs.toSorted((one, other) => nextFundingOf(stage, one) - nextFundingOf(stage, other));
  must(pair !== undefined, "a pair that trades");
  const next = nextFundingOf(stage, pair);
  must(next > world.now, "a next funding time that is in the future");
  // Nothing runs meanwhile, so that hours cost nothing.
  await world.advance(next - world.now - FUNDING_WAIT_MS);
  const probe = stage.connect({ tradingPairs: [pair], channels: ["funding"] }, { owner: "connector 3" });
  const { connector } = probe;
  const told: number[] = [];
  connector.on("funding", ({ fundingInfo }) => told.push(fundingInfo.nextFundingTimestamp));
  await probe.start();
  await world.complete(connector.whenReady(), { withinMs: PATIENCE_MS });
  mustEqual(connector.fundingInfo(pair)?.nextFundingTimestamp, next, "the next funding time before it");
  await world.advance(2 * FUNDING_WAIT_MS);
  expectTruth(stage, probe, [pair], "after funding was paid");
  const after = connector.fundingInfo(pair);
  must(after !== undefined && after.nextFundingTimestamp > next, "the next funding time to go on");
  if (after.fundingIntervalMs !== undefined) {
    mustEqual(after.nextFundingTimestamp - next, after.fundingIntervalMs, "the time to the next funding");
  }
  mustEqual([...new Set(told)], [next, after.nextFundingTimestamp], "the next funding times told");
}

function expectTruth(stage: Stage, { connector }: Probe, pairs: readonly string[], what: string): void {
  for (const pair of pairs) {
    const known = plainValues(connector.fundingInfo(pair));
    mustEqual(known, fundingTruth(stage, pair), `the funding of ${pair} ${what}`);
  }
}
