import { describe, expect, it } from "vitest";
import { VenueError } from "../../src/errors/index.js";
import { FundingFollower } from "../../src/market-data/funding-follower.js";
import { type FundingMessage, MarketInfo } from "../../src/market-data/index.js";
import { testInstrument } from "../support/instrument.js";
import { settle, VirtualTime } from "../support/virtual-time.js";

const message = (exchangeSymbol: string, fields: Partial<FundingMessage> = {}): FundingMessage => ({
  type: "funding",
  exchangeSymbol,
  exchangeTimestamp: 1,
  markPrice: "1",
  indexPrice: "1",
  fundingRate: "0",
  nextFundingTimestamp: 1,
  ...fields,
});

function setUp() {
  const time = new VirtualTime();
  const info = new MarketInfo({ onTicker: () => undefined, onFundingInfo: () => undefined });
  const asked: { symbols: readonly string[]; answer: PromiseWithResolvers<readonly FundingMessage[]> }[] = [];
  const known: (readonly string[])[] = [];
  const problems: [code: string, pair: string | undefined][] = [];
  const follower = new FundingFollower(
    {
      info,
      fetch: (symbols, signal) => {
        const answer = Promise.withResolvers<readonly FundingMessage[]>();
        signal.addEventListener("abort", () => answer.reject(new Error("aborted")));
        asked.push({ symbols, answer });
        return answer.promise;
      },
      ports: { clock: time, timers: time, random: { next: () => 0 } },
      backoff: { initialMs: 100, factor: 2, maxMs: 1_000, jitter: 0 },
    },
    {
      onFundingKnown: () => known.push(follower.missing),
      onProblem: ({ code }, pair) => problems.push([code, pair]),
    },
  );
  const follow = (...pairs: string[]): void => {
    for (const pair of pairs) follower.follow(testInstrument(pair), [`stream ${pair}`]);
  };
  const confirm = (...pairs: string[]): void => {
    for (const pair of pairs) follower.confirmed(`stream ${pair}`);
  };
  const answerWith = async (messages: readonly FundingMessage[]): Promise<void> => {
    asked.at(-1)?.answer.resolve(messages);
    await settle();
  };
  return { time, info, follower, asked, known, problems, follow, confirm, answerWith };
}

