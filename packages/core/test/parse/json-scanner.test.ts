import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Decimal } from "../../src/decimal/decimal.js";
import { ProtocolError } from "../../src/errors/index.js";
import { defineKeys } from "../../src/parse/json-keys.js";
import { JsonScanner } from "../../src/parse/json-scanner.js";
import { ASK, BID, LevelBatch } from "../../src/parse/level-batch.js";
import type { UpdateId } from "../../src/parse/update-id.js";

const scanner = new JsonScanner();

function open(text: string | Uint8Array): JsonScanner {
  scanner.reset(typeof text === "string" ? Buffer.from(text) : text);
  return scanner;
}

/** What `read` returns, or undefined if the frame is malformed. Any other error fails the test. */
function attempt<T>(read: () => T): { value: T } | undefined {
  try {
    return { value: read() };
  } catch (error) {
    if (error instanceof ProtocolError && error.code === "MALFORMED_FRAME") {
      expect(error.details.offset).toBeTypeOf("number");
      return undefined;
    }
    throw error;
  }
}

function expectMalformed(text: string | Uint8Array, read: (scanner: JsonScanner) => void): void {
  open(text);
  expect(attempt(() => read(scanner))).toBeUndefined();
}

function parsed(text: string): { value: unknown } | undefined {
  try {
    // Zero has no sign here, as no price or amount has one.
    return { value: JSON.parse(text, (_key, value: unknown) => (value === 0 ? 0 : value)) };
  } catch {
    return undefined;
  }
}

/** Reads any value with the scanner's own calls. */
function readAny(): unknown {
  switch (scanner.peek()) {
    case "object": {
      const entries: [string, unknown][] = [];
      scanner.enterObject();
      for (let key = scanner.readKey(); key !== undefined; key = scanner.readKey())
        entries.push([key, readAny()]);
      return Object.fromEntries(entries);
    }
    case "array": {
      const elements: unknown[] = [];
      scanner.enterArray();
      while (scanner.nextElement()) elements.push(readAny());
      return elements;
    }
    case "string":
      return scanner.readSymbol();
    case "number":
      return Number(scanner.readDecimal()) + 0;
    case "boolean":
      return scanner.readBoolean();
    case "null":
      expect(scanner.tryNull()).toBe(true);
      return null;
  }
}

function readWhole(): unknown {
  const value = readAny();
  scanner.finish();
  return value;
}

const space = fc.string({ unit: fc.constantFrom(" ", "\n", "\r", "\t"), maxLength: 2 });

/** JSON texts with white space, escapes and numbers that JSON.stringify would not write. */
const { json } = fc.letrec<{ json: string; value: string }>((tie) => ({
  json: fc.tuple(space, tie("value"), space).map((parts) => parts.join("")),
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom(
      "true",
      "false",
      "null",
      "0",
      "-0",
      "[]",
      "{}",
      '""',
      '"\\u00e9\\"\\\\{[\\/"',
      '"é€😀"',
      "1.50e+3",
      "-1E-2",
    ),
    fc.string({ unit: "binary" }).map((text) => JSON.stringify(text)),
    fc
      .double({ noDefaultInfinity: true, noNaN: true, min: -1e290, max: 1e290 })
      // The scanner refuses to write out numbers below 1e-300.
      .map((number) => JSON.stringify(Math.abs(number) < 1e-290 ? 0 : number)),
    fc.maxSafeInteger().map(String),
    fc.array(tie("json"), { maxLength: 4 }).map((elements) => `[${elements.join(",")}]`),
    fc
      .array(fc.tuple(space, fc.string({ maxLength: 3 }), space, tie("json")), { maxLength: 4 })
      .map(
        (members) =>
          `{${members.map(([a, key, b, value]) => `${a}${JSON.stringify(key)}${b}:${value}`).join(",")}}`,
      ),
  ),
}));

/** Texts that are nearly JSON: a valid one with bytes changed, inserted, removed or cut off. */
const nearlyJson = fc
  .tuple(
    json,
    fc.array(
      fc.record({
        at: fc.nat(),
        kind: fc.constantFrom("set", "insert", "remove", "cut"),
        byte: fc.oneof(
          fc.constantFrom(...Buffer.from('[]{}",:\\0123.-+eEu tfn/\0')),
          fc.integer({ min: 0, max: 255 }),
        ),
      }),
      { minLength: 1, maxLength: 3 },
    ),
  )
  .map(([text, edits]) => {
    let bytes = [...Buffer.from(text)];
    for (const { at, kind, byte } of edits) {
      const index = at % (bytes.length + 1);
      if (kind === "set" && index < bytes.length) bytes[index] = byte;
      else if (kind === "insert") bytes.splice(index, 0, byte);
      else if (kind === "remove") bytes.splice(index, 1);
      else bytes = bytes.slice(0, index);
    }
    return Buffer.from(bytes);
  });

