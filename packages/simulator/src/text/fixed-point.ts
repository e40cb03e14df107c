/**
 * Reads a plain decimal text as a whole number of units of 10^-scale.
 *
 * @throws {TypeError} if the text is not a plain non-negative decimal, or has more decimals than `scale`
 *   other than zeros, or does not fit a safe integer.
 */
export function parseFixed(text: string, scale: number): number {
  const match = /^(\d+)(?:\.(\d+))?$/.exec(text);
  if (match === null) throw new TypeError(`not a plain decimal: ${text}`);
  const decimals = (match[2] ?? "").replace(/0+$/, "");
  if (decimals.length > scale) throw new TypeError(`${text} has more than ${scale} decimals`);
  // Digits only, so the conversion is exact as long as the result is a safe integer.
  const units = Number(match[1] + decimals.padEnd(scale, "0"));
  if (!Number.isSafeInteger(units)) throw new TypeError(`${text} is too large`);
  return units;
}

/** Writes a whole number of units of 10^-scale as a decimal text with exactly `scale` decimals. */
export function formatFixed(units: number | bigint, scale: number): string {
  if (units < 0) return `-${formatFixed(-units, scale)}`;
  const digits = String(units);
  if (scale === 0) return digits;
  if (digits.length > scale) return `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  return `0.${digits.padStart(scale, "0")}`;
}

/** Divides and rounds half up; both numbers positive or the dividend negative. */
export function divideRounded(dividend: bigint, divisor: bigint): bigint {
  if (dividend < 0n) return -divideRounded(-dividend, divisor);
  return (dividend * 2n + divisor) / (divisor * 2n);
}
