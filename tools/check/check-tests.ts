import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import type { CheckContext, CheckResult } from "./check.ts";
import { lineOf, parseSyntax, readSyntax, type Syntax, walk } from "./syntax.ts";
import { listFiles, listPackages, listSources } from "./workspace.ts";

const runners = new Set(["it", "test", "describe", "suite", "bench"]);
const aside = new Set(["skip", "only", "todo", "fails"]);

/** No test is set aside or run alone by hand, and no source holds a note of work left undone. */
export function checkTests({ root }: CheckContext): CheckResult {
  const folders = ["tools", "e2e", "examples", ...listPackages(root).map(({ folder }) => folder)];
  const files = folders.flatMap((folder) => listFiles(root, folder));
  return {
    problems: [
      ...files.flatMap((path) => setAside(readSyntax(root, path))),
      ...listSources(root).flatMap((path) => findNotes(path, readFileSync(join(root, path), "utf8"))),
    ],
  };
}

/** The tests in `text` that are skipped, or that make others be. */
export function findSetAside(path: string, text: string): string[] {
  return setAside(parseSyntax(path, text));
}

/** The lines of `text` that put work off. */
export function findNotes(path: string, text: string): string[] {
  return text.split("\n").flatMap((line, index) => {
    const note = /\b(TODO|FIXME|XXX|HACK)\b/.exec(line);
    return note === null ? [] : [`${path}:${index + 1}: ${note[0]} puts work off`];
  });
}

function setAside(syntax: Syntax): string[] {
  const problems: string[] = [];
  const report = (node: ts.Node, what: string): void => {
    problems.push(`${syntax.path}:${lineOf(syntax, node)}: ${what} sets tests aside`);
  };
  walk(syntax.file, (node) => {
    if (ts.isPropertyAccessExpression(node) && aside.has(node.name.text) && isRunner(node.expression)) {
      report(node, node.getText());
    }
    if (!ts.isCallExpression(node)) return;
    if (ts.isIdentifier(node.expression) && /^(x|f)(it|test|describe)$/.test(node.expression.text)) {
      report(node, node.expression.text);
    }
    if (!isRunner(node.expression)) return;
    for (const option of node.arguments
      .filter(ts.isObjectLiteralExpression)
      .flatMap(({ properties }) => properties)) {
      const name = option.name?.getText() ?? "";
      const always = ts.isPropertyAssignment(option) && option.initializer.kind === ts.SyntaxKind.TrueKeyword;
      if (aside.has(name) && always) report(option, option.getText());
    }
  });
  return problems;
}

/** `test`, `test.concurrent`, `describe.each(rows)` and so on. */
function isRunner(node: ts.Expression): boolean {
  if (ts.isIdentifier(node)) return runners.has(node.text);
  return (ts.isPropertyAccessExpression(node) || ts.isCallExpression(node)) && isRunner(node.expression);
}
