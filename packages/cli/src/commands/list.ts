import { readArguments } from "../arguments/read-arguments.js";
import { UsageError } from "../arguments/usage-error.js";
import { readTerminalFacts } from "../display/terminal-facts.js";
import { describeError, formatJson } from "../market/json-events.js";
import { EXIT_OK } from "../process/exit-code.js";
import { paint, span } from "../render/line.js";
import { tabulate } from "../render/tabulate.js";
import type { Command } from "./command.js";

const HELP = `conn list: the installed connectors

Usage
  conn list [--json]

Looks at the dependencies in the package.json of the folder you are in, or the nearest above it, and
runs none of their code. A connector that is installed but cannot be loaded is shown with the reason.

Options
  --json    one JSON object a line instead of a table
  --help    this text

Examples
  conn list
  conn list --json
`;

/** `conn list`. */
export const list: Command = {
  name: "list",
  summary: "the installed connectors",
  help: HELP,
  async run(args, io) {
    const { values, positionals } = readArguments(args, { json: { type: "boolean" } });
    if (positionals.length > 0)
      throw new UsageError("conn list takes no names; it lists everything installed");
    const { plugins, problems, hostFolder } = await io.registry.discover();
    if (values.json === true) {
      for (const { name, kind, packageName, version, supports, simulator, problem } of plugins) {
        io.stdout.write(
          `${formatJson({
            type: "connector",
            name,
            kind,
            packageName,
            version,
            supports,
            simulator,
            problem: problem && describeError(problem),
          })}\n`,
        );
      }
      for (const problem of problems) {
        io.stdout.write(`${formatJson({ type: "problem", error: describeError(problem) })}\n`);
      }
      return EXIT_OK;
    }

    const rows = plugins.map(({ name, kind, packageName, version, supports, simulator, problem }) => [
      span(name, problem === undefined ? "strong" : "bad"),
      span(kind),
      span(packageName === undefined ? "–" : `${packageName}@${version ?? "?"}`),
      span(
        problem === undefined
          ? [
              ...Object.keys(supports).filter(
                (key) => supports[key] === true || typeof supports[key] === "object",
              ),
              ...(simulator ? ["simulator"] : []),
            ].join(", ")
          : problem.message,
        problem === undefined ? "dim" : "bad",
      ),
    ]);
    const { colors } = readTerminalFacts(io);
    if (rows.length > 0) {
      const heads = ["name", "kind", "package", "supports"].map((head) => span(head, "dim"));
      for (const line of tabulate([heads, ...rows])) io.stdout.write(`${paint(line, colors)}\n`);
    } else {
      const where =
        hostFolder === undefined ? "there is no package.json here or above" : `looked at ${hostFolder.href}`;
      io.stderr.write(`No connector is installed (${where}). Try: npm install @conn/binance-perpetual\n`);
    }
    for (const problem of problems) {
      io.stdout.write(`${paint([span(`! ${problem.message}`, "bad")], colors)}\n`);
    }
    return EXIT_OK;
  },
};
