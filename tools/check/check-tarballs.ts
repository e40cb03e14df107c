import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import type { CheckContext, CheckResult } from "./check.ts";
import { runTool } from "./run-tool.ts";
import { listPublicPackages } from "./workspace.ts";

/** What would be published: its manifest fits its files (publint), its types fit its code (attw). */
export async function checkTarballs({ root }: CheckContext): Promise<CheckResult> {
  const packages = listPublicPackages(root);
  const results = await Promise.all(packages.map(({ folder }) => problemsOf(join(root, folder), folder)));
  return { problems: results.flat() };
}

async function problemsOf(path: string, folder: string): Promise<string[]> {
  const target = await mkdtemp(join(tmpdir(), "conn-pack-"));
  try {
    const failed = await runTool(path, "pnpm", "pack", "--pack-destination", target);
    if (failed.length > 0) return failed;
    const [name] = await readdir(target);
    if (name === undefined) return [`${folder}: pnpm pack left no file`];
    const tarball = join(target, name);
    const bytes = new Uint8Array(await readFile(tarball));
    const { messages, pkg } = await publint({ strict: true, pack: { tarball: bytes.buffer } });
    return [
      ...messages.map((message) => `${folder}: ${formatMessage(message, pkg, { color: false })}`),
      ...(await runTool(path, "attw", "--profile", "esm-only", "--format", "ascii", "--no-emoji", tarball)),
    ];
  } catch (error) {
    return [`${folder}: ${error}`];
  } finally {
    await rm(target, { recursive: true, force: true });
  }
}
