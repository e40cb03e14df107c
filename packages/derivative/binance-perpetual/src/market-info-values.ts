import type { JsonScanner, TickerMessage } from "@conn/core";

/** A value that a ticker may have. */
export type TickerValue = Exclude<keyof TickerMessage, "type" | "exchangeSymbol" | "exchangeTimestamp">;

/** Values of a ticker as they are read, one after the other. */
export type TickerValues = { [Value in TickerValue]?: string | null | undefined };

/** Reads a value: `null` for a price of zero, by which the venue says that there is none; undefined if it is empty. */
export function readTickerValue(scanner: JsonScanner, value: TickerValue): string | null | undefined {
  const text = scanner.readOptionalDecimal();
  const mayBeZero = value === "baseVolume" || value === "quoteVolume";
  return text === undefined || mayBeZero || !isZero(text) ? text : null;
}

/** Reads a mark or index price; undefined where there is none: then it is empty or zero. */
export function readReferencePrice(scanner: JsonScanner): string | undefined {
  const text = scanner.readOptionalDecimal();
  return text === undefined || isZero(text) ? undefined : text;
}

/** Reads a time in ms; undefined for `null` and 0, by which the venue says that there is none. */
export function readTime(scanner: JsonScanner): number | undefined {
  return scanner.tryNull() ? undefined : scanner.readInteger() || undefined;
}

function isZero(text: string): boolean {
  return !/[1-9]/.test(text);
}
