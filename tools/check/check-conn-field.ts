import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { isDeepStrictEqual } from "node:util";
import type { CheckContext, CheckResult } from "./check.ts";
import { padded } from "./markdown-table.ts";
import { listEntries, listPackages, type WorkspacePackage } from "./workspace.ts";

const rewrite = "npm run check -- conn-field --update";

/** What a connector's package says of itself before it is loaded: field `conn` of its package.json. */
interface ConnField {
  readonly name: string;
  readonly kind: string;
  readonly core: string;
  readonly supports: Readonly<Record<string, unknown>>;
  readonly simulator: boolean;
}

type Plugin = Omit<ConnField, "simulator"> & { readonly simulator?: unknown };

/** Every connector's field `conn`, and the table of connectors in the README, say what its plugin says. */
export async function checkConnField({ root, update }: CheckContext): Promise<CheckResult> {
  const connectors = listPackages(root).filter(({ isConnector }) => isConnector);
  const problems: string[] = [];
  const fields: ConnField[] = [];
  for (const connector of connectors) {
    const field = await readPlugin(root, connector);
    if (field === undefined) {
      problems.push(`${connector.folder}: exports no plugin`);
      continue;
    }
    fields.push(field);
    if (isDeepStrictEqual(connector.manifest.conn, field)) continue;
    const path = `${connector.folder}/package.json`;
    if (update) {
      const text = `${JSON.stringify({ ...connector.manifest, conn: field }, undefined, 2)}\n`;
      writeFileSync(join(root, path), text);
    } else problems.push(`${path}: field conn is not what the plugin says; to write it: ${rewrite}`);
  }
  const readme = join(root, "README.md");
  if (existsSync(readme)) {
    const before = readFileSync(readme, "utf8");
    const after = replaceTable(before, formatTables(fields));
    if (after !== before && update) writeFileSync(readme, after);
    else if (after !== before)
      problems.push(`README.md: the table of connectors is old; to write it: ${rewrite}`);
  }
  return { problems };
}

async function readPlugin(root: string, connector: WorkspacePackage): Promise<ConnField | undefined> {
  const main = listEntries(connector).find(({ name }) => name === connector.manifest.name);
  if (main === undefined) return undefined;
  const { plugin }: { plugin?: Plugin } = await import(
    pathToFileURL(join(root, connector.folder, main.code)).href
  );
  if (plugin === undefined) return undefined;
  const { name, kind, core, supports, simulator } = plugin;
  return { name, kind, core, supports: { ...supports }, simulator: simulator !== undefined };
}

/** Tables in Markdown: a row for each connector, a column for each capability; and what is traded, and how, the other way round. */
function formatTables(fields: readonly ConnField[]): string {
  const capabilities = [...new Set(fields.flatMap(({ supports }) => Object.keys(supports)))];
  const main = padded([
    ["connector", "kind", ...capabilities.map(inWords), "simulated venue"],
    ...fields.map(({ name, kind, supports, simulator }) => {
      const able = capabilities.map((capability) => supports[capability]);
      return [`\`${name}\``, kind, ...[...able, simulator].map(formatValue)];
    }),
  ]);
  const groups = capabilities.filter((capability) =>
    fields.some(({ supports }) => isGroup(supports[capability])),
  );
  return [main, ...groups.map((group) => formatGroup(group, fields))].join("\n\n");
}

/** Capabilities that belong together, a row for each, a column for each connector that has the group. */
function formatGroup(group: string, fields: readonly ConnField[]): string {
  const members = fields.flatMap(({ name, supports }) => {
    const has = supports[group];
    return isGroup(has) ? [{ name, has }] : [];
  });
  const names = [...new Set(members.flatMap(({ has }) => Object.keys(has)))];
  return padded([
    [inWords(group), ...members.map(({ name }) => `\`${name}\``)],
    ...names.map((name) => [inWords(name), ...members.map(({ has }) => formatValue(has[name]))]),
  ]);
}

function isGroup(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Puts `table` between the two markers, if the text has them. */
function replaceTable(text: string, table: string): string {
  const markers = /(<!-- connectors:begin -->\n)[\s\S]*?(<!-- connectors:end -->)/;
  return text.replace(markers, (_, begin: string, end: string) => `${begin}\n${table}\n\n${end}`);
}

function inWords(capability: string): string {
  return capability.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function formatValue(value: unknown): string {
  if (value === true || isGroup(value)) return "✓";
  if (Array.isArray(value)) return value.join(", ");
  return value === false || value === undefined ? "–" : String(value);
}
