import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatPrometheus, type Metric } from "../../src/metrics/index.js";
import { parsePrometheus } from "../support/parse-prometheus.js";

const metric = (change: Partial<Metric>): Metric => ({
  name: "conn.test",
  kind: "gauge",
  unit: "{thing}",
  description: "A test.",
  attributes: [],
  points: [{ value: 1, attributes: {} }],
  ...change,
});
const format = (...metrics: Metric[]): string => formatPrometheus({ timestamp: 0, metrics });

describe("formatPrometheus", () => {
  it("writes one block a metric", () => {
    const points = [
      { value: 1.5, attributes: { trading_pair: "BTC-USDT", side: "bid" } },
      { value: Number.NaN, attributes: {} },
    ];
    expect(format(metric({ points }), metric({ name: "none", points: [] }))).toBe(
      '# HELP conn_test A test.\n# TYPE conn_test gauge\nconn_test{side="bid",trading_pair="BTC-USDT"} 1.5\nconn_test NaN\n',
    );
  });

  it.each([
    ["conn.order_book.age", "s", "gauge", "conn_order_book_age_seconds"],
    ["conn.order_book.gaps", "{gap}", "counter", "conn_order_book_gaps_total"],
    ["conn.time", "s", "counter", "conn_time_seconds_total"],
    ["conn.share", "1", "gauge", "conn_share_ratio"],
    ["conn.events", "1", "counter", "conn_events_total"],
    ["conn.wait_seconds", "s", "gauge", "conn_wait_seconds"],
    ["conn.calls_total", "{call}", "counter", "conn_calls_total"],
    ["7.ways-to go", "{way}", "gauge", "_7_ways_to_go"],
  ] as const)("calls %s in %s, a %s, %s", (name, unit, kind, expected) => {
    expect([...parsePrometheus(format(metric({ name, unit, kind }))).keys()]).toEqual([expected]);
  });

  it("puts what comes to one name into one block, and refuses two kinds of it", () => {
    const other = metric({ name: "conn_test", points: [{ value: 2, attributes: { a: 1 } }] });
    expect(parsePrometheus(format(metric({}), other)).get("conn_test")?.samples).toHaveLength(2);
    const counter = metric({ name: "conn_test_total", kind: "counter" });
    const gauge = metric({ name: "conn_test_total", kind: "gauge" });
    expect(() => format(counter, gauge)).toThrow(TypeError);
  });

  it("joins the values of attributes that come to one label", () => {
    const points = [{ value: 1, attributes: { "error.type": "a", error_type: "b", "9": "c" } }];
    expect(parsePrometheus(format(metric({ points }))).get("conn_test")?.samples).toEqual([
      { labels: { error_type: "a;b", _9: "c" }, value: 1 },
    ]);
  });

  it("says every text and number so that it can be read back", () => {
    const text = fc.string({
      unit: fc.constantFrom("a", "\\", '"', "\n", "n", "{", "}", ",", "é", "💩", " "),
    });
    const number = fc.oneof(fc.double(), fc.constantFrom(0, -1e21, Infinity, -Infinity, Number.NaN, 2 ** 53));
    fc.assert(
      fc.property(
        fc.array(fc.record({ value: number, label: text }), { minLength: 1, maxLength: 5 }),
        text,
        (values, description) => {
          const points = values.map(({ value, label }, index) => ({
            value,
            attributes: { label, index },
          }));
          const block = parsePrometheus(format(metric({ description, points }))).get("conn_test");
          expect(block?.help).toBe(description);
          expect(block?.samples.map(({ labels }) => labels)).toEqual(
            values.map(({ label }, index) => ({ label, index: String(index) })),
          );
          for (const [index, { value }] of values.entries())
            expect(block?.samples[index]?.value === value || Number.isNaN(value)).toBe(true);
        },
      ),
    );
  });
});

describe("the parser that tests use", () => {
  const good = "# HELP a x\n# TYPE a gauge\n";
  it.each([
    ["no end of line", `${good}a 1`],
    ["no TYPE", "# HELP a x\na 1\n"],
    ["a bad type", "# HELP a x\n# TYPE a thing\na 1\n"],
    ["another metric's value", `${good}b 1\n`],
    ["a bare quote", `${good}a{l="""} 1\n`],
    ["an unknown escape", `${good}a{l="\\t"} 1\n`],
    ["a series twice", `${good}a 1\na 2\n`],
    ["a label twice", `${good}a{l="1",l="2"} 1\n`],
    ["a value that is none", `${good}a one\n`],
    ["two blocks", `${good}a 1\n${good}a{l="2"} 1\n`],
    ["an empty line", `${good}\na 1\n`],
  ])("refuses %s", (_, text) => {
    expect(() => parsePrometheus(text)).toThrow(Error);
  });
});
