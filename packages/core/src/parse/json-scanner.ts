import { ProtocolError } from "../errors/index.js";
import { INT32_DIGITS, MAX_EXACT_DIGITS, POWERS_OF_TEN } from "./exact-limits.js";
import { formatExactNumber, parseExactNumber, parsePlainDecimal } from "./exact-number.js";
import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  DIGIT_0,
  MINUS,
  OPEN_BRACE,
  OPEN_BRACKET,
  POINT,
  QUOTE,
} from "./json-characters.js";
import { HASH_FACTOR, HASH_START, type JsonKeys } from "./json-keys.js";
import type { LevelBatch, LevelSide } from "./level-batch.js";
import { TextCache } from "./text-cache.js";
import type { UpdateId } from "./update-id.js";

/** What kind of JSON value comes next. */
export type JsonKind = "object" | "array" | "string" | "number" | "boolean" | "null";

/** Containers inside containers that a frame may have; no venue comes near it. */
export const MAX_JSON_DEPTH = 64;

/** What `#skipTo` must find next. */
const VALUE = 0;
const KEY = 1;
const FIRST = 2;
const AFTER_VALUE = 3;
type Expected = typeof VALUE | typeof KEY | typeof FIRST | typeof AFTER_VALUE;

const PRICE = 0;
const AMOUNT = 1;

const MAX_UINT64 = (1n << 64n) - 1n;
const MAX_UINT64_DIGITS = 20;

/** The scanner's copy of a frame starts at this size and is not kept above `KEPT_CAPACITY`. */
const INITIAL_CAPACITY = 1 << 14;
const KEPT_CAPACITY = 1 << 20;

/**
 * Reads one JSON text after another from UTF-8 bytes, by calls that follow the shape of the frame, and
 * makes no object or string for what it reads but where a method says so.
 *
 * It accepts exactly the texts that `JSON.parse` accepts, up to 64 containers deep, in time linear in
 * their length. Beyond that it refuses a key of `nextKey` that occurs twice in one object, and a number
 * that is read, not skipped, outside 1e±300. Whatever it refuses is a `ProtocolError` with code
 * `MALFORMED_FRAME` and the byte `offset` in its details. After an error only `reset` may be called, and
 * levels that were already read remain in the batch.
 *
 * What a caller does not read is skipped, and checked: the value of a key or element when the next one
 * is asked for, the rest of a container by `leave`, the rest of the frame by `finish`.
 *
 * One scanner serves many connections, as a frame is read in one go.
 *
 * @example
 * ```ts
 * import { ASK, BID, defineKeys, JsonScanner, LevelBatch } from "@conn/core";
 *
 * const UPDATE = defineKeys("symbol", "id", "bids", "asks");
 * const scanner = new JsonScanner();
 * const batch = new LevelBatch();
 *
 * function parseUpdate(bytes: Uint8Array) {
 *   let symbol = "";
 *   let lastUpdateId: number | bigint = 0;
 *   batch.clear();
 *   scanner.reset(bytes);
 *   scanner.enterObject();
 *   for (let key = scanner.nextKey(UPDATE); key >= 0; key = scanner.nextKey(UPDATE)) {
 *     if (key === 0) symbol = scanner.readSymbol();
 *     else if (key === 1) lastUpdateId = scanner.readUpdateId();
 *     else scanner.readLevels(batch, key === 2 ? BID : ASK);
 *   }
 *   scanner.finish();
 *   return { symbol, lastUpdateId };
 * }
 * ```
 */
