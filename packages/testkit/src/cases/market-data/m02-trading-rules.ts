import { Decimal, ProtocolError, type TradingRules } from "@conn/core";
import type { ConformanceCase } from "../../run/conformance-case.js";
import { must, mustBeError, mustEqual } from "../../run/failure.js";
import type { VenueRules } from "../../venue/conformance-venue.js";

/**
 * Given the rules that the venue publishes, and one entry that cannot be understood.
 * Do start.
 * Expect each increment, minimum and maximum of every instrument as published, books' scales that
 * hold an increment, a problem event for the malformed entry, and all other instruments.
 */
export const tradingRules: ConformanceCase = {
  id: "M02",
  title: "trading rules are complete; a malformed one is skipped and reported, the rest kept",
  async run(stage) {
    const { venue } = stage;
    venue.listMalformed();
    const probe = stage.connect();
    await probe.start();
    const { instruments } = probe.connector;
    mustEqual(instruments.size, venue.listings().length, "the number of instruments beside a malformed one");
    for (const { tradingPair, exchangeSymbol, rules, priceScale, amountScale } of instruments.values()) {
      mustEqual(plain(textsOf(rules)), plain(venue.rulesOf(exchangeSymbol)), `the rules of ${tradingPair}`);
      must(
        priceScale >= rules.priceIncrement.decimalPlaces(),
        `a price scale of ${tradingPair} that holds its increment`,
      );
      must(
        amountScale >= rules.amountIncrement.decimalPlaces(),
        `an amount scale of ${tradingPair} that holds its increment`,
      );
      must(
        rules.orderTypes.length > 0 && rules.timeInForce.length > 0,
        `order types and times in force of ${tradingPair}`,
      );
    }
    const problems = probe.problems();
    mustEqual(problems.length, 1, "the number of problems told");
    mustBeError(problems[0], ProtocolError, "MALFORMED_INSTRUMENT");
  },
};

function textsOf(rules: TradingRules): VenueRules {
  const { market } = rules;
  return {
    priceIncrement: rules.priceIncrement.toFixed(),
    amountIncrement: rules.amountIncrement.toFixed(),
    ...text("minPrice", rules.minPrice),
    ...text("maxPrice", rules.maxPrice),
    ...text("minAmount", rules.minAmount),
    ...text("maxAmount", rules.maxAmount),
    ...text("marketMinAmount", market?.minAmount),
    ...text("marketMaxAmount", market?.maxAmount),
    ...text("marketAmountIncrement", market?.amountIncrement),
    ...text("minNotional", rules.minNotional),
    ...text("maxNotional", rules.maxNotional),
  };
}

function text(name: keyof VenueRules, value: Decimal | undefined): Partial<VenueRules> {
  return value === undefined ? {} : { [name]: value.toFixed() };
}

/** Rules with their numbers in one spelling, sorted. */
function plain(rules: VenueRules): readonly (readonly [string, string])[] {
  return Object.entries(rules)
    .map(([name, value]) => [name, new Decimal(value).toFixed()] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}
