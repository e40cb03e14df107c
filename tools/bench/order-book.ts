// What one depth frame costs: from its arrival until best bid and ask are known.
//
//   node tools/launch.mjs build && node tools/bench/order-book.ts
//
// All contenders run in this process, in rounds of random order over the same frames; a ratio is taken
// inside a round, and the table shows medians over the rounds. After each round every book must equal
// the generator's own, level by level. conn starts from bytes, as they come out of a socket, the others from
// a string that was made for them beforehand, which favors them.
import {
  ASK,
  BID,
  Decimal,
  defineKeys,
  EngineOrderBook,
  type Instrument,
  JsonScanner,
  LevelBatch,
  type UpdateId,
} from "@conn/core";
import { pro } from "ccxt";

interface Shape {
  readonly name: string;
  /** Changed levels on each side of a frame. */
  readonly changes: number;
  /** Levels on each side of the snapshot. */
  readonly depth: number;
  readonly frames: number;
  /** Decimal places as the venue writes them. */
  readonly priceText: number;
  readonly amountText: number;
}

const SHAPES: readonly Shape[] = [
  { name: "futures, 5+5 levels", changes: 5, depth: 1000, frames: 2000, priceText: 1, amountText: 3 },
  { name: "futures, 20+20 levels", changes: 20, depth: 1000, frames: 1000, priceText: 1, amountText: 3 },
  { name: "futures, 100+100 levels", changes: 100, depth: 1000, frames: 200, priceText: 1, amountText: 3 },
  { name: "spot, 20+20 levels", changes: 20, depth: 1000, frames: 1000, priceText: 8, amountText: 8 },
];
const ROUNDS = 31;
/** Rounds at the start that only warm the code up. */
const WARM_UP = 11;
const TICK_PLACES = 1;
const SYMBOL = "BTCUSDT";

/** Levels as the venue writes them, best first. */
interface Levels {
  readonly bids: readonly (readonly [price: string, amount: string])[];
  readonly asks: readonly (readonly [price: string, amount: string])[];
}

interface Session {
  readonly snapshot: Levels;
  readonly snapshotId: number;
  readonly frames: readonly string[];
  readonly end: Levels;
}

/** A generator of uniform numbers below 1 that gives the same ones in each run (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A walk of the price, with most changes near it and three deletions in ten, in Binance's frame of a depth update. */
function createSession({ changes, depth, frames, priceText, amountText }: Shape): Session {
  const random = createRandom(7);
  const priceOf = (tick: number) =>
    (tick / 10 ** TICK_PLACES).toFixed(TICK_PLACES).concat("0".repeat(priceText - TICK_PLACES));
  const newAmount = () => (random() * 40 + 0.001).toFixed(3).concat("0".repeat(amountText - 3));
  const gone = (0).toFixed(amountText);
  const sides = { bids: new Map<number, string>(), asks: new Map<number, string>() };
  const sorted = (): Levels => ({
    bids: [...sides.bids].sort(([a], [b]) => b - a).map(([tick, amount]) => [priceOf(tick), amount]),
    asks: [...sides.asks].sort(([a], [b]) => a - b).map(([tick, amount]) => [priceOf(tick), amount]),
  });

  let middle = 670_000;
  for (let offset = 1; offset <= depth; offset++) {
    sides.bids.set(middle - offset, newAmount());
    sides.asks.set(middle + offset, newAmount());
  }
  const snapshot = sorted();
  const snapshotId = 1_000_000_000_000;
  let lastId = snapshotId;
  const texts = Array.from({ length: frames }, (_, frame) => {
    middle += Math.round((random() - 0.5) * 4);
    const changed = { bids: new Map<number, string>(), asks: new Map<number, string>() };
    // What the price has walked over is gone.
    for (const tick of sides.bids.keys()) if (tick >= middle) changed.bids.set(tick, gone);
    for (const tick of sides.asks.keys()) if (tick <= middle) changed.asks.set(tick, gone);
    for (const [side, sign] of [
      ["bids", -1],
      ["asks", 1],
    ] as const) {
      while (changed[side].size < changes) {
        const tick = middle + sign * (1 + Math.floor(random() ** 3 * depth));
        if (!changed[side].has(tick)) changed[side].set(tick, random() < 0.3 ? gone : newAmount());
      }
      for (const [tick, amount] of changed[side]) {
        if (amount === gone) sides[side].delete(tick);
        else sides[side].set(tick, amount);
      }
    }
    const rows = (side: "bids" | "asks", sign: number) =>
      [...changed[side]].sort(([a], [b]) => sign * (a - b)).map(([tick, amount]) => [priceOf(tick), amount]);
    const previousId = lastId;
    lastId += 50;
    const time = 1_700_000_000_000 + frame * 100;
    return JSON.stringify({
      ...{ e: "depthUpdate", E: time + 3, T: time, s: SYMBOL, U: previousId + 1, u: lastId, pu: previousId },
      b: rows("bids", -1),
      a: rows("asks", 1),
    });
  });
  return { snapshot, snapshotId, frames: texts, end: sorted() };
}

