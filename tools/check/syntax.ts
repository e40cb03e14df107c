import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

/** One file, parsed and bound: its own names are known, nothing outside it is. */
export interface Syntax {
  readonly path: string;
  readonly file: ts.SourceFile;
  readonly checker: ts.TypeChecker;
}

/** Parses `text`. Without libraries and imports, every name that nothing in the file declares is a global. */
export function parseSyntax(path: string, text: string): Syntax {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const host: ts.CompilerHost = {
    getSourceFile: (name) => (name === path ? file : undefined),
    fileExists: (name) => name === path,
    readFile: () => undefined,
    writeFile: () => undefined,
    getDefaultLibFileName: () => "",
    getCurrentDirectory: () => "",
    getCanonicalFileName: (name) => name,
    useCaseSensitiveFileNames: () => true,
    getNewLine: () => "\n",
  };
  const options = { noLib: true, noResolve: true, types: [], target: ts.ScriptTarget.Latest };
  return { path, file, checker: ts.createProgram([path], options, host).getTypeChecker() };
}

export function readSyntax(root: string, path: string): Syntax {
  return parseSyntax(path, readFileSync(join(root, path), "utf8"));
}

export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

export function lineOf({ file }: Syntax, node: ts.Node): number {
  return file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;
}

/** Whether `node` reads a global at run time: not a type, not a property's name, not declared in the file. */
export function isGlobalReference({ checker }: Syntax, node: ts.Node): node is ts.Identifier {
  if (!ts.isIdentifier(node) || isInType(node)) return false;
  const { parent } = node;
  if (ts.isShorthandPropertyAssignment(parent)) {
    return checker.getShorthandAssignmentValueSymbol(parent) === undefined;
  }
  if (!ts.isExpression(node) || isOnlyAName(node, parent)) return false;
  // `globalThis` itself has a symbol, but no declaration.
  return (checker.getSymbolAtLocation(node)?.declarations ?? []).length === 0;
}

function isInType(node: ts.Node): boolean {
  for (let at = node; !ts.isStatement(at); at = at.parent) {
    if (ts.isPartOfTypeNode(at) || ts.isTypeQueryNode(at)) return true;
    if (at.parent === undefined) return false;
  }
  return false;
}

function isOnlyAName(node: ts.Identifier, parent: ts.Node): boolean {
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node;
  if (ts.isBindingElement(parent)) return parent.initializer !== node;
  if (ts.isImportSpecifier(parent) || ts.isExportSpecifier(parent)) return true;
  if (ts.isMetaProperty(parent) || ts.isLabeledStatement(parent)) return true;
  return "name" in parent && parent.name === node;
}

/** The module that `node` loads at run time, if it loads one. */
export function importedModule(
  node: ts.Node,
): { module: string; names: readonly string[] | undefined } | undefined {
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
    const clause = node.importClause;
    if (clause?.isTypeOnly === true) return undefined;
    const bindings = clause?.namedBindings;
    const named = clause?.name === undefined && bindings !== undefined && ts.isNamedImports(bindings);
    const names = named
      ? bindings.elements.map(({ propertyName, name }) => (propertyName ?? name).text)
      : undefined;
    return { module: node.moduleSpecifier.text, names };
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined && !node.isTypeOnly) {
    return ts.isStringLiteral(node.moduleSpecifier)
      ? { module: node.moduleSpecifier.text, names: undefined }
      : undefined;
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    const [module] = node.arguments;
    if (module !== undefined && ts.isStringLiteralLike(module))
      return { module: module.text, names: undefined };
  }
  return undefined;
}
