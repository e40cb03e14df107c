import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import ts from "typescript";
import type { CheckContext, CheckResult } from "./check.ts";
import { listEntries, listPublicPackages, type WorkspacePackage } from "./workspace.ts";

const rewrite = "npm run check -- exports --update";

/**
 * What every package exports is written down in its `api.txt`, so that a change of it is seen and meant.
 * The code must export what the declarations promise.
 */
export async function checkExports({ root, update }: CheckContext): Promise<CheckResult> {
  const results = await Promise.all(listPublicPackages(root).map((member) => compare(root, member, update)));
  return { problems: results.flat() };
}

async function compare(root: string, member: WorkspacePackage, update: boolean): Promise<string[]> {
  const problems: string[] = [];
  const sections: string[] = [];
  for (const entry of listEntries(member)) {
    const declared = listDeclaredExports(join(root, member.folder, entry.types));
    sections.push([entry.name, ...declared.map(({ kind, name }) => `  ${kind} ${name}`)].join("\n"));
    const promised = declared.filter(({ isValue }) => isValue).map(({ name }) => name);
    const loaded: object = await import(pathToFileURL(join(root, member.folder, entry.code)).href);
    problems.push(
      ...difference(promised, Object.keys(loaded)).map(
        (line) => `${entry.name}: declarations and code differ: ${line}`,
      ),
    );
  }
  const path = `${member.folder}/api.txt`;
  const text = `${sections.join("\n\n")}\n`;
  const before = existsSync(join(root, path)) ? readFileSync(join(root, path), "utf8") : "";
  if (before === text) return problems;
  if (update) {
    writeFileSync(join(root, path), text);
    return problems;
  }
  const lines = difference(before.split("\n"), text.split("\n"));
  return [...problems, `${path}: differs; if it is meant: ${rewrite}\n${lines.join("\n")}`];
}

interface DeclaredExport {
  readonly name: string;
  readonly kind: string;
  readonly isValue: boolean;
}

/** The exports of a declaration file, sorted by name. */
function listDeclaredExports(path: string): DeclaredExport[] {
  const program = ts.createProgram([path], {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.Latest,
    noLib: true,
    types: [],
  });
  const checker = program.getTypeChecker();
  const file = program.getSourceFile(path);
  if (file === undefined) throw new Error(`${path} does not exist: build first`);
  const module = checker.getSymbolAtLocation(file);
  if (module === undefined) return [];
  return checker
    .getExportsOfModule(module)
    .map((symbol) => describe(checker, symbol))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function describe(checker: ts.TypeChecker, symbol: ts.Symbol): DeclaredExport {
  const { flags } = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  // `export type { Class }` gives away the type alone.
  const typeOnly = (symbol.declarations ?? []).some((declaration) =>
    ts.isTypeOnlyExportDeclaration(declaration),
  );
  const isValue = (flags & ts.SymbolFlags.Value) !== 0 && !typeOnly;
  return { name: symbol.name, kind: kindOf(flags, isValue), isValue };
}

function kindOf(flags: ts.SymbolFlags, isValue: boolean): string {
  if (isValue) {
    if (flags & ts.SymbolFlags.Class) return "class";
    if (flags & ts.SymbolFlags.Function) return "function";
    return flags & ts.SymbolFlags.Type ? "const, type" : "const";
  }
  return flags & ts.SymbolFlags.Interface ? "interface" : "type";
}

/** Lines of one list that are missing in the other, marked as a diff marks them. */
function difference(before: readonly string[], after: readonly string[]): string[] {
  return [
    ...before.filter((line) => !after.includes(line)).map((line) => `- ${line}`),
    ...after.filter((line) => !before.includes(line)).map((line) => `+ ${line}`),
  ];
}
