import { existsSync } from "node:fs";
import { join } from "node:path";
import { cruise, type ICruiseResult, type IRegularForbiddenRuleType } from "dependency-cruiser";
import type { CheckContext, CheckResult } from "./check.ts";
import { listFiles } from "./workspace.ts";

/** The folders of core in import order: each may import those before it, none after it. */
const coreFolders = [
  "errors",
  "decimal",
  "ports",
  "recording",
  "parse",
  "instrument",
  "model",
  "events",
  "rate-limit",
  "tracing",
  "transport",
  "auth",
  "order-book",
  "market-data",
  "account",
  "metrics",
  "connector",
  "plugin",
  "session",
  "host",
];

const core = "^packages/core/src/";
const adapters = `${core}ports/adapters/`;
const connector = "^packages/(exchange|derivative|protocol)/([^/]+)/";
const anyPackage = "^packages/((?:exchange|derivative|protocol)/[^/]+|core|registry|simulator|testkit|cli)/";

function forbid(
  name: string,
  from: IRegularForbiddenRuleType["from"],
  to: IRegularForbiddenRuleType["to"],
): IRegularForbiddenRuleType {
  return { name, severity: "error", from, to };
}

/** A package may import, of all packages, only itself and `allowed`. */
function packageImports(name: string, allowed: string[]): IRegularForbiddenRuleType {
  return forbid(
    `${name}-imports-only-what-it-may`,
    { path: `^packages/${name}/src/` },
    { path: "^packages/", pathNot: `^packages/(${[name, ...allowed].join("|")})/` },
  );
}

const rules: IRegularForbiddenRuleType[] = [
  forbid("no-cycles", { path: "^packages/" }, { circular: true }),
  // A package that is not built yet, a file that is not there, a path that `exports` does not offer.
  forbid("imports-resolve", {}, { couldNotResolve: true }),
  forbid(
    "packages-by-name",
    { path: anyPackage },
    { path: "^packages/", pathNot: "^packages/$1/", dependencyTypes: ["local"] },
  ),
  forbid("packages-by-name-from-outside", { path: "^(e2e|examples)/" }, { path: "^packages/.*/src/" }),

  ...coreFolders.slice(0, -1).map((folder, index) =>
    forbid(
      "core-folders-import-leftwards",
      { path: `${core}${folder}/` },
      {
        path: `${core}(${coreFolders.slice(index + 1).join("|")})/`,
      },
    ),
  ),
  forbid("core-index-is-for-users", { path: `${core}[^/]+/` }, { path: `${core}index[.]ts$` }),
  forbid(
    "adapters-know-ports-and-errors",
    { path: adapters },
    { path: core, pathNot: `${core}(ports|errors)/` },
  ),
  forbid(
    "ports-know-no-adapter",
    { path: core, pathNot: `${adapters}|${core}(host/|index[.]ts$)` },
    // A journal in memory touches nothing: replays have one.
    { path: adapters, pathNot: `${adapters}memory-journals[.]ts$` },
  ),
  forbid(
    "only-default-ports-leave-the-adapters",
    { path: `${core}(host/|index[.]ts$)` },
    { path: adapters, pathNot: `${adapters}(default-ports|next-turn)[.]ts$` },
  ),

  packageImports("core", []),
  packageImports("registry", ["core"]),
  packageImports("simulator", ["core"]),
  packageImports("testkit", ["core", "simulator"]),
  forbid(
    "connectors-know-core-and-their-venue",
    { path: `${connector}src/` },
    // What two connectors of a venue share lives in a private package beside them.
    {
      path: "^packages/",
      pathNot: [
        "^packages/(core|simulator)/",
        "^packages/$1/$2/",
        "^packages/(exchange|derivative|protocol)/[^/]+-common/",
      ],
    },
  ),
  forbid(
    "simulator-package-only-in-simulators",
    { path: `${connector}src/`, pathNot: `${connector}src/simulator/` },
    { path: "^packages/simulator/" },
  ),
  forbid(
    "own-simulator-only-on-demand",
    { path: `${connector}src/`, pathNot: `${connector}src/simulator/` },
    { path: "^packages/$1/$2/(src|dist)/simulator/", dynamic: false },
  ),
  // Written apart from the connector, so that one misreading of the venue cannot be in both.
  forbid(
    "simulators-know-no-connector",
    { path: `${connector}src/simulator/` },
    { path: "^packages/$1/$2/", pathNot: "^packages/$1/$2/src/simulator/" },
  ),
];

/** Who may import whom: between packages, and between the folders of core. */
export async function checkBoundaries({ root }: CheckContext): Promise<CheckResult> {
  const start = ["packages", "e2e", "examples"].filter((folder) => existsSync(join(root, folder)));
  const { output } = await cruise(
    start,
    {
      baseDir: root,
      validate: true,
      ruleSet: { forbidden: rules },
      doNotFollow: { path: "(^|/)(node_modules|dist)/" },
      tsPreCompilationDeps: true,
    },
    { exportsFields: ["exports"], conditionNames: ["types", "import", "default"] },
  );
  const { violations } = (output as ICruiseResult).summary;
  const problems = violations.map(({ rule, from, to, cycle }) => {
    const target = cycle === undefined ? to : cycle.map((step) => step.name).join(" → ");
    return `${from}: imports ${target} (${rule.name})`;
  });
  return { problems: [...new Set([...problems, ...foldersWithoutOrder(root)])] };
}

function foldersWithoutOrder(root: string): string[] {
  const source = "packages/core/src/";
  const folders = listFiles(root, source).map((path) => path.slice(source.length).split("/")[0] ?? "");
  return [...new Set(folders)]
    .filter((name) => name !== "index.ts" && !coreFolders.includes(name))
    .map((name) => `${source}${name}: has no place in core's import order (core-folders-have-an-order)`);
}