describe("followed funding", () => {
  it("is asked for once for all streams that are confirmed together, and then known", async () => {
    const { time, follower, asked, known, follow, confirm, answerWith } = setUp();
    follow("BTC-USDT", "ETH-USDT", "SOL-USDT");
    expect(follower.missing).toEqual(["BTC-USDT", "ETH-USDT", "SOL-USDT"]);
    await time.advance(1_000);
    expect(asked).toEqual([]);
    confirm("BTC-USDT", "ETH-USDT", "BTC-USDT");
    await time.advance(0);
    expect(asked.map(({ symbols }) => symbols)).toEqual([["BTCUSDT", "ETHUSDT"]]);
    expect(known).toEqual([]);
    await answerWith([message("BTCUSDT"), message("ETHUSDT"), message("XRPUSDT")]);
    expect(known).toEqual([["SOL-USDT"]]);
    confirm("SOL-USDT");
    await time.advance(0);
    await answerWith([message("SOLUSDT")]);
    expect(follower.missing).toEqual([]);
    await time.advance(60_000);
    expect(asked).toHaveLength(2);
    expect(time.pending).toBe(0);
  });

  it("waits for all streams of a pair", async () => {
    const { time, follower, asked } = setUp();
    follower.follow(testInstrument(), ["mark", "rate"]);
    follower.confirmed("mark");
    await time.advance(0);
    expect(asked).toEqual([]);
    follower.confirmed("rate");
    follower.confirmed("nothing of ours");
    await time.advance(0);
    expect(asked).toHaveLength(1);
  });

  it("is asked for again, ever slower, while answers fail or do not tell all of it", async () => {
    const { time, follower, asked, problems, follow, confirm, answerWith } = setUp();
    follow("BTC-USDT", "ETH-USDT");
    confirm("BTC-USDT", "ETH-USDT");
    await time.advance(0);
    asked[0]?.answer.reject(new VenueError("VENUE_UNAVAILABLE", "no"));
    await settle();
    expect(problems).toEqual([["VENUE_UNAVAILABLE", undefined]]);
    await time.advance(100);
    await answerWith([message("BTCUSDT"), message("ETHUSDT", { markPrice: undefined })]);
    expect(follower.missing).toEqual(["ETH-USDT"]);
    await time.advance(199);
    expect(asked).toHaveLength(2);
    await time.advance(1);
    expect(asked.at(-1)?.symbols).toEqual(["ETHUSDT"]);
    await answerWith([]);
    await time.advance(400);
    await answerWith([message("ETHUSDT", { markPrice: "one" })]);
    await time.advance(800);
    asked.at(-1)?.answer.reject(new TypeError("odd"));
    await settle();
    expect(problems.slice(1)).toEqual([
      ["MALFORMED_ANSWER", "ETH-USDT"],
      ["MALFORMED_ANSWER", "ETH-USDT"],
      ["MALFORMED_ANSWER", "ETH-USDT"],
      ["MALFORMED_ANSWER", "ETH-USDT"],
      ["MALFORMED_ANSWER", "ETH-USDT"],
    ]);
    await time.advance(1_000);
    await answerWith([message("ETHUSDT")]);
    expect(follower.missing).toEqual([]);
    expect(time.pending).toBe(0);
  });

  it("is not known from the end of its stream until an answer that was asked for afterwards", async () => {
    const { time, info, follower, asked, known, follow, confirm, answerWith } = setUp();
    follow("BTC-USDT");
    confirm("BTC-USDT");
    await time.advance(0);
    await answerWith([message("BTCUSDT")]);
    follower.interrupted("stream BTC-USDT");
    expect(known).toEqual([[], ["BTC-USDT"]]);
    expect(info.fundingInfo("BTC-USDT")?.markPrice.toFixed()).toBe("1");
    confirm("BTC-USDT");
    await time.advance(0);
    follower.interrupted("stream BTC-USDT");
    confirm("BTC-USDT");
    await answerWith([message("BTCUSDT", { exchangeTimestamp: 2, markPrice: "2" })]);
    // The answer to the question before the second interruption is none to the one after it.
    expect(follower.missing).toEqual(["BTC-USDT"]);
    await time.advance(0);
    expect(asked).toHaveLength(3);
    await answerWith([]);
    expect(follower.missing).toEqual(["BTC-USDT"]);
    await time.advance(100);
    await answerWith([message("BTCUSDT", { exchangeTimestamp: 3, markPrice: "3" })]);
    expect(follower.missing).toEqual([]);
    expect(info.fundingInfo("BTC-USDT")?.markPrice.toFixed()).toBe("3");
  });

  it("is given up with its pair, and all of it with stop", async () => {
    const { time, info, follower, asked, problems, follow, confirm, answerWith } = setUp();
    follow("BTC-USDT", "ETH-USDT");
    confirm("BTC-USDT", "ETH-USDT");
    follower.unfollow("ETH-USDT");
    await time.advance(0);
    expect(asked[0]?.symbols).toEqual(["BTCUSDT"]);
    follower.unfollow("BTC-USDT");
    follow("BTC-USDT");
    await answerWith([message("BTCUSDT")]);
    expect([follower.missing, info.fundingInfo("BTC-USDT")]).toEqual([["BTC-USDT"], undefined]);
    confirm("BTC-USDT");
    await time.advance(0);
    follower.stop();
    await settle();
    expect(problems).toEqual([]);
    expect(time.pending).toBe(0);
    await answerWith([message("BTCUSDT")]);
    expect(follower.missing).toEqual(["BTC-USDT"]);
  });
});