describe("any JSON", () => {
  it("skips exactly the text of a value", () => {
    fc.assert(
      fc.property(json, json, (first, second) => {
        open(`[${first},${second}]`);
        scanner.enterArray();
        expect(scanner.nextElement()).toBe(true);
        const raw = scanner.readRaw();
        expect(Buffer.from(raw).toString()).toBe(first.trim());
        expect(scanner.nextElement()).toBe(true);
        scanner.skip();
        expect(scanner.nextElement()).toBe(false);
        scanner.finish();
      }),
    );
  });

  it("accepts, skipping, what JSON.parse accepts and nothing else", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          nearlyJson,
          json.map((text) => Buffer.from(text)),
        ),
        (bytes) => {
          open(bytes);
          expect(attempt(() => scanner.finish()) !== undefined).toBe(parsed(bytes.toString()) !== undefined);
        },
      ),
      { numRuns: 3000 },
    );
  });

  it("reads what JSON.parse reads", () => {
    fc.assert(
      fc.property(json, (text) => {
        open(text);
        expect(readWhole()).toStrictEqual(parsed(text)?.value);
      }),
    );
  });

  it("reads what JSON.parse reads, or refuses, where bytes are broken", () => {
    fc.assert(
      fc.property(nearlyJson, (bytes) => {
        open(bytes);
        const read = attempt(readWhole);
        if (read !== undefined) expect(read).toStrictEqual(parsed(bytes.toString()));
      }),
      { numRuns: 3000 },
    );
  });

  it("leaves a container at any point", () => {
    fc.assert(
      fc.property(fc.array(json, { maxLength: 4 }), fc.nat(5), fc.boolean(), (elements, count, readLast) => {
        open(`[[${elements.join(",")}],7]`);
        scanner.enterArray();
        scanner.nextElement();
        scanner.enterArray();
        for (let index = 0; index < Math.min(count, elements.length); index++) {
          expect(scanner.nextElement()).toBe(true);
          if (readLast) readAny();
        }
        scanner.leave();
        expect(scanner.nextElement()).toBe(true);
        expect(scanner.readInteger()).toBe(7);
        scanner.finish();
      }),
    );
  });
});

describe("hostile frames", () => {
  it.each([
    "",
    " ",
    "{",
    "[",
    '"',
    "nul",
    "tru",
    "-",
    "1.",
    "1e",
    "[1,]",
    '{"a":1,}',
    '{"a"}',
    "{1:2}",
    "[1 2]",
    "1 2",
    "{}}",
    "]",
    "01",
    "+1",
    '"\t"',
    '"\\x"',
    '"\\u12g4"',
    "\uFEFF{}",
    "[1]\0",
    "NaN",
    "'a'",
  ])("refuses %j", (text) => expectMalformed(text, (it) => it.finish()));

  it("takes 64 containers inside each other, and not one more", () => {
    const nested = (depth: number) => `${'{"a":['.repeat(depth / 2)}${"]}".repeat(depth / 2)}`;
    open(nested(64)).finish();
    expectMalformed(nested(66), (it) => it.finish());
    expectMalformed("[".repeat(1_000_000), (it) => it.finish());
    expectMalformed("[".repeat(65), (it) => {
      for (;;) it.enterArray();
    });
    const atLimit = (levels: string) => `${"[".repeat(62)}${levels}${"]".repeat(62)}`;
    const readDeep = (it: JsonScanner) => {
      for (let depth = 0; depth < 62; depth++) it.enterArray();
      it.readLevels(new LevelBatch(), BID);
      it.finish();
    };
    readDeep(open(atLimit('[["1","2",3]]')));
    expectMalformed(atLimit('[["1","2",[3]]]'), readDeep);
    expectMalformed(atLimit('[[["1","2"]]]'), (it) => {
      it.enterArray();
      readDeep(it);
    });
  });

  it("names the byte at fault", () => {
    open('{"a":tru}');
    expect(() => scanner.finish()).toThrow(
      expect.objectContaining({ code: "MALFORMED_FRAME", details: { offset: 8, length: 9 } }),
    );
  });

  it("is ready for the next frame after a malformed one", () => {
    expectMalformed('{"b":[["1","2"],["3",', (it) => {
      it.enterObject();
      it.readKey();
      it.readLevels(new LevelBatch(), BID);
    });
    expectMalformed("[[]]", (it) => it.readLevels(new LevelBatch(), BID));
    expectMalformed("[]]", (it) => {
      it.enterArray();
      while (it.nextElement());
      it.nextElement();
    });
    open("[]");
    scanner.enterArray();
    expect(scanner.nextElement()).toBe(false);
    scanner.finish();
  });

  it("refuses bytes that are not UTF-8 in a string that is returned", () => {
    const bytes = Buffer.concat([Buffer.from('["'), Buffer.from([0xc3, 0x28]), Buffer.from('"]')]);
    open(bytes).finish();
    for (const read of [() => scanner.readString(), () => scanner.readSymbol()]) {
      expectMalformed(bytes, () => {
        scanner.enterArray();
        scanner.nextElement();
        read();
      });
    }
  });
});

