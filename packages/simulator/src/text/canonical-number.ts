import { Decimal } from "@conn/core";

/** The one spelling of a decimal number: no exponent, no needless zeros. @throws {Error} if it is no number. */
export function canonicalNumber(text: string): string {
  const plain = /^0*(\d+?)(?:\.(\d*?)0*)?$/.exec(text);
  if (plain === null) return new Decimal(text).toFixed();
  return plain[2] === undefined || plain[2] === "" ? plain[1]! : `${plain[1]}.${plain[2]}`;
}
