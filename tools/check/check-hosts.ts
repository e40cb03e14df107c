import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { CheckContext, CheckResult } from "./check.ts";

const hosts = [
  /\bregistry[.](npmjs|yarnpkg|npmmirror)[.][a-z]+\b|\bnpm[.]pkg[.]github[.]com\b/i,
  /\bhttps?:\/\/registry[.]/i,
  // A setting of npm or pnpm; loopback and addresses made at run time are fine.
  /\bregistry["']?\s*[=:]\s*["']?https?:\/\/(?!127[.]0[.]0[.]1|localhost|\[::1\]|\$\{)/i,
];

/** The lockfile and everything else leave open where packages come from, so that any mirror serves. */
export function checkHosts({ root }: CheckContext): CheckResult {
  const lock = "pnpm-lock.yaml";
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
  });
  const files = listed.split("\0").filter((path) => path !== "" && existsSync(join(root, path)));
  const read = (path: string): string => readFileSync(join(root, path), "utf8");
  return {
    problems: [
      ...findLines(lock, read(lock), [/https?:\/\/|tarball:/]),
      ...files.flatMap((path) => findRegistryHosts(path, read(path))),
    ],
  };
}

/** The lines of `text` that name a package registry's host. */
export function findRegistryHosts(path: string, text: string): string[] {
  return findLines(path, text, hosts);
}

function findLines(path: string, text: string, patterns: readonly RegExp[]): string[] {
  return text
    .split("\n")
    .flatMap((line, index) =>
      patterns.some((pattern) => pattern.test(line))
        ? [`${path}:${index + 1}: fixes where packages come from: ${line.trim().slice(0, 80)}`]
        : [],
    );
}
