// A live order book while its venue misbehaves: it loses a change, drops the connection, falls silent. See the
// book notice, and recover. The venue is simulated on this machine: no network is needed.
//
//   npm start                     30 seconds, then a summary; q or Ctrl-C ends it earlier
//   npm start -- --duration 60    the same, slower
//   npm start -- --live           the real venue, to which nothing is done
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import type {} from "@conn/binance-perpetual"; // types of create("binance-perpetual", …)
import { type BinancePerpetualSimulator, startSimulator } from "@conn/binance-perpetual/simulator";
import { type CommandIo, createLiveDisplay, type LiveDisplay, type Remark, runProcess } from "@conn/cli";
import { type BookLevel, type Clock, ConnError, type Connector } from "@conn/core";
import { createRegistry } from "@conn/registry";

const TRADING_PAIR = "BTC-USDT";
const EXCHANGE_SYMBOL = "BTCUSDT";
const USUAL_SECONDS = 30;
const FEWEST_SECONDS = 10;
const MOST_SECONDS = 86_400;

/** Something that goes wrong at the venue. */
interface Mishap {
  /** When, as a share of the whole time. */
  readonly at: number;
  readonly announcement: string;
  readonly report: string;
  /** What there is to see while it lasts. */
  readonly banner: string;
  run(venue: BinancePerpetualSimulator): void;
}

/** A mishap that happened, and what became of it. Moments are milliseconds since the start. */
interface Outcome {
  readonly mishap: Mishap;
  readonly happenedAt: number;
  /** When the book said that it is not to be trusted. */
  noticedAt?: number;
  liveAgainAt?: number;
}

/** How often the book was held against the venue's own. */
interface Comparisons {
  equal: number;
  different: number;
}

const ALL_IS_WELL: Remark = {
  tone: "good",
  text: "All is well: every change of the venue is in this book.",
};

/** The time that the whole takes, in milliseconds since its start. Waiting fails with an `AbortError` when it ends early. */
class Story {
  readonly totalMs: number;
  readonly #clock: Clock;
  readonly #startedAt: number;
  readonly #signal: AbortSignal;

  constructor(io: CommandIo, totalMs: number, signal: AbortSignal) {
    this.totalMs = totalMs;
    this.#clock = io.ports.clock;
    this.#startedAt = io.ports.clock.monotonic();
    this.#signal = signal;
  }

  get elapsedMs(): number {
    return this.#clock.monotonic() - this.#startedAt;
  }

  get isOver(): boolean {
    return this.elapsedMs >= this.totalMs;
  }

