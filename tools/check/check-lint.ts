import type { CheckContext, CheckResult } from "./check.ts";
import { runTool } from "./run-tool.ts";

/** Lint rules and formatting, warnings included. */
export async function checkLint({ root }: CheckContext): Promise<CheckResult> {
  return {
    problems: await runTool(
      root,
      "biome",
      "ci",
      "--colors=off",
      "--error-on-warnings",
      "--max-diagnostics=200",
      ".",
    ),
  };
}
