/** A line of values. */
export interface PrometheusSample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The metrics of one name. */
export interface PrometheusBlock {
  readonly help: string;
  readonly type: string;
  readonly samples: readonly PrometheusSample[];
}

const NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const LABEL = /[a-zA-Z_][a-zA-Z0-9_]*/y;
const VALUE = /(?:[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|NaN|[+-]Inf)$/y;
const TYPES = ["counter", "gauge", "histogram", "summary", "untyped"];

/**
 * Reads the text format of Prometheus, and less than that: each metric must be one block with HELP and TYPE first,
 * every series may come once, and nothing may stand between what the format wants.
 *
 * @throws {Error} if the text is anything else.
 */
export function parsePrometheus(text: string): Map<string, PrometheusBlock> {
  const blocks = new Map<string, { help: string; type: string; samples: PrometheusSample[] }>();
  if (text === "") return blocks;
  if (!text.endsWith("\n")) throw new Error("the last line must end with a line feed");
  const lines = text.slice(0, -1).split("\n");
  for (let index = 0; index < lines.length; ) {
    const help = /^# HELP (\S+) (.*)$/.exec(lines[index] ?? "");
    const type = /^# TYPE (\S+) (\S+)$/.exec(lines[index + 1] ?? "");
    const name = help?.[1] ?? "";
    if (help === null || type?.[1] !== name || !TYPES.includes(type[2] ?? ""))
      throw new Error(`line ${index + 1}: no block begins here: ${lines[index]}`);
    if (blocks.has(name)) throw new Error(`${name} has two blocks`);
    const samples: PrometheusSample[] = [];
    const seen = new Set<string>();
    for (index += 2; index < lines.length && !lines[index]?.startsWith("#"); index += 1) {
      const sample = parseSample(lines[index] ?? "", name);
      const series = JSON.stringify(Object.entries(sample.labels).sort());
      if (seen.has(series)) throw new Error(`${name} has a series twice: ${series}`);
      seen.add(series);
      samples.push(sample);
    }
    if (samples.length === 0) throw new Error(`${name} has no values`);
    blocks.set(name, { help: unescapeText(help[2] ?? "", false), type: type[2] ?? "", samples });
  }
  return blocks;
}

function parseSample(line: string, wanted: string): PrometheusSample {
  let at = 0;
  const take = (pattern: RegExp): string => {
    pattern.lastIndex = at;
    const [found] = pattern.exec(line) ?? [];
    if (found === undefined) throw new Error(`at ${at}, ${pattern} is wanted: ${line}`);
    at += found.length;
    return found;
  };
  if (take(NAME) !== wanted) throw new Error(`${line} is not of ${wanted}`);
  const labels: Record<string, string> = {};
  if (line[at] === "{") {
    do {
      at += 1;
      const label = take(LABEL);
      if (Object.hasOwn(labels, label)) throw new Error(`${label} stands twice: ${line}`);
      const quoted = take(/="(?:[^"\\]|\\[\\"n])*"/y);
      labels[label] = unescapeText(quoted.slice(2, -1), true);
    } while (line[at] === ",");
    take(/\}/y);
  }
  take(/ /y);
  const text = take(VALUE);
  return { labels, value: /Inf$/.test(text) ? Number(`${text}inity`) : Number(text) };
}

function unescapeText(text: string, isLabel: boolean): string {
  return text.replace(/\\(.?)/gs, (whole, next: string) => {
    if (next === "n") return "\n";
    if (next === "\\" || (isLabel && next === '"')) return next;
    throw new Error(`${whole} is no escape`);
  });
}
