import { Decimal, type TradeEvent } from "@conn/core";
import type { ConformanceCase } from "../../run/conformance-case.js";
import { must, mustEqual } from "../../run/failure.js";
import type { Probe } from "../../run/probe.js";
import type { Stage } from "../../run/stage.js";
import type { VenueTrade } from "../../venue/conformance-venue.js";

/** How long the venue is away, in virtual ms: short enough that it still knows what was traded then. */
const OUTAGE_MS = 3_000;

/**
 * Given a pair whose trades are followed.
 * Do let half a minute pass; let trades come twice; lose some where their ids show it; cut the connections and keep
 * the venue away for some seconds.
 * Expect every trade of the venue once and in order, with its id, the side of the taker, price, amount and time.
 * Where the venue lets missed trades be had, expect those too, marked as recovered, and no others so.
 */
export const publicTrades: ConformanceCase = {
  id: "M30",
  title: "trades: each once and in order, side of the taker, none lost where the venue can give them again",
  needs: "publicTrades",
  async run(stage) {
    const { world, venue } = stage;
    const [pair] = stage.pairs(1);
    const { trades, tradesRequest } = stage.definition.orderBooks;
    const stream = tradeStreamOf(stage, pair);
    const probe = await stage.follow([pair]);
    await world.advance(30_000);
    const told = tradesOf(probe, pair);
    must(told.length >= 5, `at least 5 trades in half a minute, not ${told.length}`);
    mustEqual(
      told.filter(({ trade }) => trade.recovered).length,
      0,
      "recovered trades while none was missed",
    );
    expectTrue(stage, probe, pair, true);

    venue.faults.duplicate({ stream }, 3);
    await world.advance(10_000);
    expectTrue(stage, probe, pair, true);

    const showsLoss = trades.ids === "contiguous" && tradesRequest !== undefined;
    const recovered = (): number => tradesOf(probe, pair).filter(({ trade }) => trade.recovered).length;
    if (showsLoss) {
      const lost = venue.faults.lose({ stream }, 2);
      await world.until(() => lost.done, { withinMs: 60_000, what: "lost trades" });
      await world.advance(10_000);
      must(recovered() >= 2, `at least the two lost trades to be recovered, not ${recovered()}`);
      expectTrue(stage, probe, pair, true);
    }

    const before = recovered();
    const away = venue.faults.rejectUpgrade({}, { status: 503 }, Number.POSITIVE_INFINITY);
    must(venue.faults.drop() > 0, "connections that can be dropped");
    await world.advance(OUTAGE_MS);
    away.cancel();
    await probe.untilLive([pair]);
    await world.advance(20_000);
    const canRecover = showsLoss || trades.backlogOnSubscribe;
    must(!canRecover || recovered() > before, "trades of the outage to be recovered");
    must(canRecover || recovered() === before, "no trade to be called recovered");
    expectTrue(stage, probe, pair, canRecover);
  },
  async inverse(stage) {
    const probe = await stage.follow(stage.pairs(1));
    await stage.world.advance(10_000);
    mustEqual(probe.events.filter(({ type }) => type === "trade").length, 0, "trades that are not supported");
  },
};

function tradeStreamOf(stage: Stage, pair: string): string {
  const topics = stage.definition.orderBooks.topics(stage.instrumentOf(stage.symbolOf(pair)));
  const stream = topics.find(({ carries }) => carries === "trades")?.topic;
  must(stream !== undefined, "a stream that carries trades");
  return stream;
}

function tradesOf(probe: Probe, pair: string): readonly TradeEvent[] {
  return probe.events.filter((event) => event.type === "trade").filter((event) => event.tradingPair === pair);
}

/**
 * Expects the trades told to be those of the venue.
 *
 * @param whole Whether all of the venue's from the first one told to the last one must be among them.
 */
function expectTrue(stage: Stage, probe: Probe, pair: string, whole: boolean): void {
  const told = tradesOf(probe, pair).map(({ trade }) =>
    write({
      tradeId: trade.tradeId,
      side: trade.side,
      price: trade.price.toFixed(),
      amount: trade.amount.toFixed(),
      exchangeTimestamp: trade.exchangeTimestamp,
    }),
  );
  must(stage.venue.tradesOf !== undefined, "a simulated venue that has tradesOf");
  const truth = stage.venue.tradesOf(stage.symbolOf(pair)).map(write);
  const from = truth.indexOf(told[0] ?? "");
  const to = truth.lastIndexOf(told.at(-1) ?? "");
  must(from >= 0, `a trade of the venue's, not ${told[0]}; its latest are ${truth.slice(-3).join(", ")}`);
  must(to >= 0, `a trade of the venue's, not ${told.at(-1)}; its latest are ${truth.slice(-3).join(", ")}`);
  const known = new Set(told);
  const wanted = truth.slice(from, to + 1).filter((trade) => whole || known.has(trade));
  const index = told.findIndex((trade, place) => trade !== wanted[place]);
  must(
    index < 0 && told.length === wanted.length,
    `the venue's trades, each once and in order, but trade ${index} is ${told[index]} instead of ${wanted[index]} (${told.length} told, the venue had ${wanted.length})`,
  );
}

function write({ tradeId, side, price, amount, exchangeTimestamp }: VenueTrade): string {
  const [plainPrice, plainAmount] = [price, amount].map((text) => new Decimal(text).toFixed());
  return `${tradeId} ${side} ${plainAmount} at ${plainPrice}, time ${exchangeTimestamp}`;
}
