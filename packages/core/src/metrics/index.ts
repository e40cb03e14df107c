export { COMMON_ATTRIBUTES, METRICS } from "./connector-metrics.js";
export { formatPrometheus } from "./format-prometheus.js";
export type {
  Metric,
  MetricAttributes,
  MetricDefinition,
  MetricKind,
  MetricPoint,
  MetricsSnapshot,
} from "./metric.js";
