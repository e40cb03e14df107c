import { expect, test } from "vitest";
import { readArguments, readInteger, readPairs, readSeconds } from "../../src/arguments/read-arguments.js";
import { UsageError } from "../../src/arguments/usage-error.js";

test("options and operands are read", () => {
  const { values, positionals } = readArguments(["a", "--json", "b", "--seed", "7"], {
    json: { type: "boolean" },
    seed: { type: "string" },
  });
  expect({ ...values }).toEqual({ json: true, seed: "7" });
  expect(positionals).toEqual(["a", "b"]);
});

test.each([[["--nope"]], [["--seed"]], [["--json=1"]]])("%j is refused", (args) => {
  expect(() => readArguments(args, { json: { type: "boolean" }, seed: { type: "string" } })).toThrow(
    UsageError,
  );
});

test("whole numbers are read within their bounds", () => {
  expect(readInteger("port", "65535", 1, 65_535)).toBe(65_535);
  for (const text of ["0", "65536", "1.5", "-1", "1e3", " 1", "", "0x10", "99999999999999999999"]) {
    expect(() => readInteger("port", text, 1, 65_535)).toThrow(UsageError);
  }
});

test("seconds become milliseconds", () => {
  expect(readSeconds("duration", "1.5")).toBe(1_500);
  for (const text of ["0", "-1", "", "1s", "Infinity", "1e3"]) {
    expect(() => readSeconds("duration", text)).toThrow(UsageError);
  }
});

test("names and values are split at the first equals sign", () => {
  expect({ ...readPairs("url", ["rest=http://127.0.0.1/?a=b", "public=ws://x"]) }).toEqual({
    rest: "http://127.0.0.1/?a=b",
    public: "ws://x",
  });
  for (const texts of [["rest"], ["=x"], ["rest="], ["a=1", "a=2"]]) {
    expect(() => readPairs("url", texts)).toThrow(UsageError);
  }
});
