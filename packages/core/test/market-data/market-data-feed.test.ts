import { describe, expect, it } from "vitest";
import { MarketDataFeed, type SequenceRecord } from "../../src/market-data/index.js";
import { ASK, BID } from "../../src/parse/index.js";
import { testInstrument } from "../support/instrument.js";
import { VirtualTime } from "../support/virtual-time.js";

const RECORD: SequenceRecord = {
  source: "test",
  rules: [],
  scope: "book",
  snapshot: "firstFrame",
  bridge: "follows",
  steady: "none",
  levelsBy: "price",
  olderSnapshot: "drop",
  crossed: "resync",
  recovery: "resubscribe",
};

interface Frame {
  readonly symbol: string;
  readonly kind: "snapshot" | "diff" | "trade";
  readonly sequence?: number;
  readonly tradeId?: string;
}

function setUp(record: SequenceRecord) {
  const restarted: string[] = [];
  const trades: string[] = [];
  const pairs = ["BTC-USDT", "ETH-USDT"];
  const feed = new MarketDataFeed(
    {
      venue: "test",
      source: {
        sequence: record,
        trades: { ids: "contiguous", backlogOnSubscribe: false },
        parse(data, sink) {
          const frame = JSON.parse(new TextDecoder().decode(data)) as Frame;
          if (frame.kind === "trade") {
            const { symbol: exchangeSymbol, tradeId = "" } = frame;
            const facts = { side: "buy", price: "1", amount: "1", exchangeTimestamp: 1 } as const;
            sink.add({ type: "trade", exchangeSymbol, tradeId, ...facts });
            return;
          }
          sink.levels.push(BID, 99, 1);
          sink.levels.push(ASK, 101, 1);
          sink.depth(frame.kind, frame.symbol, 0);
          sink.sequence = frame.sequence;
        },
      },
      clock: new VirtualTime(),
      buffer: { maxDiffs: 10, maxLevels: 100 },
      isListed: () => true,
    },
    {
      onBookChanged: () => undefined,
      onBookState: () => undefined,
      onTrade: ({ tradingPair, tradeId }) => trades.push(`${tradingPair} ${tradeId}`),
      requestTrades: () => undefined,
      onProblem: () => undefined,
      onAnswer: () => undefined,
      onReply: () => undefined,
      onStreamSnapshot: () => undefined,
      pairsOf: () => pairs,
      requestSnapshot: () => undefined,
      restartStream: (tradingPair, how) => restarted.push(`${how} ${tradingPair}`),
    },
  );
  const books = pairs.map((pair) => feed.follow(testInstrument(pair)));
  const connection = { id: "a", route: "a", memo: undefined };
  const send = (frame: Frame | string): void =>
    feed.frame(connection, Buffer.from(typeof frame === "string" ? frame : JSON.stringify(frame)), 1);
  const states = (): string[] => books.map(({ integrity }) => integrity.state);
  return { feed, connection, restarted, trades, send, states, books };
}

describe("a frame that cannot be read", () => {
  it("costs the trust in every book it may have been of, where nothing later would show the loss", () => {
    const { restarted, send, states } = setUp(RECORD);
    for (const symbol of ["BTCUSDT", "ETHUSDT"]) send({ symbol, kind: "snapshot" });
    expect(states()).toEqual(["live", "live"]);
    send("broken");
    expect(states()).toEqual(["resyncing", "resyncing"]);
    expect(restarted).toEqual(["resubscribe BTC-USDT", "resubscribe ETH-USDT"]);
  });

  it.each<[string, Partial<SequenceRecord>]>([
    ["linked", { steady: "linked" }],
    ["contiguous", { steady: "contiguous" }],
    ["every frame whole", { snapshot: "everyFrame" }],
    ["checksums", { checksum: { levels: 1, layout: "interleaved", text: "plain" } }],
    ["a count of the connection", { scope: "connection" }],
  ])("is only told where the next frame shows the loss: %s", (_what, change) => {
    const { send, states } = setUp({ ...RECORD, ...change });
    for (const symbol of ["BTCUSDT", "ETHUSDT"]) send({ symbol, kind: "snapshot" });
    send("broken");
    expect(states()).toEqual(["live", "live"]);
  });
});

describe("a count that all frames of a connection share", () => {
  const COUNTED: SequenceRecord = { ...RECORD, scope: "connection", recovery: "reconnect" };

  it("shows a hole, and every book of the connection loses trust", () => {
    const { restarted, send, states, books } = setUp(COUNTED);
    send({ symbol: "BTCUSDT", kind: "snapshot", sequence: 5 });
    send({ symbol: "ETHUSDT", kind: "snapshot", sequence: 6 });
    send({ symbol: "BTCUSDT", kind: "diff", sequence: 7 });
    expect(states()).toEqual(["live", "live"]);
    send({ symbol: "BTCUSDT", kind: "diff", sequence: 9 });
    expect(states()).toEqual(["resyncing", "resyncing"]);
    expect(books.map(({ integrity }) => integrity.gaps)).toEqual([1, 1]);
    expect(restarted).toEqual(["reconnect BTC-USDT", "reconnect ETH-USDT"]);
  });

  it("passes over what came before, and begins anew with each connection", () => {
    const { feed, connection, send, states, books } = setUp(COUNTED);
    send({ symbol: "BTCUSDT", kind: "snapshot", sequence: 5 });
    send({ symbol: "ETHUSDT", kind: "snapshot", sequence: 6 });
    send({ symbol: "BTCUSDT", kind: "diff", sequence: 6 });
    expect(books[0]?.integrity.diffs).toBe(0);
    feed.connected(connection);
    send({ symbol: "BTCUSDT", kind: "diff", sequence: 1 });
    expect(states()).toEqual(["live", "live"]);
    expect(books[0]?.integrity.diffs).toBe(1);
  });
});

describe("an instrument that is suspended", () => {
  it("has no frames until it is followed again, by another symbol and with another count of trades", () => {
    const { feed, trades, send, states, books } = setUp(RECORD);
    const instrument = testInstrument("BTC-USDT");
    send({ symbol: "BTCUSDT", kind: "snapshot" });
    send({ symbol: "BTCUSDT", kind: "trade", tradeId: "500" });
    feed.suspend(instrument, "renamed", true);
    expect(states()[0]).toBe("resyncing");
    send({ symbol: "BTCUSDT", kind: "snapshot" });
    send({ symbol: "BTCUSDT", kind: "trade", tradeId: "501" });
    expect(states()[0]).toBe("resyncing");
    expect(feed.follow({ ...instrument, exchangeSymbol: "XBTUSDT" })).toBe(books[0]);
    send({ symbol: "BTCUSDT", kind: "snapshot" });
    expect(states()[0]).toBe("resyncing");
    send({ symbol: "XBTUSDT", kind: "snapshot" });
    send({ symbol: "XBTUSDT", kind: "trade", tradeId: "1" });
    send({ symbol: "XBTUSDT", kind: "trade", tradeId: "2" });
    expect(states()[0]).toBe("live");
    expect(trades).toEqual(["BTC-USDT 500", "BTC-USDT 1", "BTC-USDT 2"]);
  });
});
