import type { Connector } from "@conn/core";
import { quote } from "../arguments/read-arguments.js";
import { suggest } from "../arguments/suggest.js";
import { UsageError } from "../arguments/usage-error.js";

/**
 * The pair that a person means: in any case, or in the venue's own spelling.
 *
 * @throws {UsageError} with the nearest names.
 */
export function resolvePair(
  { name, instruments }: Pick<Connector, "name" | "instruments">,
  text: string,
): string {
  if (instruments.has(text)) return text;
  const wanted = text.toUpperCase();
  for (const { tradingPair, exchangeSymbol } of instruments.values()) {
    if (tradingPair.toUpperCase() === wanted || exchangeSymbol.toUpperCase() === wanted) return tradingPair;
  }
  const nearest = suggest(text, instruments.keys());
  const hint = nearest.length > 0 ? `; did you mean ${nearest.join(", ")}?` : "";
  throw new UsageError(`${name} does not list ${quote(text)}${hint}`);
}
