import type { Metric, MetricAttributes, MetricsSnapshot } from "./metric.js";

/** Units of UCUM as Prometheus spells them; what stands in braces is no unit. */
const UNITS: Readonly<Record<string, string>> = {
  s: "seconds",
  ms: "milliseconds",
  By: "bytes",
  "%": "percent",
  "1": "ratio",
};

/** Metrics of one name in Prometheus. */
interface Block {
  readonly metric: Metric;
  readonly lines: string[];
}

/**
 * Writes a snapshot in the text format of Prometheus, version 0.0.4: to be served as
 * `text/plain; version=0.0.4; charset=utf-8`. Names become what the rules of OpenTelemetry make of them:
 * `conn.order_book.age` in seconds is `conn_order_book_age_seconds`, and counters end in `_total`.
 *
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 * @see https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/
 *
 * @example
 * ```ts
 * import { createServer } from "node:http";
 * import { createHost, formatPrometheus } from "@conn/core";
 *
 * const host = createHost();
 * createServer((_, answer) => answer.end(formatPrometheus(host.metrics()))).listen(9464, "127.0.0.1");
 * ```
 *
 * @throws {TypeError} if two metrics of different kinds would have one name.
 */
export function formatPrometheus(snapshot: MetricsSnapshot): string {
  const blocks = new Map<string, Block>();
  for (const metric of snapshot.metrics) {
    const name = nameOf(metric);
    let block = blocks.get(name);
    if (block === undefined) {
      block = { metric, lines: [] };
      blocks.set(name, block);
    }
    if (block.metric.kind !== metric.kind) throw new TypeError(`${name} is two metrics of different kinds`);
    for (const { value, attributes } of metric.points)
      block.lines.push(`${name}${formatLabels(attributes)} ${formatValue(value)}\n`);
  }
  let text = "";
  for (const [name, { metric, lines }] of blocks) {
    if (lines.length === 0) continue;
    text += `# HELP ${name} ${escapeHelp(metric.description)}\n# TYPE ${name} ${metric.kind}\n${lines.join("")}`;
  }
  return text;
}

function nameOf({ name, unit, kind }: Metric): string {
  const base = name.replace(/[^a-zA-Z0-9_:]+/g, "_").replace(/^(?=\d)/, "_");
  // A counter of unit 1 counts things, and is no ratio.
  const suffix = kind === "counter" && unit === "1" ? undefined : UNITS[unit];
  const withUnit = suffix === undefined || base.endsWith(`_${suffix}`) ? base : `${base}_${suffix}`;
  return kind === "counter" && !withUnit.endsWith("_total") ? `${withUnit}_total` : withUnit;
}

function formatLabels(attributes: MetricAttributes): string {
  const labels = new Map<string, string>();
  // Of attributes that come to one label, the values are joined, in the order of their names.
  for (const key of Object.keys(attributes).sort()) {
    const label = key.replace(/[^a-zA-Z0-9_]/g, "_").replace(/^(?=\d)/, "_");
    const value = String(attributes[key]);
    const other = labels.get(label);
    labels.set(label, other === undefined ? value : `${other};${value}`);
  }
  if (labels.size === 0) return "";
  return `{${[...labels].map(([label, value]) => `${label}="${escapeLabel(value)}"`).join(",")}}`;
}

function formatValue(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (Number.isFinite(value)) return String(value);
  return value > 0 ? "+Inf" : "-Inf";
}

function escapeHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function escapeLabel(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"');
}