describe("keys", () => {
  const KEYS = defineKeys("e", "E", "s", "data", "é");

  it("come in any order, unknown ones are skipped, unread values too", () => {
    open(' { "x" : {"e":[1,"}"]} , "data":[1], "s":"BTC","E":5, "\\u0065":"ev","é":1 } ');
    scanner.enterObject();
    expect(scanner.nextKey(KEYS)).toBe(3);
    expect(scanner.nextKey(KEYS)).toBe(2);
    expect(scanner.readSymbol()).toBe("BTC");
    expect(scanner.nextKey(KEYS)).toBe(1);
    expect(scanner.readInteger()).toBe(5);
    expect(scanner.nextKey(KEYS)).toBe(0);
    expect(scanner.readString()).toBe("ev");
    expect(scanner.nextKey(KEYS)).toBe(4);
    expect(scanner.nextKey(KEYS)).toBe(-1);
    scanner.finish();
  });

  it("are refused when they occur twice in one object, and only then", () => {
    const readAll = (it: JsonScanner) => {
      it.enterObject();
      while (it.nextKey(KEYS) >= 0);
      it.finish();
    };
    expectMalformed('{"e":1,"e":2}', readAll);
    expectMalformed('{"e":1,"\\u0065":2}', readAll);
    readAll(open('{"y":1,"y":2}'));
    open('[{"e":1},{"e":2}]');
    scanner.enterArray();
    while (scanner.nextElement()) {
      scanner.enterObject();
      while (scanner.nextKey(KEYS) >= 0);
    }
    scanner.finish();
  });

  it("are found among as many as 32 by all their bytes", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ maxLength: 3 }), { minLength: 1, maxLength: 32 }),
        fc.nat(),
        (names, cut) => {
          const known = names.slice(0, 1 + (cut % names.length));
          const keys = defineKeys(...known);
          open(JSON.stringify(Object.fromEntries(names.map((name) => [name, 0]))));
          scanner.enterObject();
          const found: number[] = [];
          for (let key = scanner.nextKey(keys); key >= 0; key = scanner.nextKey(keys)) found.push(key);
          scanner.finish();
          expect(found.toSorted((a, b) => a - b)).toEqual(known.map((_, index) => index));
        },
      ),
    );
  });

  it("cannot be defined twice, or none, or more than 32", () => {
    expect(() => defineKeys()).toThrow(TypeError);
    expect(() => defineKeys("a", "a")).toThrow(TypeError);
    expect(() => defineKeys(...Array.from({ length: 33 }, (_, index) => `k${index}`))).toThrow(TypeError);
  });
});

