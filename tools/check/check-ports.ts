import { builtinModules } from "node:module";
import ts from "typescript";
import type { CheckContext, CheckResult } from "./check.ts";
import {
  importedModule,
  isGlobalReference,
  lineOf,
  parseSyntax,
  readSyntax,
  type Syntax,
  walk,
} from "./syntax.ts";
import { listSources } from "./workspace.ts";

/** Where the outside world is let in. */
const doors = [
  /^packages\/core\/src\/ports\/adapters\//,
  /^packages\/registry\/src\/adapters\//,
  /^packages\/cli\/src\/bin\.ts$/,
  /^packages\/cli\/src\/adapters\//,
  // The conformance kit watches the process that it runs in, and reads the package that it judges and recordings,
  // and looks who may read journals.
  /^packages\/testkit\/src\/(world\/event-loop|world\/connect-proxy|run\/tcp-handles|run\/used-heap|run\/journal-folder|package\/package-files|recordings\/recording-disk)\.ts$/,
];

/** Globals that reach outside, each with the members that do not. */
const outside: Readonly<Record<string, readonly string[]>> = {
  setTimeout: [],
  setInterval: [],
  setImmediate: [],
  performance: [],
  process: [],
  console: [],
  fetch: [],
  WebSocket: [],
  EventSource: [],
  BroadcastChannel: [],
  navigator: [],
  globalThis: [],
  global: [],
  crypto: ["subtle"],
  Date: ["UTC", "parse", "prototype"],
};

/** Globals that are pure but for these members. */
const pureBut: Readonly<Record<string, readonly string[]>> = {
  Math: ["random"],
  AbortSignal: ["timeout"],
  Temporal: ["Now"],
  Atomics: ["wait", "waitAsync"],
};

/** Modules of Node that only compute. */
const pureModules = new Set([
  "assert",
  "buffer",
  "crypto",
  // Tells others of this process what happens in it; reads nothing.
  "diagnostics_channel",
  "events",
  "path",
  "string_decoder",
  "url",
  "util",
  "zlib",
]);

/** Packages that open sockets. */
const networkPackages = new Set(["ws", "undici"]);

/** Clock, timers, randomness, network, disk and process are reached through ports, nowhere else. */
export function checkPorts({ root }: CheckContext): CheckResult {
  const sources = listSources(root).filter((path) => !doors.some((door) => door.test(path)));
  return { problems: sources.flatMap((path) => bypasses(readSyntax(root, path))) };
}

/** The places in `text` that go round the ports. */
export function findBypasses(path: string, text: string): string[] {
  return bypasses(parseSyntax(path, text));
}

function bypasses(syntax: Syntax): string[] {
  const problems: string[] = [];
  const report = (node: ts.Node, what: string): void => {
    problems.push(`${syntax.path}:${lineOf(syntax, node)}: ${what} goes round the ports`);
  };
  walk(syntax.file, (node) => {
    const imported = importedModule(node);
    if (imported !== undefined && !isPureImport(imported)) report(node, `import of ${imported.module}`);
    if (isGlobalReference(syntax, node) && reachesOutside(node))
      report(node, node.parent.getText().slice(0, 60));
  });
  return problems;
}

function isPureImport({ module, names }: { module: string; names: readonly string[] | undefined }): boolean {
  if (networkPackages.has(module)) return false;
  if (!module.startsWith("node:") && !builtinModules.includes(module)) return true;
  const name = module.replace(/^node:/, "");
  if (name !== "crypto") return pureModules.has(name);
  // Hashes and signatures are computed; keys and random numbers are not. Only named imports tell them apart.
  return names?.every((member) => !/^(random|getRandom|generate|webcrypto|default)/.test(member)) ?? false;
}

function reachesOutside(node: ts.Identifier): boolean {
  const { parent } = node;
  const member =
    ts.isPropertyAccessExpression(parent) && parent.expression === node ? parent.name.text : undefined;
  if (Object.hasOwn(pureBut, node.text)) {
    return member === undefined ? !isTypeTest(node) : (pureBut[node.text]?.includes(member) ?? false);
  }
  if (!Object.hasOwn(outside, node.text) || isTypeTest(node)) return false;
  // A moment that is given, not read from the clock.
  if (node.text === "Date" && ts.isNewExpression(parent) && (parent.arguments?.length ?? 0) > 0) return false;
  return member === undefined || !(outside[node.text]?.includes(member) ?? false);
}

function isTypeTest(node: ts.Identifier): boolean {
  const { parent } = node;
  return ts.isBinaryExpression(parent) && parent.operatorToken.kind === ts.SyntaxKind.InstanceOfKeyword;
}