export class JsonScanner {
  /**
   * A copy of the frame, closed by a zero byte. No JSON text holds one, so every loop below ends there
   * without comparing its position with the length.
   */
  #bytes: Buffer = Buffer.allocUnsafeSlow(INITIAL_CAPACITY);
  #length = 0;
  #pos = 0;
  #depth = 0;
  /** Opening bracket of each open container, from depth 1. */
  readonly #brackets: Uint8Array = new Uint8Array(MAX_JSON_DEPTH + 1);
  /** Keys met in each open object, as bits. */
  readonly #keysMet: Int32Array = new Int32Array(MAX_JSON_DEPTH + 1);
  /** Whether the innermost container was just entered. */
  #fresh = false;
  /** Where the value stands that was announced last; nobody has read it while the position is still there. */
  #announced = 0;
  /** Whether the string scanned last has escapes or bytes beyond ASCII. */
  #intricate = false;
  /** Whether the number scanned last has an exponent. */
  #exponent = false;
  /** Price and amount of the level being read, NaN where its exact text is in `#texts` or nothing was read. */
  readonly #numbers: Float64Array = new Float64Array([Number.NaN, Number.NaN]);
  readonly #texts: (string | undefined)[] = [undefined, undefined];
  readonly #symbols = new TextCache();
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

  /** Starts on another frame. The bytes are copied, so the caller's buffer is free at once. */
  reset(bytes: Uint8Array): void {
    const needed = bytes.length + 1;
    const capacity = this.#bytes.length;
    if (needed > capacity || (capacity > KEPT_CAPACITY && needed <= KEPT_CAPACITY)) {
      let size = INITIAL_CAPACITY;
      while (size < needed) size *= 2;
      this.#bytes = Buffer.allocUnsafeSlow(size);
    }
    this.#bytes.set(bytes);
    this.#bytes[bytes.length] = 0;
    this.#length = bytes.length;
    this.#pos = 0;
    this.#depth = 0;
    this.#fresh = false;
    this.#announced = 0;
    this.#forgetLevel();
  }

