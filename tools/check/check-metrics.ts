import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import type { CheckContext, CheckResult } from "./check.ts";
import { padded } from "./markdown-table.ts";
import { parseSyntax, walk } from "./syntax.ts";

const FILE = "docs/METRICS.md";
const ADAPTER = "examples/opentelemetry-metrics.ts";
const MESSAGES = "packages/core/src/tracing/trace-messages.ts";

/** docs/METRICS.md says what the definitions, the adapter and the messages of the code say. */
export async function checkMetrics({ root, update }: CheckContext): Promise<CheckResult> {
  const read = (path: string): string => readFileSync(join(root, path), "utf8");
  const before = read(FILE);
  const { METRICS, TRACE_CHANNELS } = await import("@conn/core");
  const parts = {
    metrics: metricsTable(METRICS),
    adapter: `\`\`\`ts\n${read(ADAPTER).trimEnd()}\n\`\`\``,
    channels: channelsTable(TRACE_CHANNELS, read(MESSAGES)),
  };
  let after = before;
  for (const [name, text] of Object.entries(parts)) {
    const replaced = replacePart(after, name, text);
    if (replaced === undefined) return { problems: [`${FILE}: the markers of ${name} are missing`] };
    after = replaced;
  }
  if (after === before) return { problems: [] };
  if (!update) return { problems: [`${FILE}: is old; to write it: npm run check -- metrics --update`] };
  writeFileSync(join(root, FILE), after);
  return { problems: [] };
}

/** Puts `text` between two markers; undefined if they are not there. */
export function replacePart(document: string, name: string, text: string): string | undefined {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const from = document.indexOf(begin);
  const to = document.indexOf(end);
  if (from < 0 || to < from) return undefined;
  return `${document.slice(0, from)}${begin}\n\n${text}\n\n${document.slice(to)}`;
}

interface Definition {
  readonly name: string;
  readonly kind: string;
  readonly unit: string;
  readonly description: string;
  readonly attributes: readonly string[];
}

function metricsTable(definitions: readonly Definition[]): string {
  const rows = definitions.map(({ name, kind, unit, attributes, description }) => [
    `\`${name}\``,
    kind,
    `\`${unit}\``,
    attributes.map((attribute) => `\`${attribute}\``).join(", ") || "–",
    description,
  ]);
  return padded([["metric", "kind", "unit", "attributes", "what it says"], ...rows]);
}

/** Fields of the messages with their documentation, by the name of the interface: `RestTrace` is told on channel `rest`. */
export function channelsTable(names: Readonly<Record<string, string>>, source: string): string {
  const syntax = parseSyntax(MESSAGES, source);
  const sections: string[] = [];
  walk(syntax.file, (node) => {
    if (!ts.isInterfaceDeclaration(node)) return;
    const key = node.name.text.replace(/Trace$/, "").toLowerCase();
    const name = names[key];
    if (name === undefined) throw new Error(`${MESSAGES}: ${node.name.text} has no channel`);
    const rows = node.members
      .filter(ts.isPropertySignature)
      .map((member) => [
        `\`${member.name.getText(syntax.file)}\``,
        `\`${(member.type?.getText(syntax.file) ?? "").replaceAll("|", "\\|")}\``,
        docOf(member) || "–",
      ]);
    sections.push(
      `### \`${name}\`\n\n${docOf(node)} Type \`${node.name.text}\`.`,
      padded([["field", "type", "what it says"], ...rows]),
    );
  });
  return sections.join("\n\n");
}

function docOf(node: ts.Node): string {
  const [comment] = ts.getJSDocCommentsAndTags(node);
  const text =
    comment === undefined ? "" : (ts.getTextOfJSDocComment(comment.comment as string | undefined) ?? "");
  return text
    .replace(/^- |\n- /g, " ")
    .replace(/\s+/g, " ")
    .trim();
}
