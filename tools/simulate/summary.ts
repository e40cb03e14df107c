import type { SeedReport } from "@conn/testkit/simulation";
// The source, so that nothing need be built before.
import { coverageOf } from "../../packages/testkit/src/simulation/declared-transitions.ts";

/** What many seeds came to. */
export class Summary {
  readonly #started = performance.now();
  readonly #perConnector = new Map<string, Totals>();

  add(report: SeedReport, connector: string): void {
    let totals = this.#perConnector.get(connector);
    if (totals === undefined) {
      totals = { seeds: 0, events: 0, simulatedMs: 0, violations: 0, faults: {}, transitions: {} };
      this.#perConnector.set(connector, totals);
    }
    totals.seeds += 1;
    totals.events += report.events;
    totals.simulatedMs += report.simulatedMs;
    totals.violations += report.violation === undefined ? 0 : 1;
    sum(totals.faults, report.faults);
    sum(totals.transitions, report.transitions);
  }

  /** Sums by connector. */
  get perConnector(): ReadonlyMap<string, Readonly<Totals>> {
    return this.#perConnector;
  }

  toRecord(): Record<string, unknown> {
    return {
      seconds: Math.round((performance.now() - this.#started) / 1_000),
      connectors: Object.fromEntries(
        Array.from(this.#perConnector, ([connector, totals]) => [
          connector,
          {
            ...totals,
            states: statesOf(totals.transitions),
            coverage: coverageOf(connector, totals.transitions),
          },
        ]),
      ),
    };
  }

  toText(): string {
    const lines = [...this.#perConnector].flatMap(([connector, totals]) => [
      `${connector}: ${totals.seeds} seeds, ${totals.events} events, ${(totals.simulatedMs / 3_600_000).toFixed(1)} simulated hours, ${totals.violations} violations`,
      `  faults: ${list(totals.faults)}`,
      `  transitions: ${list(totals.transitions)}`,
      ...this.#coverage(connector, totals),
    ]);
    return [...lines, `in ${((performance.now() - this.#started) / 1_000).toFixed(1)} s`].join("\n");
  }

  #coverage(connector: string, { transitions }: Totals): string[] {
    const { covered, declared, missing, explained, undeclared } = coverageOf(connector, transitions);
    return [
      `  coverage: ${covered} of ${declared} declared transitions`,
      ...(missing.length > 0 ? [`  missing: ${missing.join(", ")}`] : []),
      ...(explained.length > 0 ? [`  missing, with a reason: ${explained.join(", ")}`] : []),
      ...(undeclared.length > 0 ? [`  not declared: ${undeclared.join(", ")}`] : []),
    ];
  }
}

/** How often each state was entered. */
function statesOf(transitions: Readonly<Record<string, number>>): Record<string, number> {
  const states: Record<string, number> = {};
  for (const [name, count] of Object.entries(transitions)) {
    const [, what, state] = /^(\w+) \w+ → (\w+)/.exec(name) ?? [];
    if (state !== undefined) sum(states, { [`${what} ${state}`]: count });
  }
  return states;
}

interface Totals {
  seeds: number;
  events: number;
  simulatedMs: number;
  violations: number;
  readonly faults: Record<string, number>;
  readonly transitions: Record<string, number>;
}

function sum(into: Record<string, number>, from: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(from)) into[name] = (into[name] ?? 0) + count;
}

function list(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => `${name} ${count}`)
    .join(", ");
}
