import type { CheckContext, CheckResult } from "./check.ts";
import { runTool } from "./run-tool.ts";

/** Files, exports and dependencies that nothing uses, and dependencies that nobody declared. */
export async function checkUnused({ root }: CheckContext): Promise<CheckResult> {
  return { problems: await runTool(root, "knip", "--no-progress", "--treat-config-hints-as-errors") };
}