interface Contender {
  readonly name: string;
  /** Puts the snapshot into the book. */
  reset(session: Session): void;
  /** Reads all frames; the caller measures this. */
  run(): void;
  /** The book as numbers, best first; undefined for a contender without a book. */
  book(): { bids: [number, number][]; asks: [number, number][] } | undefined;
}

/** Whatever the contenders read, so that no read can be optimized away. */
let sink = 0;

function createConn(session: Session): Contender {
  const KEYS = defineKeys("E", "s", "U", "u", "pu", "b", "a");
  const instrument: Instrument = {
    ...{ tradingPair: "BTC-USDT", exchangeSymbol: SYMBOL, type: "perpetual", base: "BTC", quote: "USDT" },
    ...{ payoff: "linear", amountUnit: "base", contractSize: new Decimal(1), priceScale: 1, amountScale: 3 },
    ...{ status: "trading", venueStatus: "TRADING" },
    rules: {
      priceIncrement: new Decimal("0.1"),
      amountIncrement: new Decimal("0.001"),
      orderTypes: [],
      timeInForce: [],
    },
  };
  const frames = session.frames.map((text) => Buffer.from(text));
  const scanner = new JsonScanner();
  const batch = new LevelBatch();
  const book = new EngineOrderBook({ instrument, clock: { monotonic: () => 0 } });
  let lastId: UpdateId = 0;

  function apply(frame: Uint8Array): void {
    let symbol = "";
    let exchangeTimestamp = 0;
    let previousId: UpdateId = 0;
    let frameId: UpdateId = 0;
    batch.clear();
    scanner.reset(frame);
    scanner.enterObject();
    for (let key = scanner.nextKey(KEYS); key >= 0; key = scanner.nextKey(KEYS)) {
      if (key === 0) exchangeTimestamp = scanner.readInteger();
      else if (key === 1) symbol = scanner.readSymbol();
      else if (key === 2) scanner.readUpdateId();
      else if (key === 3) frameId = scanner.readUpdateId();
      else if (key === 4) previousId = scanner.readUpdateId();
      else scanner.readLevels(batch, key === 5 ? BID : ASK);
    }
    scanner.finish();
    if (symbol !== SYMBOL || previousId !== lastId || !book.applyDiff(batch))
      throw new Error("a frame was lost");
    lastId = frameId;
    sink += exchangeTimestamp;
  }

  return {
    name: "conn",
    reset({ snapshot, snapshotId }) {
      batch.clear();
      for (const [price, amount] of snapshot.bids) batch.pushText(BID, price, amount);
      for (const [price, amount] of snapshot.asks) batch.pushText(ASK, price, amount);
      book.applySnapshot(batch);
      lastId = snapshotId;
    },
    run() {
      for (const frame of frames) {
        apply(frame);
        const { bestBid, bestAsk } = book;
        if (bestBid?.price === bestAsk?.price) sink++;
      }
    },
    book: () => {
      const numbers = (levels: ReturnType<typeof book.bids>) =>
        levels.map(({ price, amount }): [number, number] => [price.toNumber(), amount.toNumber()]);
      return { bids: numbers(book.bids()), asks: numbers(book.asks()) };
    },
  };
}

function createJsonParse(session: Session): Contender {
  return {
    name: "JSON.parse",
    reset() {},
    run() {
      for (const frame of session.frames) sink += JSON.parse(frame).u;
    },
    book: () => undefined,
  };
}

/** A book as one would write it by hand: numbers in two sorted arrays a side, binary search, splice. */
class PlainSide {
  prices: number[] = [];
  amounts: number[] = [];
  /** 1 if the lowest price is the best. */
  readonly sign: number;

  constructor(sign: number) {
    this.sign = sign;
  }

  set(price: number, amount: number): void {
    const { prices, amounts, sign } = this;
    let low = 0;
    let high = prices.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (sign * (prices[middle] as number) < sign * price) low = middle + 1;
      else high = middle;
    }
    if (prices[low] === price) {
      if (amount > 0) {
        amounts[low] = amount;
      } else {
        prices.splice(low, 1);
        amounts.splice(low, 1);
      }
    } else if (amount > 0) {
      prices.splice(low, 0, price);
      amounts.splice(low, 0, amount);
    }
  }

  levels(): [number, number][] {
    return this.prices.map((price, index) => [price, this.amounts[index] as number]);
  }
}

