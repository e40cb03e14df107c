import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type TradeMessage, TradeTracker } from "../../src/market-data/index.js";

const trade = (id: number | string, backlog = false): TradeMessage => ({
  type: "trade",
  exchangeSymbol: "BTCUSDT",
  tradeId: String(id),
  side: "buy",
  price: "1",
  amount: "1",
  exchangeTimestamp: 1,
  ...(backlog && { backlog }),
});

function setUp(ids: "contiguous" | "unique") {
  const seen: string[] = [];
  const requests: [from: string, failures: number][] = [];
  const lost: string[] = [];
  const tracker = new TradeTracker(
    { ids, backlogOnSubscribe: ids === "unique" },
    {
      onTrade: ({ tradeId }, recovered) => seen.push(recovered ? `${tradeId}r` : tradeId),
      requestBackfill: (from, failures) => requests.push([from, failures]),
      onLost: (from, before) => lost.push(`${from}-${before}`),
    },
  );
  return { tracker, seen, requests, lost };
}

describe("contiguous trades", () => {
  it("are delivered once, and a hole is filled before what comes after it", () => {
    const { tracker, seen, requests } = setUp("contiguous");
    for (const id of [5, 6, 6, 5, 9, 10]) tracker.trade(trade(id));
    expect(seen).toEqual(["5", "6"]);
    expect(requests).toEqual([["7", 0]]);
    tracker.backfilled([7, 8, 9, 10, 11].map((id) => trade(id)));
    expect(seen).toEqual(["5", "6", "7r", "8r", "9r", "10r", "11r"]);
    tracker.trade(trade(11));
    tracker.trade(trade(12));
    expect(seen.at(-1)).toBe("12");
  });

  it("are asked for page by page", () => {
    const { tracker, seen, requests } = setUp("contiguous");
    for (const id of [1, 6]) tracker.trade(trade(id));
    tracker.backfilled([2, 3].map((id) => trade(id)));
    tracker.backfilled([4, 5].map((id) => trade(id)));
    expect(requests.map(([from]) => from)).toEqual(["2", "4"]);
    expect(seen).toEqual(["1", "2r", "3r", "4r", "5r", "6"]);
  });

  it("go on when a hole cannot be filled, and say so", () => {
    const { tracker, seen, requests, lost } = setUp("contiguous");
    for (const id of [1, 6, 7]) tracker.trade(trade(id));
    for (let attempt = 0; attempt < 5; attempt += 1) tracker.backfillFailed();
    expect(requests.map(([, failures]) => failures)).toEqual([0, 1, 2, 3, 4]);
    expect(lost).toEqual(["2-6"]);
    expect(seen).toEqual(["1", "6", "7"]);
    const empty = setUp("contiguous");
    for (const id of [1, 6]) empty.tracker.trade(trade(id));
    for (let attempt = 0; attempt < 5; attempt += 1) empty.tracker.backfilled([]);
    expect(empty.lost).toEqual(["2-6"]);
  });

  it("keep their ids beyond 2^53 apart", () => {
    const { tracker, seen, requests } = setUp("contiguous");
    for (const id of ["9007199254740993", "9007199254740994", "9007199254740996"]) tracker.trade(trade(id));
    expect(seen).toHaveLength(2);
    expect(requests).toEqual([["9007199254740995", 0]]);
  });

  it("come once, in order and complete, whatever the stream and the answers do", () => {
    const step = fc.record({
      lose: fc.boolean(),
      repeat: fc.boolean(),
      answer: fc.constantFrom("none", "page", "all", "failed"),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const { tracker, seen, requests, lost } = setUp("contiguous");
        let id = 1;
        let answered = 0;
        tracker.trade(trade(id));
        const answer = (kind: string): void => {
          const request = requests[requests.length - 1];
          if (request === undefined || answered === requests.length || kind === "none") return;
          answered = requests.length;
          if (kind === "failed") tracker.backfillFailed();
          else {
            const from = Number(request[0]);
            const to = kind === "page" ? Math.min(id, from + 1) : id;
            tracker.backfilled(Array.from({ length: to - from + 1 }, (_, index) => trade(from + index)));
          }
        };
        for (const { lose, repeat, answer: kind } of steps) {
          id += 1;
          if (!lose) tracker.trade(trade(id));
          if (repeat && !lose) tracker.trade(trade(id));
          answer(kind);
        }
        id += 1;
        tracker.trade(trade(id));
        while (answered < requests.length) answer("all");
        const numbers = seen.map((text) => Number.parseInt(text, 10));
        expect(numbers).toEqual([...new Set(numbers)].toSorted((a, b) => a - b));
        if (lost.length === 0) expect(numbers).toEqual(Array.from({ length: id }, (_, index) => index + 1));
        expect(numbers.at(-1)).toBe(id);
      }),
    );
  });
});

describe("unique trades", () => {
  it("of the first backlog are only remembered, those of a later one are recovered", () => {
    const { tracker, seen } = setUp("unique");
    for (const id of ["a", "b"]) tracker.trade(trade(id, true));
    tracker.backlogEnded();
    tracker.trade(trade("c"));
    tracker.trade(trade("c"));
    for (const id of ["b", "c", "d"]) tracker.trade(trade(id, true));
    tracker.backlogEnded();
    tracker.trade(trade("e"));
    expect(seen).toEqual(["c", "dr", "e"]);
  });

  it("do not fill the memory", () => {
    const { tracker, seen } = setUp("unique");
    for (let id = 0; id < 10_000; id += 1) tracker.trade(trade(id));
    tracker.trade(trade(9_999));
    expect(seen).toHaveLength(10_000);
  });
});