  /** The kind of the value that comes next; reads nothing. */
  peek(): JsonKind {
    const pos = this.#space(this.#pos);
    switch (this.#bytes[pos]) {
      case OPEN_BRACE:
        return "object";
      case OPEN_BRACKET:
        return "array";
      case QUOTE:
        return "string";
      case 0x74: // t
      case 0x66: // f
        return "boolean";
      case 0x6e: // n
        return "null";
      default:
        if (this.#bytes[pos] !== MINUS && (this.#bytes[pos]! ^ DIGIT_0) > 9) throw this.#malformed(pos);
        return "number";
    }
  }

  /** Enters the object that comes next. */
  enterObject(): void {
    this.#enter(OPEN_BRACE);
    this.#keysMet[this.#depth] = 0;
  }

  /**
   * Goes to the next key of the object that is one of `keys`, and skips all others.
   * Use one set of keys for an object from its beginning to its end.
   *
   * @returns the key's index in `keys`, or -1 at the end of the object, which is then left.
   */
  nextKey(keys: JsonKeys): number {
    while (this.#next(CLOSE_BRACE)) {
      const bytes = this.#bytes;
      const start = this.#pos + 1;
      if (bytes[start - 1] !== QUOTE) throw this.#malformed(start - 1);
      let hash = HASH_START;
      let end = start;
      let byte = bytes[end]!;
      while (byte !== QUOTE && byte !== BACKSLASH && byte >= 0x20) {
        hash = Math.imul(hash ^ byte, HASH_FACTOR);
        byte = bytes[++end]!;
      }
      let index: number;
      if (byte === QUOTE) {
        index = keys.find(bytes, start, end, hash);
      } else {
        end = this.#stringEnd(start);
        index = keys.names.indexOf(this.#decode(start, end));
      }
      this.#colon(end + 1);
      if (index >= 0) {
        const bit = 1 << index;
        // JSON.parse would let the last one win; here the first is already read.
        if ((this.#keysMet[this.#depth]! & bit) !== 0) throw this.#malformed(start);
        this.#keysMet[this.#depth]! |= bit;
        return index;
      }
    }
    return -1;
  }

  /**
   * Goes to the next key of the object, whatever it is; for objects whose keys are data.
   *
   * @returns the key, or undefined at the end of the object, which is then left.
   */
  readKey(): string | undefined {
    if (!this.#next(CLOSE_BRACE)) return undefined;
    const start = this.#pos + 1;
    if (this.#bytes[start - 1] !== QUOTE) throw this.#malformed(start - 1);
    const key = this.#symbol(start);
    this.#colon(this.#pos);
    return key;
  }

  /** Enters the array that comes next. */
  enterArray(): void {
    this.#enter(OPEN_BRACKET);
  }

  /**
   * Goes to the next element of the array.
   *
   * @returns false at the end of the array, which is then left.
   */
  nextElement(): boolean {
    if (!this.#next(CLOSE_BRACKET)) return false;
    this.#announced = this.#pos;
    return true;
  }

  /** Skips what is left of the innermost container that was entered, and leaves it. */
  leave(): void {
    if (this.#depth === 0) throw new TypeError("leave() needs an open object or array");
    if (this.#pos === this.#announced) this.skip();
    this.#skipTo(this.#depth - 1, this.#fresh ? FIRST : AFTER_VALUE);
  }

  /** Skips the value that comes next, whatever it is. */
  skip(): void {
    this.#skipTo(this.#depth, VALUE);
  }

  /** Skips all that was not read, and makes sure that the frame ends after its value. */
  finish(): void {
    if (this.#pos === this.#announced) this.skip();
    if (this.#depth > 0) this.#skipTo(0, this.#fresh ? FIRST : AFTER_VALUE);
    const pos = this.#space(this.#pos);
    if (pos !== this.#length) throw this.#malformed(pos);
  }

  /** Reads a string into a new string; for texts that rarely repeat. */
  readString(): string {
    const start = this.#openString();
    const end = this.#stringEnd(start);
    this.#pos = end + 1;
    return this.#intricate ? this.#decode(start, end) : this.#bytes.toString("latin1", start, end);
  }

  /** Reads a string that frames repeat, such as a symbol: it is taken from a cache where possible. */
  readSymbol(): string {
    return this.#symbol(this.#openString());
  }

  /**
   * Reads an integer of up to 64 bits, written as a number or as a string.
   *
   * @returns a number where it is safe (up to 2^53 - 1 on either side of zero), otherwise a bigint.
   */
  readUpdateId(): UpdateId {
    const bytes = this.#bytes;
    let pos = this.#space(this.#pos);
    const quoted = bytes[pos] === QUOTE;
    if (quoted) pos++;
    const first = pos;
    const negative = bytes[pos] === MINUS;
    if (negative) pos++;
    const start = pos;
    let head = 0;
    let digit = bytes[pos]! ^ DIGIT_0;
    while (digit <= 9 && pos - start < INT32_DIGITS) {
      head = (head * 10 + digit) | 0;
      digit = bytes[++pos]! ^ DIGIT_0;
    }
    const headEnd = pos;
    let tail = 0;
    while (digit <= 9) {
      tail = (tail * 10 + digit) | 0;
      digit = bytes[++pos]! ^ DIGIT_0;
    }
    const digits = pos - start;
    if (
      digits === 0 ||
      digits > MAX_UINT64_DIGITS ||
      (bytes[start] === DIGIT_0 && (digits > 1 || negative))
    ) {
      throw this.#malformed(first);
    }
    // A fraction or an exponent is refused: an id or a time in ms has none.
    const after = bytes[pos]!;
    if (quoted ? after !== QUOTE : after === POINT || (after | 0x20) === 0x65) throw this.#malformed(pos);
    this.#pos = quoted ? pos + 1 : pos;
    if (digits <= MAX_EXACT_DIGITS) {
      const value = head * POWERS_OF_TEN[pos - headEnd]! + tail;
      return negative ? -value : value;
    }
    const big = BigInt(bytes.toString("latin1", first, pos));
    if (big > MAX_UINT64 || big < -MAX_UINT64) throw this.#malformed(first);
    const number = Number(big);
    return Number.isSafeInteger(number) ? number : big;
  }

  /** Reads an integer up to 2^53 - 1 on either side of zero, such as a timestamp, from a number or a string. */
  readInteger(): number {
    const pos = this.#pos;
    const id = this.readUpdateId();
    if (typeof id === "bigint") throw this.#malformed(pos);
    return id;
  }

  /** Reads `true` or `false`. */
  readBoolean(): boolean {
    const pos = this.#space(this.#pos);
    const value = this.#bytes[pos] === 0x74;
    this.#pos = this.#literalEnd(pos, value ? "true" : "false");
    return value;
  }

  /** Reads `null` if that comes next. */
  tryNull(): boolean {
    const pos = this.#space(this.#pos);
    if (this.#bytes[pos] !== 0x6e) return false;
    this.#pos = this.#literalEnd(pos, "null");
    return true;
  }

  /**
   * Reads a number, written as a number or as a string, into a new string: a plain decimal without
   * exponent, as the frame has it.
   */
  readDecimal(): string {
    let start = this.#space(this.#pos);
    const quoted = this.#bytes[start] === QUOTE;
    if (quoted) start++;
    const end = this.#numberEnd(start);
    if (quoted && this.#bytes[end] !== QUOTE) throw this.#malformed(end);
    this.#pos = quoted ? end + 1 : end;
    const text = this.#bytes.toString("latin1", start, end);
    if (!this.#exponent) return text;
    const plain = parsePlainDecimal(text);
    if (plain === undefined) throw this.#malformed(start);
    return plain;
  }

  /** As `readDecimal`; undefined for `null` and for an empty string, by which venues say that there is none. */
  readOptionalDecimal(): string | undefined {
    if (this.tryNull()) return undefined;
    const start = this.#space(this.#pos);
    if (this.#bytes[start] !== QUOTE || this.#bytes[start + 1] !== QUOTE) return this.readDecimal();
    this.#pos = start + 2;
    return undefined;
  }

  /** Reads any value as its bytes, which are valid until the next `reset`. */
  readRaw(): Uint8Array {
    const start = this.#space(this.#pos);
    this.skip();
    return this.#bytes.subarray(start, this.#pos);
  }

  /**
   * Reads an array of levels `[price, amount, ...]` into `batch`; numbers may be strings, and what
   * follows the amount in a level is skipped.
   */
  readLevels(batch: LevelBatch, side: LevelSide): void {
    this.#enter(OPEN_BRACKET);
    const bytes = this.#bytes;
    let pos = this.#space(this.#pos);
    if (bytes[pos] === CLOSE_BRACKET) {
      this.#close(pos);
      return;
    }
    const levelsFit = this.#depth < MAX_JSON_DEPTH;
    for (;;) {
      // Nearly all levels have no white space and short numbers. All others are read again by #readLevel.
      const row = batch.nextRow();
      let end =
        bytes[pos] === OPEN_BRACKET && levelsFit ? readPlainNumber(bytes, pos + 1, batch.prices, row) : 0;
      end = bytes[end] === COMMA ? readPlainNumber(bytes, end + 1, batch.amounts, row) : 0;
      const after = bytes[end]!;
      if (after === CLOSE_BRACKET || after === COMMA) {
        batch.sides[row] = side;
        batch.length = row + 1;
        pos = after === CLOSE_BRACKET ? end + 1 : this.#levelEnd(end);
      } else {
        this.#pos = pos;
        this.#readLevel(batch, side);
        pos = this.#pos;
      }
      let byte = bytes[pos]!;
      if (byte !== COMMA) {
        pos = this.#space(pos);
        byte = bytes[pos]!;
        if (byte === CLOSE_BRACKET) break;
        if (byte !== COMMA) throw this.#malformed(pos);
      }
      pos++;
    }
    this.#close(pos);
  }

  /**
   * Reads the price of a level, from a number or a string; with `readAmount` and `pushLevel` for levels
   * of another shape than `readLevels` knows.
   */
  readPrice(): void {
    this.#readNumber(PRICE);
  }

  /** Reads the amount of a level, from a number or a string. */
  readAmount(): void {
    this.#readNumber(AMOUNT);
  }

  /** Appends the level whose price and amount were read since the last call; it is malformed without them. */
  pushLevel(batch: LevelBatch, side: LevelSide): void {
    const price = this.#numbers[PRICE]!;
    const amount = this.#numbers[AMOUNT]!;
    const priceText = this.#texts[PRICE];
    const amountText = this.#texts[AMOUNT];
    if (price >= 0 && amount >= 0) {
      batch.push(side, price, amount);
    } else if ((price >= 0 || priceText !== undefined) && (amount >= 0 || amountText !== undefined)) {
      batch.pushExact(side, {
        price: priceText ?? formatExactNumber(price),
        amount: amountText ?? formatExactNumber(amount),
      });
    } else {
      throw this.#malformed(this.#pos);
    }
    this.#forgetLevel();
  }

  #forgetLevel(): void {
    this.#numbers[PRICE] = Number.NaN;
    this.#numbers[AMOUNT] = Number.NaN;
    this.#texts[PRICE] = undefined;
    this.#texts[AMOUNT] = undefined;
  }

  /** Reads a level `[price, amount, ...]` of any shape. */
  #readLevel(batch: LevelBatch, side: LevelSide): void {
    this.enterArray();
    if (!this.nextElement()) throw this.#malformed(this.#pos);
    this.readPrice();
    if (!this.nextElement()) throw this.#malformed(this.#pos);
    this.readAmount();
    this.leave();
    this.pushLevel(batch, side);
  }

  /** Position after the level whose amount ended at `pos`; skips what follows the amount. */
  #levelEnd(pos: number): number {
    const outer = this.#depth;
    this.#brackets[++this.#depth] = OPEN_BRACKET;
    this.#pos = pos;
    this.#skipTo(outer, AFTER_VALUE);
    return this.#pos;
  }

  #readNumber(slot: typeof PRICE | typeof AMOUNT): void {
    const bytes = this.#bytes;
    let start = this.#space(this.#pos);
    const quoted = bytes[start] === QUOTE;
    if (quoted) start++;
    const end = this.#numberEnd(start);
    if (quoted && bytes[end] !== QUOTE) throw this.#malformed(end);
    this.#pos = quoted ? end + 1 : end;

    let mantissa = 0;
    let pos = start;
    let places = 0;
    let digit = bytes[pos]! ^ DIGIT_0;
    while (digit <= 9) {
      mantissa = mantissa * 10 + digit;
      digit = bytes[++pos]! ^ DIGIT_0;
    }
    let digits = pos - start;
    if (bytes[pos] === POINT) {
      const point = pos;
      digit = bytes[++pos]! ^ DIGIT_0;
      while (digit <= 9) {
        mantissa = mantissa * 10 + digit;
        digit = bytes[++pos]! ^ DIGIT_0;
      }
      places = pos - point - 1;
      digits += places;
    }
    // A minus or an exponent leaves `pos` short of `end`.
    if (pos === end && digits <= MAX_EXACT_DIGITS) {
      this.#numbers[slot] = mantissa / POWERS_OF_TEN[places]!;
      this.#texts[slot] = undefined;
      return;
    }
    const number = parseExactNumber(bytes.toString("latin1", start, end));
    if (number === undefined) throw this.#malformed(start);
    this.#numbers[slot] = typeof number === "number" ? number : Number.NaN;
    this.#texts[slot] = typeof number === "number" ? undefined : number;
  }

  #malformed(offset: number): ProtocolError {
    const what = offset >= this.#length ? "ends too early" : "is malformed";
    return new ProtocolError("MALFORMED_FRAME", `the frame ${what} at byte ${offset}`, {
      details: { offset, length: this.#length },
    });
  }

  /** Position of the first byte from `pos` on that is not white space. */
  #space(pos: number): number {
    const bytes = this.#bytes;
    let byte = bytes[pos]!;
    while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) byte = bytes[++pos]!;
    return pos;
  }

  #enter(bracket: number): void {
    const pos = this.#space(this.#pos);
    if (this.#bytes[pos] !== bracket || this.#depth === MAX_JSON_DEPTH) throw this.#malformed(pos);
    this.#brackets[++this.#depth] = bracket;
    this.#fresh = true;
    this.#pos = pos + 1;
  }

  /** Leaves a container whose closing bracket stands at `pos`. */
  #close(pos: number): void {
    if (this.#depth === 0) throw this.#malformed(pos);
    this.#depth--;
    this.#fresh = false;
    this.#pos = pos + 1;
  }

  /** Goes to the start of the next key or element, or past the closing bracket: then false. */
  #next(closing: number): boolean {
    if (this.#pos === this.#announced) this.skip();
    const pos = this.#space(this.#pos);
    const byte = this.#bytes[pos];
    if (byte === closing) {
      this.#close(pos);
      return false;
    }
    if (this.#fresh) {
      this.#fresh = false;
      this.#pos = pos;
    } else {
      if (byte !== COMMA) throw this.#malformed(pos);
      this.#pos = this.#space(pos + 1);
    }
    return true;
  }

  /** Goes past the colon after a key, to the value. */
  #colon(pos: number): void {
    const colon = this.#space(pos);
    if (this.#bytes[colon] !== COLON) throw this.#malformed(colon);
    this.#pos = this.#space(colon + 1);
    this.#announced = this.#pos;
  }

  #openString(): number {
    const pos = this.#space(this.#pos);
    if (this.#bytes[pos] !== QUOTE) throw this.#malformed(pos);
    return pos + 1;
  }

  /** The string whose first character stands at `start`, from the cache if it is plain ASCII. */
  #symbol(start: number): string {
    const bytes = this.#bytes;
    let hash = HASH_START;
    let end = start;
    let byte = bytes[end]!;
    while (byte !== QUOTE && byte !== BACKSLASH && byte >= 0x20 && byte < 0x80) {
      hash = Math.imul(hash ^ byte, HASH_FACTOR);
      byte = bytes[++end]!;
    }
    const plain = byte === QUOTE;
    if (!plain) end = this.#stringEnd(start);
    this.#pos = end + 1;
    return plain ? this.#symbols.text(bytes, start, end, hash) : this.#decode(start, end);
  }

  /** Position of the quote that ends the string whose first character stands at `start`. */
  #stringEnd(start: number): number {
    const bytes = this.#bytes;
    let union = 0;
    let escaped = false;
    let pos = start;
    for (;;) {
      const byte = bytes[pos]!;
      if (byte === QUOTE) break;
      if (byte < 0x20) throw this.#malformed(pos);
      union |= byte;
      pos++;
      if (byte === BACKSLASH) {
        escaped = true;
        pos = this.#escapeEnd(pos);
      }
    }
    this.#intricate = escaped || union >= 0x80;
    return pos;
  }

  #escapeEnd(pos: number): number {
    const bytes = this.#bytes;
    switch (bytes[pos]) {
      case QUOTE:
      case BACKSLASH:
      case 0x2f: // /
      case 0x62: // b
      case 0x66: // f
      case 0x6e: // n
      case 0x72: // r
      case 0x74: // t
        return pos + 1;
      case 0x75: // u
        for (let at = pos + 1; at < pos + 5; at++) {
          const byte = bytes[at]!;
          const letter = byte | 0x20;
          if ((byte ^ DIGIT_0) > 9 && (letter < 0x61 || letter > 0x66)) throw this.#malformed(at);
        }
        return pos + 5;
      default:
        throw this.#malformed(pos);
    }
  }

  /** The string between two quotes, of which `start` is behind the first and `end` at the last. */
  #decode(start: number, end: number): string {
    let text: string;
    try {
      text = this.#decoder.decode(this.#bytes.subarray(start, end));
    } catch {
      throw this.#malformed(start);
    }
    return text.includes("\\") ? (JSON.parse(`"${text}"`) as string) : text;
  }

  /** Position after the number that starts at `start`. */
  #numberEnd(start: number): number {
    const bytes = this.#bytes;
    let pos = bytes[start] === MINUS ? start + 1 : start;
    if (bytes[pos] === DIGIT_0) pos++;
    else pos = this.#digitsEnd(pos);
    if (bytes[pos] === POINT) pos = this.#digitsEnd(pos + 1);
    this.#exponent = (bytes[pos]! | 0x20) === 0x65;
    if (!this.#exponent) return pos;
    pos++;
    if (bytes[pos] === 0x2b || bytes[pos] === MINUS) pos++;
    return this.#digitsEnd(pos);
  }

  #digitsEnd(start: number): number {
    const bytes = this.#bytes;
    let pos = start;
    while ((bytes[pos]! ^ DIGIT_0) <= 9) pos++;
    if (pos === start) throw this.#malformed(pos);
    return pos;
  }

  #literalEnd(start: number, literal: string): number {
    for (let index = 0; index < literal.length; index++) {
      if (this.#bytes[start + index] !== literal.charCodeAt(index)) throw this.#malformed(start + index);
    }
    return start + literal.length;
  }

  /** Reads on, and checks, until only `depth` containers are open. Not recursive: nesting costs no stack. */
  #skipTo(depth: number, from: Expected): void {
    const bytes = this.#bytes;
    const brackets = this.#brackets;
    let open = this.#depth;
    let pos = this.#pos;
    let expected = from;
    while (expected !== AFTER_VALUE || open > depth) {
      pos = this.#space(pos);
      const byte = bytes[pos]!;
      const inObject = brackets[open] === OPEN_BRACE;
      switch (expected) {
        case FIRST:
          if (byte !== (inObject ? CLOSE_BRACE : CLOSE_BRACKET)) {
            expected = inObject ? KEY : VALUE;
            break;
          }
          pos++;
          open--;
          expected = AFTER_VALUE;
          break;
        case AFTER_VALUE:
          if (byte === COMMA) expected = inObject ? KEY : VALUE;
          else if (byte === (inObject ? CLOSE_BRACE : CLOSE_BRACKET)) open--;
          else throw this.#malformed(pos);
          pos++;
          break;
        case KEY:
          if (byte !== QUOTE) throw this.#malformed(pos);
          pos = this.#space(this.#stringEnd(pos + 1) + 1);
          if (bytes[pos] !== COLON) throw this.#malformed(pos);
          pos++;
          expected = VALUE;
          break;
        case VALUE:
          expected = AFTER_VALUE;
          switch (byte) {
            case QUOTE:
              pos = this.#stringEnd(pos + 1) + 1;
              break;
            case OPEN_BRACE:
            case OPEN_BRACKET:
              if (open === MAX_JSON_DEPTH) throw this.#malformed(pos);
              brackets[++open] = byte;
              pos++;
              expected = FIRST;
              break;
            case 0x74: // t
              pos = this.#literalEnd(pos, "true");
              break;
            case 0x66: // f
              pos = this.#literalEnd(pos, "false");
              break;
            case 0x6e: // n
              pos = this.#literalEnd(pos, "null");
              break;
            default:
              pos = this.#numberEnd(pos);
          }
      }
    }
    this.#pos = pos;
    this.#depth = depth;
    this.#fresh = false;
  }
}

/**
 * Reads a number of at most 9 digits on either side of its point and 15 in all, between quotes or not.
 * Puts it in `target`. Both halves are summed in int32, which is faster than in doubles.
 *
 * @returns the position after it; 0, where the frame has no comma or closing bracket, for any other shape.
 */
function readPlainNumber(bytes: Uint8Array, at: number, target: Float64Array, index: number): number {
  const quoted = bytes[at] === QUOTE;
  const start = quoted ? at + 1 : at;
  let pos = start;
  let whole = 0;
  let digit = bytes[pos]! ^ DIGIT_0;
  while (digit <= 9) {
    whole = (whole * 10 + digit) | 0;
    digit = bytes[++pos]! ^ DIGIT_0;
  }
  const wholes = pos - start;
  if (wholes === 0 || wholes > INT32_DIGITS || (wholes > 1 && bytes[start] === DIGIT_0)) return 0;
  if (digit === (POINT ^ DIGIT_0)) {
    const point = pos;
    let fraction = 0;
    digit = bytes[++pos]! ^ DIGIT_0;
    while (digit <= 9) {
      fraction = (fraction * 10 + digit) | 0;
      digit = bytes[++pos]! ^ DIGIT_0;
    }
    const places = pos - point - 1;
    if (places === 0 || places > INT32_DIGITS || wholes + places > MAX_EXACT_DIGITS) return 0;
    const power = POWERS_OF_TEN[places]!;
    target[index] = (whole * power + fraction) / power;
  } else {
    target[index] = whole;
  }
  if (!quoted) return pos;
  return digit === (QUOTE ^ DIGIT_0) ? pos + 1 : 0;
}
