import { existsSync } from "node:fs";
import { join } from "node:path";
import type { CheckContext, CheckResult } from "./check.ts";
import { listPublicPackages } from "./workspace.ts";

/** What a reader of a published package expects beside the code. */
export function checkFiles({ root }: CheckContext): CheckResult {
  const paths = listPublicPackages(root).flatMap(({ folder }) => [
    `${folder}/README.md`,
    `${folder}/LICENSE`,
  ]);
  return {
    problems: paths.filter((path) => !existsSync(join(root, path))).map((path) => `${path}: is missing`),
  };
}
