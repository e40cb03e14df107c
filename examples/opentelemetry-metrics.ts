// The metrics of a host as instruments of OpenTelemetry: `exportMetrics(metrics.getMeter("conn"), host)`, with `metrics`
// from @opentelemetry/api. They are read when the SDK collects, and at no other time.
import { type Host, METRICS, type MetricAttributes } from "@conn/core";

/** The part of a Meter that is needed. */
export interface Meter<Instrument> {
  createObservableCounter(name: string, options: { unit: string; description: string }): Instrument;
  createObservableGauge(name: string, options: { unit: string; description: string }): Instrument;
  addBatchObservableCallback(
    callback: (result: BatchResult<Instrument>) => void,
    instruments: Instrument[],
  ): void;
}

interface BatchResult<Instrument> {
  observe(instrument: Instrument, value: number, attributes: MetricAttributes): void;
}

export function exportMetrics<Instrument>(meter: Meter<Instrument>, host: Host): void {
  const instruments = new Map<string, Instrument>();
  for (const { name, kind, unit, description } of METRICS) {
    const create = kind === "counter" ? "createObservableCounter" : "createObservableGauge";
    instruments.set(name, meter[create](name, { unit, description }));
  }
  meter.addBatchObservableCallback(
    (result) => {
      for (const { name, points } of host.metrics().metrics) {
        const instrument = instruments.get(name);
        if (instrument === undefined) continue;
        for (const { value, attributes } of points) result.observe(instrument, value, attributes);
      }
    },
    [...instruments.values()],
  );
}