describe("values", () => {
  const read = <T>(text: string, take: (it: JsonScanner) => T): { value: T } | undefined => {
    open(text);
    return attempt(() => {
      const value = take(scanner);
      scanner.finish();
      return value;
    });
  };

  it.each<[string, UpdateId | undefined]>([
    ["0", 0],
    ["-1", -1],
    ['"1"', 1],
    ["123456789012345", 123456789012345],
    ["9007199254740991", 9007199254740991],
    ["9007199254740992", 9007199254740992n],
    ['"9007199254740993"', 9007199254740993n],
    ["-9007199254740993", -9007199254740993n],
    ["18446744073709551615", 18446744073709551615n],
    ["18446744073709551616", undefined],
    ["100000000000000000000", undefined],
    ["-0", undefined],
    ["01", undefined],
    ["1.0", undefined],
    ["1e3", undefined],
    ["1E3", undefined],
    ['""', undefined],
    ['"1', undefined],
    ['"1 "', undefined],
    ['"-"', undefined],
    ["-", undefined],
    ["null", undefined],
    ["1x", undefined],
  ])("reads the update id %s", (text, expected) => {
    expect(read(text, (it) => it.readUpdateId())).toStrictEqual(
      expected === undefined ? undefined : { value: expected },
    );
  });

  it("reads any 64-bit id exactly", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }), fc.boolean(), (id, quoted) => {
        const result = read(quoted ? `"${id}"` : `${id}`, (it) => it.readUpdateId())?.value;
        expect(BigInt(result ?? 0)).toBe(id);
        expect(typeof result).toBe(Number.isSafeInteger(Number(id)) ? "number" : "bigint");
      }),
    );
  });

  it("reads integers only where they are safe", () => {
    expect(read(' "1700000000000" ', (it) => it.readInteger())?.value).toBe(1700000000000);
    expect(read("9007199254740992", (it) => it.readInteger())).toBeUndefined();
  });

  it("reads decimals as text", () => {
    const decimal = (text: string) => read(text, (it) => it.readDecimal())?.value;
    expect(decimal("-0.00010")).toBe("-0.00010");
    expect(decimal('"123.45678901234567890"')).toBe("123.45678901234567890");
    expect(decimal("1.5e-8")).toBe("0.000000015");
    expect(decimal("1e999")).toBeUndefined();
    for (const text of ['"1', '"1x', '""', '"1.5 "', '"x"', "true", '"01"', ".5"])
      expect(decimal(text)).toBeUndefined();
  });

  it("reads a decimal that may be missing", () => {
    const optional = (text: string) => read(text, (it) => it.readOptionalDecimal());
    expect(optional('"-1.50"')).toEqual({ value: "-1.50" });
    expect(optional("0")).toEqual({ value: "0" });
    for (const text of ["null", '""', ' "" ', " null"]) expect(optional(text)).toEqual({ value: undefined });
    for (const text of ['"x"', '" "', "true", '"null"', '"1', '"', "nul"])
      expect(optional(text)).toBeUndefined();
  });

  it("reads booleans and null", () => {
    expect(read("true", (it) => it.readBoolean())?.value).toBe(true);
    expect(read("false", (it) => it.readBoolean())?.value).toBe(false);
    expect(read("null", (it) => it.readBoolean())).toBeUndefined();
    expect(read("null", (it) => it.tryNull())?.value).toBe(true);
    expect(read("1", (it) => it.tryNull())?.value).toBe(false);
    expect(read("nul", (it) => it.tryNull())).toBeUndefined();
  });

  it("gives the right symbol however many share the cache, and out of any buffer", () => {
    const symbols = Array.from({ length: 5000 }, (_, index) => `SYM${index * 7919}USDT`);
    for (const symbol of [...symbols, ...symbols]) {
      const frame = Buffer.from(`"${symbol}"`);
      open(frame);
      frame.fill(0x78);
      expect(scanner.readSymbol()).toBe(symbol);
    }
    const long = "L".repeat(1000);
    expect(read(`"${long}"`, (it) => it.readSymbol())?.value).toBe(long);
  });

  it("keeps a byte order mark that is part of a string", () => {
    expect(read('"\uFEFFé"', (it) => it.readString())?.value).toBe("\uFEFFé");
  });

  it("reads frames larger than any before, and small ones after", () => {
    const text = JSON.stringify(["x".repeat(3_000_000)]);
    open(text).finish();
    open("[1]").finish();
    open(text).finish();
    expectMalformed(text.slice(0, -1), (it) => it.finish());
  });
});

