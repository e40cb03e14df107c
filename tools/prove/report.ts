import type { SectionResult } from "./section.ts";

/** A section that was run. */
export interface RunSection extends SectionResult {
  readonly name: string;
  readonly title: string;
  readonly seconds: number;
}

/** What was run, and what was not. */
export interface Report {
  readonly commit: string;
  readonly node: string;
  readonly startedAt: string;
  readonly sections: readonly RunSection[];
  /** Names of sections that were not run. */
  readonly notRun: readonly string[];
}

/** Whether nothing that was run is wrong. */
export function hasPassed({ sections }: Report): boolean {
  return sections.every(({ problems }) => problems.length === 0);
}

/** Whether everything was run, to its end. */
export function isComplete({ sections, notRun }: Report): boolean {
  return notRun.length === 0 && sections.every(({ cutShort }) => cutShort === undefined);
}

/** The report as plain text. */
export function formatReport(report: Report): string {
  const { sections, notRun, commit, node, startedAt } = report;
  const lines = [`Proof of ${commit}, Node ${node}, ${startedAt}`, ""];
  for (const { title, problems, cutShort, seconds, figures } of sections) {
    const verdict = problems.length > 0 ? "FAILED" : cutShort === undefined ? "passed" : "CUT SHORT";
    lines.push(`${title}: ${verdict}, in ${formatDuration(seconds)}`);
    if (cutShort !== undefined) lines.push(`  cut short: ${cutShort}`);
    for (const [name, value] of Object.entries(figures)) lines.push(`  ${name}: ${value}`);
    for (const problem of problems) lines.push(`  PROBLEM: ${problem}`);
    lines.push("");
  }
  if (notRun.length > 0) lines.push(`Not run: ${notRun.join(", ")}`);
  const verdict = hasPassed(report) ? "Nothing that was run is wrong." : "SOMETHING IS WRONG.";
  lines.push(isComplete(report) ? verdict : `${verdict} THIS REPORT IS NOT COMPLETE.`);
  return `${lines.join("\n")}\n`;
}

/** The report as one JSON object. */
export function formatReportJson(report: Report): string {
  return `${JSON.stringify({ passed: hasPassed(report), complete: isComplete(report), ...report })}\n`;
}

function formatDuration(seconds: number): string {
  return seconds < 100 ? `${seconds.toFixed(1)} s` : `${(seconds / 60).toFixed(1)} min`;
}
