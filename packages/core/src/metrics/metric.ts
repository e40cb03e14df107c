/**
 * - `counter`: a sum that only grows, until what it counts for begins anew, at 0.
 * - `gauge`: a value at this moment.
 */
export type MetricKind = "counter" | "gauge";

/** What tells the points of one metric apart, such as the pair of a book. */
export type MetricAttributes = Readonly<Record<string, string | number>>;

/** What a metric is, by the rules of OpenTelemetry. */
export interface MetricDefinition {
  /** Lower case, with dots between its parts. */
  readonly name: string;
  readonly kind: MetricKind;
  /** In UCUM, such as `s`; what is only counted stands in braces, such as `{gap}`. */
  readonly unit: string;
  /** What it says, in one sentence. */
  readonly description: string;
  /** Attributes that its points may have, beside those of all metrics. */
  readonly attributes: readonly string[];
}

/** Takes one value while a metric is read. */
export type Observe = (value: number, attributes?: MetricAttributes) => void;

/** A metric, and how it is read from a source. Reading must change nothing. */
export interface ReadableMetric<Source> extends MetricDefinition {
  read(source: Source, observe: Observe): void;
}

/** One value of a metric. */
export interface MetricPoint {
  readonly value: number;
  readonly attributes: MetricAttributes;
}

/** A metric and its values. */
export interface Metric extends MetricDefinition {
  readonly points: readonly MetricPoint[];
}

/** What the metrics were at one moment. */
export interface MetricsSnapshot {
  /** Ms since 1970-01-01 UTC. */
  readonly timestamp: number;
  /** In the order of their definitions; one that has no value at present has no points. */
  readonly metrics: readonly Metric[];
}

/** Reads metrics from sources; `attributes` are those that all points of a source have. */
export function readMetrics<Source>(
  definitions: readonly ReadableMetric<Source>[],
  sources: readonly { readonly source: Source; readonly attributes: MetricAttributes }[],
  timestamp: number,
): MetricsSnapshot {
  const metrics = definitions.map(({ read, ...definition }) => {
    const points: MetricPoint[] = [];
    for (const { source, attributes } of sources)
      read(source, (value, own) => points.push({ value, attributes: { ...attributes, ...own } }));
    return { ...definition, points };
  });
  return { timestamp, metrics };
}
