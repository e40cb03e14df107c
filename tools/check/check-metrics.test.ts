import { resolve } from "node:path";
import { createHost, METRICS, type MetricAttributes, TRACE_CHANNELS } from "@conn/core";
import { describe, expect, it } from "vitest";
import { exportMetrics, type Meter } from "../../examples/opentelemetry-metrics.js";
import { channelsTable, checkMetrics, replacePart } from "./check-metrics.js";

const root = resolve(import.meta.dirname, "../..");

describe("docs/METRICS.md", () => {
  it("says what the code says", async () => {
    expect(await checkMetrics({ root, update: false })).toEqual({ problems: [] });
  });

  it("is compared between its markers only", () => {
    const document = "a\n<!-- x:begin -->\nold\n<!-- x:end -->\nb";
    expect(replacePart(document, "x", "new")).toBe("a\n<!-- x:begin -->\n\nnew\n\n<!-- x:end -->\nb");
    expect(replacePart(document, "y", "new")).toBeUndefined();
  });

  it("has a channel for every message, with what its fields say", () => {
    const source = '/** Told. */\nexport interface RestTrace {\n/** Of it. */\nreadonly event: "a" | "b";\n}';
    expect(channelsTable(TRACE_CHANNELS, source)).toContain('| `event` | `"a" \\| "b"` | Of it.       |');
    expect(() => channelsTable(TRACE_CHANNELS, "interface OtherTrace {}")).toThrow(/no channel/);
  });
});

describe("the adapter for OpenTelemetry", () => {
  it("makes an instrument of each definition, and reads when it is asked to", () => {
    const made: [name: string, kind: string, unit: string][] = [];
    let collect: (() => void) | undefined;
    let reads = 0;
    const observed: [string, number, MetricAttributes][] = [];
    const meter: Meter<string> = {
      createObservableCounter: (name, { unit }) => {
        made.push([name, "counter", unit]);
        return name;
      },
      createObservableGauge: (name, { unit }) => {
        made.push([name, "gauge", unit]);
        return name;
      },
      addBatchObservableCallback(callback, instruments) {
        expect(instruments).toHaveLength(METRICS.length);
        collect = () => callback({ observe: (...values) => observed.push(values) });
      },
    };
    const host = createHost();
    const points = [{ value: 3, attributes: { connector: "x" } }];
    const [gaps] = METRICS.filter(({ name }) => name === "conn.order_book.gaps");
    exportMetrics(meter, {
      ...host,
      create: () => {
        throw new Error("not asked for");
      },
      metrics: () => {
        reads += 1;
        return { timestamp: 0, metrics: [{ ...gaps!, points }] };
      },
    });
    expect(made).toEqual(METRICS.map(({ name, kind, unit }) => [name, kind, unit]));
    expect(reads).toBe(0);
    collect?.();
    expect(observed).toEqual([["conn.order_book.gaps", 3, { connector: "x" }]]);
  });
});
