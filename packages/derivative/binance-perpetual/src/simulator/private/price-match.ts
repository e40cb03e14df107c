import { Decimal } from "@conn/core";
import type { ContractMarket } from "../market/contract-market.js";
import { privateRefusals } from "./private-refusals.js";
import { refuse } from "./refused.js";

/**
 * The price that a `priceMatch` stands for: the n-th best of the other side (OPPONENT) or of the own one (QUEUE).
 *
 * @throws {Refused}
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/common-definition
 */
export function matchedPrice(market: ContractMarket, side: "buy" | "sell", priceMatch: string): Decimal {
  const match = /^(OPPONENT|QUEUE)(?:_(5|10|20))?$/.exec(priceMatch);
  if (match === null) return refuse(privateRefusals.priceMatch);
  const { bids, asks } = market.market;
  const own = side === "buy" ? bids : asks;
  const other = side === "buy" ? asks : bids;
  const ladder = match[1] === "QUEUE" ? own : other;
  const rank = Number(match[2] ?? 1) - 1;
  if (rank >= ladder.size) return refuse(privateRefusals.noDepthForPriceMatch);
  return new Decimal(market.priceText(ladder.tickAt(rank)));
}
