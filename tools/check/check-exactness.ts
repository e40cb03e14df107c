import ts from "typescript";
import type { CheckContext, CheckResult } from "./check.ts";
import { isGlobalReference, lineOf, parseSyntax, readSyntax, type Syntax, walk } from "./syntax.ts";
import { listFiles, listPackages } from "./workspace.ts";

const readers = new Set(["Number", "parseFloat", "parseInt"]);

/**
 * In a connector, text becomes a number only where a comment `// exact: why` on the same line or the
 * one above says why no digit of a price, amount or id can be lost.
 */
export function checkExactness({ root }: CheckContext): CheckResult {
  const connectors = listPackages(root).filter(({ isConnector }) => isConnector);
  const sources = connectors.flatMap(({ folder }) =>
    listFiles(root, `${folder}/src`).filter((path) => !path.startsWith(`${folder}/src/simulator/`)),
  );
  return { problems: sources.flatMap((path) => inexact(readSyntax(root, path))) };
}

/** The conversions in `text` that nothing explains. */
export function findInexact(path: string, text: string): string[] {
  return inexact(parseSyntax(path, text));
}

function inexact(syntax: Syntax): string[] {
  const lines = syntax.file.text.split("\n");
  const problems: string[] = [];
  walk(syntax.file, (node) => {
    if (!isConversion(syntax, node)) return;
    const line = lineOf(syntax, node);
    if (lines.slice(Math.max(line - 2, 0), line).some((text) => text.includes("// exact: "))) return;
    problems.push(`${syntax.path}:${line}: ${node.getText().slice(0, 60)} may lose digits`);
  });
  return problems;
}

function isConversion(syntax: Syntax, node: ts.Node): boolean {
  if (ts.isPrefixUnaryExpression(node)) {
    return node.operator === ts.SyntaxKind.PlusToken && !ts.isNumericLiteral(node.operand);
  }
  if (ts.isPropertyAccessExpression(node)) {
    return (
      node.name.text === "toNumber" || (node.expression.getText() === "Number" && readers.has(node.name.text))
    );
  }
  if (!isGlobalReference(syntax, node) || !readers.has(node.text)) return false;
  // Number.isSafeInteger and the like convert nothing.
  return !ts.isPropertyAccessExpression(node.parent);
}
