import type { JsonKeys, JsonScanner, LevelBatch, LevelSide } from "@conn/core";

/**
 * Goes to the next key of the object that is one of `keys` and has a value other than null.
 *
 * @returns the key; undefined at the end of the object, which is then left.
 */
export function nextField(scanner: JsonScanner, keys: JsonKeys): string | undefined {
  for (let key = scanner.nextKey(keys); key >= 0; key = scanner.nextKey(keys)) {
    if (!scanner.tryNull()) return keys.names[key];
  }
  return undefined;
}

/**
 * Reads an array of levels that are objects, or `[price, amount, …]` where an element is an array.
 *
 * @param keys The names of price and amount, in this order.
 */
export function readLevelRows(
  scanner: JsonScanner,
  keys: JsonKeys,
  batch: LevelBatch,
  side: LevelSide,
): void {
  scanner.enterArray();
  while (scanner.nextElement()) {
    if (scanner.peek() === "array") {
      scanner.enterArray();
      scanner.nextElement();
      scanner.readPrice();
      scanner.nextElement();
      scanner.readAmount();
      scanner.leave();
    } else {
      scanner.enterObject();
      for (let key = scanner.nextKey(keys); key >= 0; key = scanner.nextKey(keys)) {
        if (key === 0) scanner.readPrice();
        else scanner.readAmount();
      }
    }
    scanner.pushLevel(batch, side);
  }
}

/** Reads a word or a number, such as an error code, as its text. */
export function readText(scanner: JsonScanner): string {
  if (scanner.peek() === "string") return scanner.readString();
  return new TextDecoder().decode(scanner.readRaw());
}

/** Reads a time in ISO 8601 as ms since 1970-01-01 UTC; undefined if it is none. */
export function readIsoTime(scanner: JsonScanner): number | undefined {
  const time = Date.parse(scanner.readString());
  return Number.isNaN(time) ? undefined : time;
}

/** Whether a frame is exactly this text, as answers to a ping are that are not JSON. */
export function isText(data: Uint8Array, text: string): boolean {
  return (
    data.length === text.length &&
    Buffer.from(data.buffer, data.byteOffset, data.length).toString("latin1") === text
  );
}
