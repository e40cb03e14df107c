import { describe, expect, it } from "vitest";
import { canonicalNumber } from "../../src/index.js";

describe("canonical numbers", () => {
  it.each([
    ["1.50", "1.5"],
    ["100", "100"],
    ["0.000", "0"],
    ["007.0", "7"],
    ["1e-7", "0.0000001"],
    ["2E3", "2000"],
    ["0e5", "0"],
    ["12345678901234567890.1234567890123456789000", "12345678901234567890.1234567890123456789"],
  ])("%s is %s", (text, canonical) => expect(canonicalNumber(text)).toBe(canonical));
});
