import ts from "typescript";
import type { CheckContext, CheckResult } from "./check.ts";
import { readSyntax, type Syntax } from "./syntax.ts";
import { listFiles, listPackages } from "./workspace.ts";

/** Lines that a connector of each kind should get along with. */
const compass: Readonly<Record<string, number>> = { exchange: 750, derivative: 1000 };

/** Says how large each connector is, without its simulator. A compass: no size is wrong. */
export function countLines({ root }: CheckContext): CheckResult {
  const connectors = listPackages(root).filter(({ isConnector }) => isConnector);
  const notes = connectors.map(({ folder, manifest }) => {
    const sources = listFiles(root, `${folder}/src`).filter(
      (path) => !path.startsWith(`${folder}/src/simulator/`),
    );
    const lines = sources.reduce((sum, path) => sum + codeLines(readSyntax(root, path)), 0);
    const expected = compass[folder.split("/")[1] ?? ""];
    return `${manifest.name}: ${lines} lines of code${expected === undefined ? "" : ` (compass ${expected})`}`;
  });
  return { problems: [], notes };
}

/** Lines that hold code: neither blank nor only a comment. */
function codeLines({ file }: Syntax): number {
  const lines = new Set<number>();
  const visit = (node: ts.Node): void => {
    if (ts.isJSDoc(node)) return;
    if (node.getChildCount(file) === 0 && node.kind !== ts.SyntaxKind.EndOfFileToken) {
      const first = file.getLineAndCharacterOfPosition(node.getStart(file)).line;
      const last = file.getLineAndCharacterOfPosition(node.getEnd()).line;
      for (let line = first; line <= last; line += 1) lines.add(line);
    }
    for (const child of node.getChildren(file)) visit(child);
  };
  visit(file);
  return lines.size;
}
