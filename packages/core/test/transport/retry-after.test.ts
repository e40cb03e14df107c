import { describe, expect, it } from "vitest";
import { readRetryAfter } from "../../src/transport/retry-after.js";

const NOW = Date.parse("Fri, 02 Jan 2026 10:00:00 GMT");

describe("Retry-After", () => {
  it.each([
    [{ "retry-after": "30" }, 30_000],
    [{ "retry-after": " 0.5 " }, 500],
    [{ "retry-after": "Fri, 02 Jan 2026 10:02:00 GMT" }, 120_000],
    [{ "retry-after": "Fri, 02 Jan 2026 10:02:00 GMT", date: "Fri, 02 Jan 2026 10:01:30 GMT" }, 30_000],
    [{ "retry-after": "Fri, 02 Jan 2026 10:02:00 GMT", date: "yesterday" }, 120_000],
    [{ "retry-after": "Fri, 02 Jan 2026 09:59:59 GMT" }, undefined],
    [{ "retry-after": "0" }, undefined],
    [{ "retry-after": "-5" }, undefined],
    [{ "retry-after": "" }, undefined],
    [{ "retry-after": "soon" }, undefined],
    [{}, undefined],
  ])("of %o asks for %s ms", (headers, ms) => {
    expect(readRetryAfter(headers, NOW)).toBe(ms);
  });
});