  /** Waits until a moment of the story, but not beyond its end. */
  async until(momentMs: number): Promise<void> {
    const delayMs = Math.min(momentMs, this.totalMs) - this.elapsedMs;
    await wait(Math.max(0, delayMs), undefined, { signal: this.#signal });
  }

  /** Waits for some time, but not beyond the end of the story. */
  pause(durationMs: number): Promise<void> {
    return this.until(this.elapsedMs + durationMs);
  }
}

function planMishaps(totalMs: number): Mishap[] {
  const silenceMs = totalMs / 7.5;
  return [
    {
      at: 5 / 30,
      announcement: "the venue will lose one change of the book",
      report: "lost one change",
      banner: "A change was lost. Watch: the next one will not follow the one before it.",
      run: ({ faults }) => faults.lose({ kind: "depth", symbol: EXCHANGE_SYMBOL }),
    },
    {
      at: 12 / 30,
      announcement: "the venue will drop the connection",
      report: "dropped the connection",
      banner: "The connection is gone. Watch: the last known levels stay, in gray.",
      run: ({ faults }) => faults.drop({ route: "public" }),
    },
    {
      at: 19 / 30,
      announcement: `the venue will fall silent for ${seconds(silenceMs)}, the connection open`,
      report: `fell silent for ${seconds(silenceMs)}`,
      banner: "The venue is silent. Watch: a market may be quiet, but a ping has its answer.",
      run: ({ faults }) => faults.silence({ route: "public" }, silenceMs),
    },
  ];
}

async function main(io: CommandIo): Promise<number> {
  const request = readOptions();
  if (request === undefined) {
    io.stderr.write(`Usage: [--live] [--duration S], S from ${FEWEST_SECONDS} to ${MOST_SECONDS} seconds\n`);
    return 2;
  }
  return request.live ? watchRealVenue(io, request.totalMs) : watchSimulatedVenue(io, request.totalMs);
}

function readOptions(): { readonly live: boolean; readonly totalMs: number } | undefined {
  try {
    const options = { live: { type: "boolean" }, duration: { type: "string" } } as const;
    const { live = false, duration = USUAL_SECONDS } = parseArgs({ options }).values;
    const length = Number(duration);
    return length >= FEWEST_SECONDS && length <= MOST_SECONDS ? { live, totalMs: length * 1_000 } : undefined;
  } catch {
    return undefined;
  }
}

async function watchSimulatedVenue(io: CommandIo, totalMs: number): Promise<number> {
  const venue = await startSimulator({ ports: io.ports });
  const registry = createRegistry({ from: import.meta.url });
  const connector = await registry.create("binance-perpetual", {
    environment: "sim",
    urls: venue.urls,
    tradingPairs: [TRADING_PAIR],
    // Less patient than a bot need be, so that there is something to see within seconds.
    socket: {
      backoff: { initialMs: 300, factor: 2, maxMs: 1_000, jitter: 0.2 },
      pingAfterIdleMs: 500,
      silentAfterMs: 500,
      deadAfterMs: 1_500,
    },
  });
  try {
    await connector.start({ signal: io.signal });
    return await misbehaveAndWatch(io, venue, connector, totalMs);
  } finally {
    await connector.stop();
    await venue.close();
  }
}

async function misbehaveAndWatch(
  io: CommandIo,
  venue: BinancePerpetualSimulator,
  connector: Connector,
  totalMs: number,
): Promise<number> {
  const quit = new AbortController();
  const signal = AbortSignal.any([io.signal, quit.signal]);
  const story = new Story(io, totalMs, signal);
  const outcomes: Outcome[] = [];
  connector.on("orderBookState", ({ previous, state }) => {
    const outcome = outcomes.at(-1);
    if (previous === "live" && outcome !== undefined) outcome.noticedAt ??= story.elapsedMs;
    if (state === "live" && outcome?.noticedAt !== undefined) outcome.liveAgainAt ??= story.elapsedMs;
  });
  const comparisons: Comparisons = { equal: 0, different: 0 };
  const display = createLiveDisplay({
    connector,
    tradingPairs: [TRADING_PAIR],
    io,
    title: "binance-perpetual, simulated on this machine",
    onQuit: () => quit.abort(),
  });
  try {
    await Promise.all([
      runMishaps(story, venue, display, outcomes),
      compareBooks(story, venue, connector, display, comparisons),
    ]);
  } catch (error) {
    // Leaving early is not a failure; anything else is.
    if (!signal.aborted) throw error;
  } finally {
    display.close();
  }
  const { diffs } = connector.orderBook(TRADING_PAIR).integrity;
  io.stdout.write(summarize(outcomes, comparisons, diffs, story.elapsedMs));
  const recovered = outcomes.every(({ liveAgainAt }) => liveAgainAt !== undefined);
  return comparisons.different === 0 && (recovered || signal.aborted) ? 0 : 1;
}

/** Announces each mishap, lets it happen, and waits until the book is live again. */
async function runMishaps(
  story: Story,
  venue: BinancePerpetualSimulator,
  display: LiveDisplay,
  outcomes: Outcome[],
): Promise<void> {
  const noticeSeconds = Math.min(3, Math.floor(story.totalMs / 10_000));
  for (const mishap of planMishaps(story.totalMs)) {
    const happensAt = mishap.at * story.totalMs;
    display.setBanner(ALL_IS_WELL);
    for (let left = noticeSeconds; left > 0; left -= 1) {
      await story.until(happensAt - left * 1_000);
      const announcement: Remark = { tone: "busy", text: `In ${left} s ${mishap.announcement} …` };
      display.setBanner(announcement);
      if (left === noticeSeconds && !display.isScreen) display.say(announcement);
    }
    await story.until(happensAt);
    mishap.run(venue);
    const outcome: Outcome = { mishap, happenedAt: story.elapsedMs };
    outcomes.push(outcome);
    display.say({ tone: "busy", text: `▶ the venue ${mishap.report}` });
    display.setBanner({ tone: "bad", text: mishap.banner });
    while (outcome.liveAgainAt === undefined && !story.isOver) await story.pause(20);
    display.setBanner({ tone: "good", text: `${describe(outcome)}.` });
    await story.pause(story.totalMs / 10);
  }
  display.setBanner(ALL_IS_WELL);
  await story.until(story.totalMs);
}

/** Holds the book against the venue's own, each second and whenever trust is lost or regained. */
async function compareBooks(
  story: Story,
  venue: BinancePerpetualSimulator,
  connector: Connector,
  display: LiveDisplay,
  comparisons: Comparisons,
): Promise<void> {
  const compare = (): void => display.setRemark(TRADING_PAIR, compareOnce(venue, connector, comparisons));
  const off = connector.on("orderBookState", compare);
  try {
    while (!story.isOver) {
      compare();
      await story.pause(1_000);
    }
  } finally {
    off();
  }
}

/** Only a simulated venue lets us see its book as it was at any update. */
function compareOnce(
  venue: BinancePerpetualSimulator,
  connector: Connector,
  comparisons: Comparisons,
): Remark {
  const book = connector.orderBook(TRADING_PAIR);
  const { state, lastUpdateId } = book.integrity;
  if (state !== "live") return { tone: "busy", text: "not live, so not held against the venue's book" };
  const truth = venue.machine.bookAt(EXCHANGE_SYMBOL, Number(lastUpdateId));
  if (truth === undefined) throw new Error(`the venue does not know its book at ${lastUpdateId}`);
  if (isSame(book.bids(), truth.bids) && isSame(book.asks(), truth.asks)) {
    comparisons.equal += 1;
    const count = book.bidCount + book.askCount;
    return { tone: "good", text: `equal to the venue's book, level for level (${count} levels)` };
  }
  comparisons.different += 1;
  return { tone: "bad", text: "DIFFERS FROM THE VENUE'S BOOK: a fault of conn, please report it" };
}

function isSame(levels: readonly BookLevel[], truth: readonly (readonly [string, string])[]): boolean {
  if (levels.length !== truth.length) return false;
  return levels.every(({ price, amount }, index) => {
    const [truePrice, trueAmount] = truth[index] ?? ["0", "0"];
    return price.eq(truePrice) && amount.eq(trueAmount);
  });
}

async function watchRealVenue(io: CommandIo, totalMs: number): Promise<number> {
  const registry = createRegistry({ from: import.meta.url });
  const connector = await registry.create("binance-perpetual", { tradingPairs: [TRADING_PAIR] });
  try {
    await connector.start({ signal: io.signal });
    const quit = new AbortController();
    const display = createLiveDisplay({
      connector,
      tradingPairs: [TRADING_PAIR],
      io,
      title: "binance-perpetual, the real venue",
      onQuit: () => quit.abort(),
    });
    const story = new Story(io, totalMs, AbortSignal.any([io.signal, quit.signal]));
    await story.until(totalMs).catch(() => undefined);
    display.close();
    const { state, diffs, gaps, resyncs } = connector.orderBook(TRADING_PAIR).integrity;
    io.stdout.write(`The book is ${state}: ${diffs} changes applied, ${gaps} gaps, ${resyncs} resyncs.\n`);
    return 0;
  } catch (error) {
    if (io.signal.aborted) return 0;
    if (!(error instanceof ConnError)) throw error;
    io.stderr.write(`The real venue cannot be reached from here (${error.code}): ${error.message}\n`);
    return 1;
  } finally {
    await connector.stop();
  }
}

function summarize(
  outcomes: readonly Outcome[],
  { equal, different }: { readonly equal: number; readonly different: number },
  diffs: number,
  elapsedMs: number,
): string {
  const lines = outcomes.map((outcome) => {
    const { happenedAt, mishap } = outcome;
    return `${seconds(happenedAt).padStart(7)}  ${mishap.report.padEnd(22)}  ${describe(outcome)}`;
  });
  const verdict =
    different === 0
      ? `It was held against the venue's own book ${equal} times while it said it was live,\nand was equal each time, level for level.`
      : `It DIFFERED from the venue's own book in ${different} of ${equal + different} comparisons.`;
  return [
    "",
    `One order book of a venue that misbehaved, ${seconds(elapsedMs)}, ${diffs} changes applied:`,
    ...lines,
    "",
    verdict,
    "",
    "The real venue:   npm start -- --live",
    "Your own pairs:   npm run conn -- watch binance-perpetual BTC-USDT ETH-USDT",
    "",
  ].join("\n");
}

function describe({ happenedAt, noticedAt, liveAgainAt }: Outcome): string {
  if (noticedAt === undefined) return "Not noticed yet";
  const noticed = `Noticed after ${seconds(noticedAt - happenedAt)}`;
  if (liveAgainAt === undefined) return `${noticed}, not live again yet`;
  return `${noticed}, live again ${seconds(liveAgainAt - noticedAt)} later`;
}

function seconds(durationMs: number): string {
  return durationMs < 1_000 ? `${Math.round(durationMs)} ms` : `${(durationMs / 1_000).toFixed(1)} s`;
}

await runProcess(process, main);
