import { type Connector, Decimal, type Instrument, type OrderRequest, type Random } from "@conn/core";
import { below, pick } from "../fault-kind.js";

/** Worth of orders in quote, from and to. */
const LEAST_WORTH = 12;
const MOST_WORTH = 4_000;
/** Least time ahead of a gtd order's end, in ms, with which venues take it. */
const NEAREST_END_MS = 620_000;

/** A whole number between two as text, small ones as likely as large ones. */
function worth(random: Random): Decimal {
  return new Decimal((LEAST_WORTH * (MOST_WORTH / LEAST_WORTH) ** random.next()).toFixed(2));
}

/** A price away from a best price: `away` of it, toward worse for who trades if positive. */
function priceFrom(best: Decimal, away: number): Decimal {
  return best.times(new Decimal((1 + away).toFixed(6)));
}

function onStep(value: Decimal, step: Decimal): Decimal {
  return step.isZero() ? value : value.div(step).toDecimalPlaces(0, Decimal.ROUND_FLOOR).times(step);
}

/** A price and an amount for a limit order that rests, or takes; undefined without a live book. */
export function drawPrice(
  { orderBooks }: Pick<Connector, "orderBooks">,
  { tradingPair, rules }: Instrument,
  side: "buy" | "sell",
  isTaking: boolean,
  random: Random,
): Decimal | undefined {
  const book = orderBooks.get(tradingPair);
  if (book?.integrity.state !== "live") return undefined;
  const own = side === "buy" ? book.bestBid : book.bestAsk;
  const other = side === "buy" ? book.bestAsk : book.bestBid;
  const best = (isTaking ? other : own)?.price;
  if (best === undefined) return undefined;
  // Near enough to be filled now and then, or far away.
  const far = pick([0, 0.0002, 0.001, 0.005, 0.02], random) * random.next();
  const worse = side === "buy" ? far : -far;
  const price = onStep(priceFrom(best, isTaking ? worse / 4 : -worse), rules.priceIncrement);
  return price.gt(0) ? price : undefined;
}

/** An order that a program may want: every type and time in force that the connector has, now and then off its steps. */
export function drawOrder(
  connector: Connector,
  instrument: Instrument,
  random: Random,
): OrderRequest | undefined {
  const { trading } = connector.supports;
  if (trading === undefined) return undefined;
  const { tradingPair, rules } = instrument;
  const side = pick(["buy", "sell"] as const, random);
  const orderType = pick(
    (["limit", "limit", "limit", "limitMaker", "market"] as const).filter((type) =>
      trading.orderTypes.includes(type),
    ),
    random,
  );
  const taking = random.next() < 0.25;
  const price = drawPrice(connector, instrument, side, taking, random);
  if (price === undefined) return undefined;
  const value = worth(random);
  const timeInForce = pick(
    (["gtc", "gtc", "gtc", "ioc", "fok", "gtd"] as const).filter((word) => trading.timeInForce.includes(word)),
    random,
  );
  const isOff = random.next() < 0.2;
  const exact = value.div(price).toSignificantDigits(12);
  const amount = isOff ? exact : onStep(exact, rules.amountIncrement);
  if (amount.isZero()) return undefined;
  const common = { tradingPair, side, quantize: isOff, amount };
  if (orderType === "market") {
    if (trading.quoteAmount && side === "buy" && random.next() < 0.5)
      return { tradingPair, side, orderType, quoteAmount: value };
    return {
      ...common,
      orderType,
      ...(trading.reduceOnly && random.next() < 0.2 && { reduceOnly: true }),
    };
  }
  if (orderType === "limitMaker") return { ...common, orderType, price };
  if (timeInForce === "gtd") {
    const expireTimestamp =
      Math.ceil(connector.venueTime().timestamp) + NEAREST_END_MS + below(random, 600_000);
    return { ...common, orderType, price, timeInForce, expireTimestamp };
  }
  return { ...common, orderType, price, timeInForce };
}
