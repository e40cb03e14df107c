import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { SequenceRecord } from "@conn/core";
import type { CheckContext, CheckResult } from "./check.ts";
import { padded } from "./markdown-table.ts";
import { listEntries, listPackages } from "./workspace.ts";

const FILE = "docs/SEQUENCE_RULES.md";
const BEGIN = "<!-- venues:begin -->";
const END = "<!-- venues:end -->";

interface Venue {
  readonly name: string;
  readonly record: SequenceRecord;
}

/** docs/SEQUENCE_RULES.md says what the sequence records of the connectors and decoders say. */
export async function checkSequenceRules({ root, update }: CheckContext): Promise<CheckResult> {
  const before = readFileSync(join(root, FILE), "utf8");
  const [head, , rest] = before.split(new RegExp(`${BEGIN}([^]*)${END}`));
  if (head === undefined || rest === undefined)
    return { problems: [`${FILE}: the markers of its table are missing`] };
  const text = format(await connectors(root), await recorded(root));
  const after = `${head}${BEGIN}\n\n${text}\n\n${END}${rest}`;
  if (after === before) return { problems: [] };
  if (!update)
    return { problems: [`${FILE}: is old; to write it: npm run check -- sequence-rules --update`] };
  writeFileSync(join(root, FILE), after);
  return { problems: [] };
}

async function connectors(root: string): Promise<Venue[]> {
  const venues: Venue[] = [];
  for (const connector of listPackages(root).filter(({ isConnector }) => isConnector)) {
    const main = listEntries(connector).find(({ name }) => name === connector.manifest.name);
    if (main === undefined) continue;
    const { plugin } = await import(pathToFileURL(join(root, connector.folder, main.code)).href);
    venues.push({ name: plugin.name, record: plugin.create({}).orderBooks.sequence });
  }
  return venues;
}

async function recorded(root: string): Promise<Venue[]> {
  const { decoders } = await import(pathToFileURL(join(root, "tools/replay/decoders.ts")).href);
  // as: the module is the one this repository's `conn replay` is given.
  return Object.entries(decoders as Record<string, { readonly sequence: SequenceRecord }>)
    .map(([name, { sequence }]) => ({ name, record: sequence }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function format(own: readonly Venue[], others: readonly Venue[]): string {
  return [
    "## Connectors",
    ...section(own),
    "## Recorded venues",
    "What `npm run conn -- replay` knows of venues that have no connector yet, and of older versions of those that have.",
    ...section(others),
  ].join("\n\n");
}

function section(venues: readonly Venue[]): string[] {
  const rows = venues.map(({ name, record }) => [
    `\`${name}\``,
    record.snapshot,
    record.bridge,
    record.idsMayBeAbsent ? `${record.steady}, where ids are given` : record.steady,
    record.scope,
    extras(record),
    record.crossed,
    record.recovery,
  ]);
  const table = padded([
    [
      "venue",
      "snapshot",
      "first diff",
      "every later diff",
      "ids run over",
      "besides",
      "crossed book",
      "recovery",
    ],
    ...rows,
  ]);
  return [
    table,
    ...venues.flatMap(({ name, record }) => [
      `### ${name}`,
      record.rules.map((rule) => `- ${rule}`).join("\n"),
      `Source: <${record.source.split(" ")[0]}>`,
    ]),
  ].filter((block) => block !== "");
}

function extras({ levelsBy, trimDepth, checksum, mayStepBack, olderSnapshot }: SequenceRecord): string {
  const all = [
    levelsBy === "id" && "levels by id",
    trimDepth !== undefined && `${trimDepth} levels a side`,
    checksum !== undefined && `checksum over ${checksum.levels}`,
    mayStepBack && "ids may step back",
    olderSnapshot === "apply" && "older snapshots count",
  ].filter((entry) => entry !== false && entry !== undefined);
  return all.length === 0 ? "–" : all.join(", ");
}
