import fc from "fast-check";
import { expect, test } from "vitest";
import { parseJson } from "../../src/index.js";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test("a whole number that a double cannot hold comes as its text", () => {
  expect(
    parseJson(bytes('{"a":9007199254740993,"b":[1,-9223372036854775808],"c":"9007199254740993"}')),
  ).toEqual({
    a: "9007199254740993",
    b: [1, "-9223372036854775808"],
    c: "9007199254740993",
  });
});

test("whole numbers keep every digit, whatever their size", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }), (id) => {
      expect(String(parseJson(bytes(String(id))))).toBe(String(id));
    }),
  );
});

test("everything else is what JSON.parse makes of it", () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      fc.pre(!/\d{16}/.test(text));
      expect(parseJson(bytes(text))).toEqual(JSON.parse(text));
    }),
  );
});

test("on demand every number comes as it was written", () => {
  expect(parseJson(bytes('[0.10,1e-7,-0,12,"5",{"a":123456789.123456789012}]'), { numbers: "text" })).toEqual(
    ["0.10", "1e-7", "-0", "12", "5", { a: "123456789.123456789012" }],
  );
});

test("what is no JSON is refused", () => {
  expect(() => parseJson(bytes("{"))).toThrow(SyntaxError);
});