describe("levels", () => {
  const UPDATE = defineKeys("U", "u", "b", "a");

  interface Update {
    readonly firstUpdateId: string | undefined;
    readonly lastUpdateId: string | undefined;
    readonly levels: readonly (readonly [side: number, price: string, amount: string])[];
  }

  const batch = new LevelBatch();

  function readUpdate(bytes: Uint8Array): Update {
    let firstUpdateId: string | undefined;
    let lastUpdateId: string | undefined;
    batch.clear();
    open(bytes);
    scanner.enterObject();
    for (let key = scanner.nextKey(UPDATE); key >= 0; key = scanner.nextKey(UPDATE)) {
      if (key === 0) firstUpdateId = String(scanner.readUpdateId());
      else if (key === 1) lastUpdateId = String(scanner.readUpdateId());
      else scanner.readLevels(batch, key === 2 ? BID : ASK);
    }
    scanner.finish();
    const levels = Array.from({ length: batch.length }, (_, index) => {
      const exact = batch.exact.get(index);
      return [
        batch.sides[index]!,
        exact?.price ?? new Decimal(batch.prices[index]!).toFixed(),
        exact?.amount ?? new Decimal(batch.amounts[index]!).toFixed(),
      ] as const;
    });
    return { firstUpdateId, lastUpdateId, levels };
  }

  /** The same by JSON.parse. Its numbers are doubles, so a frame under test has long numbers only in strings. */
  function parseUpdate(text: string): Update {
    const frame = JSON.parse(text);
    const number = (value: unknown) => {
      expect(["string", "number"]).toContain(typeof value);
      return new Decimal(value as string).toFixed();
    };
    const id = (value: unknown) => (value === undefined ? undefined : String(value));
    const levels = Object.keys(frame)
      .filter((key) => key === "a" || key === "b")
      .flatMap((key) =>
        frame[key].map((row: unknown[]) => [key === "b" ? BID : ASK, number(row[0]), number(row[1])]),
      );
    return { firstUpdateId: id(frame.U), lastUpdateId: id(frame.u), levels };
  }

  const digits = (minLength: number, maxLength: number) =>
    fc.array(fc.nat(9), { minLength, maxLength }).map((list) => list.join(""));
  const number = fc.oneof(
    {
      weight: 8,
      // Around the limits of what is read at once: 9 digits on a side of the point, 15 in all.
      arbitrary: fc
        .tuple(digits(1, 11), fc.option(digits(1, 14), { nil: undefined }))
        .map(
          ([whole, fraction]) =>
            whole.replace(/^0+(?=.)/, "") + (fraction === undefined ? "" : `.${fraction}`),
        ),
    },
    {
      weight: 4,
      arbitrary: fc.tuple(fc.nat(99_999), fc.nat(999)).map(([whole, fraction]) => `${whole}.${fraction}`),
    },
    { weight: 1, arbitrary: fc.bigInt({ min: 0n, max: 10n ** 30n }).map(String) },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.bigInt({ min: 0n, max: 10n ** 20n }), fc.nat(30))
        .map(([mantissa, places]) => new Decimal(`${mantissa}e-${places}`).toFixed(places)),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom("0", "0.00000000", "1e-8", "1.5E+5", "999999999999999", "9999999999999999"),
    },
  );
  const quoted = number.map((text) => `"${text}"`);
  const short = fc.tuple(fc.nat(99_999), fc.nat(99_999)).map(([whole, fraction]) => `${whole}.${fraction}`);
  const rest = fc.oneof(
    { weight: 4, arbitrary: fc.constant("") },
    json.map((text) => `,${text}`),
    fc.constant(',"0","4"'),
  );
  const gap = fc.oneof({ weight: 6, arbitrary: fc.constant("") }, space);
  const level = fc
    .tuple(gap, fc.oneof(quoted, short), gap, gap, fc.oneof(quoted, short), rest, gap)
    .map(([a, price, b, c, amount, more, d]) => `[${a}${price}${b},${c}${amount}${more}]${d}`);
  const levels = fc
    .tuple(gap, fc.array(level, { maxLength: 8 }), gap)
    .map(([a, list, b]) => `${a}[${list.join(",")}]${b}`);
  const frame = fc
    .tuple(
      levels,
      levels,
      fc.nat(),
      fc.maxSafeInteger().map(Math.abs),
      fc.shuffledSubarray(["U", "u", "b", "a", "x"], { minLength: 3 }),
    )
    .map(([bids, asks, first, last, order]) => {
      const members: Record<string, string> = {
        U: `${first}`,
        u: `"${last}"`,
        b: bids,
        a: asks,
        x: '{"b":{"]":{}}}',
      };
      return `{${order.map((key) => `"${key}":${members[key]}`).join(",")}}`;
    });

  it("equal those of JSON.parse and Decimal", () => {
    fc.assert(
      fc.property(frame, (text) => {
        expect(readUpdate(Buffer.from(text))).toEqual(parseUpdate(text));
      }),
      { numRuns: 500 },
    );
  });

  it("have their exact text if and only if a number does not fit a double", () => {
    fc.assert(
      fc.property(number, number, (price, amount) => {
        batch.clear();
        open(`[["${price}","${amount}"]]`);
        scanner.readLevels(batch, ASK);
        const fits = [price, amount].every(
          (text) => new Decimal(text).precision() <= 15 && new Decimal(text).decimalPlaces() <= 22,
        );
        expect(batch.exact.has(0)).toBe(!fits);
        expect([batch.prices[0], batch.amounts[0]]).toEqual([Number(price), Number(amount)]);
      }),
    );
  });

  it("of a frame with a broken byte are those of JSON.parse, or the frame is refused", () => {
    const byte = fc.oneof(
      fc.constantFrom(...Buffer.from('[]{}",:0159.-e \\UubaE')),
      fc.integer({ min: 0, max: 255 }),
    );
    fc.assert(
      fc.property(frame, fc.nat(), byte, (text, at, replacement) => {
        const bytes = Buffer.from(text);
        bytes[at % bytes.length] = replacement;
        const read = attempt(() => readUpdate(bytes));
        if (read !== undefined) expect(read.value).toEqual(parseUpdate(bytes.toString()));
      }),
      { numRuns: 3000 },
    );
  });

  it("of a frame that was cut off are never taken for a whole", () => {
    fc.assert(
      fc.property(frame, fc.nat(), (text, at) => {
        const bytes = Buffer.from(text);
        expect(attempt(() => readUpdate(bytes.subarray(0, at % bytes.length)))).toBeUndefined();
      }),
    );
  });

  it("are read from rows of any shape, one number at a time", () => {
    const ROW = defineKeys("px", "sz");
    const rows = (text: string) => {
      open(text);
      batch.clear();
      scanner.enterArray();
      while (scanner.nextElement()) {
        scanner.enterObject();
        for (let key = scanner.nextKey(ROW); key >= 0; key = scanner.nextKey(ROW)) {
          if (key === 0) scanner.readPrice();
          else scanner.readAmount();
        }
        scanner.pushLevel(batch, BID);
      }
      scanner.finish();
    };
    rows('[{"sz":"2.50","n":3,"px":"1.5"},{"px":1e-8,"sz":"0.12345678901234567"},{"px":3,"sz":0}]');
    expect([...batch.prices.subarray(0, 3)]).toEqual([1.5, 1e-8, 3]);
    expect([...batch.amounts.subarray(0, 3)]).toEqual([2.5, Number("0.12345678901234567"), 0]);
    expect([...batch.exact]).toEqual([[1, { price: "0.00000001", amount: "0.12345678901234567" }]]);
    for (const text of [
      '[{"px":"1"}]',
      '[{"px":"1","sz":"1"},{"sz":"1"}]',
      '[{"px":"-1","sz":"1"}]',
      '[{"px":null,"sz":"1"}]',
    ]) {
      expect(attempt(() => rows(text))).toBeUndefined();
    }
  });

  it("never take a number from an earlier level", () => {
    expectMalformed('["1"', (it) => {
      it.enterArray();
      it.nextElement();
      it.readPrice();
      it.finish();
    });
    expectMalformed('["2"]', (it) => {
      it.enterArray();
      it.nextElement();
      it.readAmount();
      it.pushLevel(batch, BID);
    });
    expectMalformed('[[["1","2"]],"3"]', (it) => {
      it.enterArray();
      it.nextElement();
      it.readLevels(batch, BID);
      it.nextElement();
      it.readAmount();
      it.pushLevel(batch, BID);
    });
  });

  it.each([
    '[["1"]]',
    "[[]]",
    '[["1",]]',
    '[["1","2"],]',
    '["1","2"]',
    '[["1","2"]',
    '[["-1","2"]]',
    "[[-1,2]]",
    '[["1","-0"]]',
    '[["",""]]',
    '[["1.","2"]]',
    '[[".5","2"]]',
    '[["01","2"]]',
    "[[01,2]]",
    '[["1","2"],["3"]]',
    '[["1","NaN"]]',
    '[[null,"1"]]',
    '[["1" "2"]]',
    '[["1","2"]["3","4"]]',
    '[["1","2",]]',
    '[["1","2","]]',
    '[["1e400","2"]]',
    '[["1\\u0030","2"]]',
    '{"1":"2"}',
  ])("are refused in %s", (text) =>
    expectMalformed(text, (it) => {
      it.readLevels(batch, BID);
      it.finish();
    }),
  );
});