function createPlain(session: Session): Contender {
  let bids = new PlainSide(-1);
  let asks = new PlainSide(1);
  let lastId = 0;
  return {
    name: "plain JS",
    reset({ snapshot, snapshotId }) {
      bids = new PlainSide(-1);
      asks = new PlainSide(1);
      for (const [price, amount] of snapshot.bids) bids.set(Number(price), Number(amount));
      for (const [price, amount] of snapshot.asks) asks.set(Number(price), Number(amount));
      lastId = snapshotId;
    },
    run() {
      for (const text of session.frames) {
        const frame = JSON.parse(text);
        if (frame.pu !== lastId) throw new Error("a frame was lost");
        for (const [price, amount] of frame.b) bids.set(Number(price), Number(amount));
        for (const [price, amount] of frame.a) asks.set(Number(price), Number(amount));
        lastId = frame.u;
        if (bids.prices[0] === asks.prices[0]) sink++;
      }
    },
    book: () => ({ bids: bids.levels(), asks: asks.levels() }),
  };
}

/** ccxt's own way from the text of a frame to its book, without a socket and without a waiting reader. */
function createCcxt(session: Session): Contender {
  const symbol = "BTC/USDT:USDT";
  const exchange = new pro.binanceusdm();
  exchange.setMarkets([
    ...[{ id: SYMBOL, symbol, base: "BTC", quote: "USDT", settle: "USDT", type: "swap", active: true }].map(
      (market) => ({
        ...market,
        ...{
          spot: false,
          margin: false,
          swap: true,
          future: false,
          option: false,
          contract: true,
          linear: true,
          inverse: false,
        },
        ...{ precision: { amount: 0.001, price: 0.1 }, limits: {}, info: {} },
      }),
    ),
  ]);
  const client = exchange.client("wss://fstream.binance.com/ws");
  // ccxt drops the book when it loses a frame.
  const current = () => {
    const book = exchange.orderbooks[symbol];
    if (book === undefined) throw new Error("a frame was lost");
    return book;
  };
  return {
    name: "ccxt",
    reset({ snapshot, snapshotId }) {
      const numbers = (levels: Levels["bids"]) =>
        levels.map(([price, amount]) => [Number(price), Number(amount)]);
      const book = exchange.orderBook();
      book.reset({
        ...{ symbol, bids: numbers(snapshot.bids), asks: numbers(snapshot.asks) },
        ...{ nonce: snapshotId, timestamp: 1_700_000_000_000 },
      });
      exchange.orderbooks[symbol] = book;
    },
    run() {
      for (const data of session.frames) {
        client.onMessage({ data });
        const { bids, asks } = current();
        if (bids[0][0] === asks[0][0]) sink++;
      }
    },
    book: () => {
      const pairs = (levels: number[][]) =>
        levels.map(([price, amount]): [number, number] => [price as number, amount as number]);
      const { bids, asks } = current();
      return { bids: pairs(bids), asks: pairs(asks) };
    },
  };
}

function requireEqual(contender: Contender, { end }: Session): void {
  const book = contender.book();
  if (book === undefined) return;
  for (const side of ["bids", "asks"] as const) {
    const expected = end[side].map(([price, amount]) => [Number(price), Number(amount)]);
    if (JSON.stringify(book[side]) !== JSON.stringify(expected)) {
      throw new Error(`${contender.name} ends with other ${side} than were sent`);
    }
  }
}

function shuffled<T>(list: readonly T[]): T[] {
  return list
    .map((item) => [Math.random(), item] as const)
    .sort(([a], [b]) => a - b)
    .map(([, item]) => item);
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] as number;
}

const results = SHAPES.map((shape) => {
  const session = createSession(shape);
  const contenders = [createConn, createPlain, createJsonParse, createCcxt].map((create) => create(session));
  const rounds: Map<string, number>[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const times = new Map<string, number>();
    for (const contender of shuffled(contenders)) {
      contender.reset(session);
      const start = process.hrtime.bigint();
      contender.run();
      times.set(contender.name, Number(process.hrtime.bigint() - start) / session.frames.length);
      requireEqual(contender, session);
    }
    if (round >= WARM_UP) rounds.push(times);
  }
  const bytes = session.frames.reduce((sum, frame) => sum + frame.length, 0) / session.frames.length;
  const row: Record<string, string | number> = { shape: shape.name, bytes: Math.round(bytes) };
  for (const { name } of contenders) {
    row[`${name} ns`] = Math.round(median(rounds.map((times) => times.get(name) as number)));
  }
  for (const { name } of contenders.slice(1)) {
    const ratio = median(rounds.map((times) => (times.get(name) as number) / (times.get("conn") as number)));
    row[`${name} / conn`] = Number(ratio.toFixed(1));
  }
  return row;
});

console.log(
  `Node ${process.version} on ${process.arch}; medians of ${ROUNDS - WARM_UP} rounds, ns per frame.`,
);
console.log(
  "JSON.parse only parses; plain JS is a book of sorted arrays on top of it; ccxt is ccxt pro's own handler.",
);
console.table(Object.fromEntries(results.map(({ shape, ...row }) => [shape, row])));
if (sink === 0) throw new Error("nothing was read");
