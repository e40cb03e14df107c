import { Decimal, type Instrument, type InstrumentListing, ProtocolError, type RestCall } from "@conn/core";
import * as v from "valibot";
import { publicCall } from "./rest.js";

const increment = v.pipe(
  v.string(),
  v.regex(/^\d+(\.\d+)?$/),
  v.transform((text) => new Decimal(text)),
  v.check((value) => value.gt(0), "must be above 0"),
);
const scale = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(30));

const ENTRY = v.object({
  symbol: v.pipe(v.string(), v.nonEmpty()),
  base_ccy: v.pipe(v.string(), v.nonEmpty()),
  quote_ccy: v.pipe(v.string(), v.nonEmpty()),
  quote_decimals: scale,
  quantity_decimals: scale,
  price_tick_size: increment,
  qty_tick_size: increment,
  tradable: v.boolean(),
});
const LISTING = v.object({ data: v.array(v.unknown()) });
/** Spot pairs. The list also has swaps, futures and options, which are other products. */
const SPOT = v.looseObject({ inst_type: v.literal("CCY_PAIR") });

/**
 * All spot pairs; an entry that is malformed is left out and reported.
 *
 * @see https://exchange-developer.crypto.com/exchange/v1/docs/api/market-data-rest (public/get-instruments)
 */
export const instruments: RestCall<InstrumentListing> = publicCall("public/get-instruments", {}, (result) => {
  const found: Instrument[] = [];
  const problems: ProtocolError[] = [];
  for (const entry of v.parse(LISTING, result).data) {
    // Whatever says that it is another product is one; whatever says nothing is broken.
    if (typeof entry === "object" && entry !== null && "inst_type" in entry && !v.is(SPOT, entry)) continue;
    const read = v.safeParse(ENTRY, entry);
    if (read.success) {
      found.push(toInstrument(read.output));
      continue;
    }
    const { symbol } = (entry ?? {}) as { readonly symbol?: unknown };
    problems.push(
      new ProtocolError(
        "MALFORMED_INSTRUMENT",
        `the entry of ${String(symbol)} in get-instruments cannot be used`,
        {
          cause: new v.ValiError(read.issues),
          details: { exchangeSymbol: symbol },
        },
      ),
    );
  }
  return { instruments: found, problems };
});

function toInstrument(entry: v.InferOutput<typeof ENTRY>): Instrument {
  return {
    tradingPair: `${entry.base_ccy}-${entry.quote_ccy}`,
    exchangeSymbol: entry.symbol,
    type: "spot",
    base: entry.base_ccy,
    quote: entry.quote_ccy,
    payoff: "linear",
    amountUnit: "base",
    contractSize: new Decimal(1),
    priceScale: entry.quote_decimals,
    amountScale: entry.quantity_decimals,
    status: entry.tradable ? "trading" : "halted",
    venueStatus: entry.tradable ? "tradable" : "not tradable",
    rules: {
      priceIncrement: entry.price_tick_size,
      amountIncrement: entry.qty_tick_size,
      // The venue publishes no least amount; less than one increment cannot be written.
      minAmount: entry.qty_tick_size,
      orderTypes: ["limit", "limitMaker", "market"],
      timeInForce: ["gtc", "ioc", "fok"],
    },
  };
}
