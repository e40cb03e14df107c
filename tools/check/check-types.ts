import type { CheckContext, CheckResult } from "./check.ts";
import { runTool } from "./run-tool.ts";

/** Type-checks every package, then everything beside them: tools, e2e, examples and configurations. */
export async function checkTypes({ root }: CheckContext): Promise<CheckResult> {
  const packages = await runTool(root, "turbo", "run", "typecheck", "--output-logs=errors-only");
  const rest = await runTool(root, "tsc", "--project", "tsconfig.json", "--pretty", "false");
  return { problems: [...packages, ...rest] };
}
