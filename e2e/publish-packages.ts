import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { LocalRegistry } from "./local-registry.ts";
import { runCommand } from "./run-command.ts";

export const root = fileURLToPath(new URL("..", import.meta.url));

/** A package of this workspace that is meant to be published. */
export interface PublicPackage {
  readonly folder: string;
  readonly name: string;
  readonly version: string;
  readonly publishConfig?: { readonly registry?: string };
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly bin?: Readonly<Record<string, string>>;
}

export function listPublicPackages(): readonly PublicPackage[] {
  return ["", "exchange", "derivative", "protocol"].flatMap((kind) => {
    const parent = join(root, "packages", kind);
    if (!existsSync(parent)) return [];
    return readdirSync(parent)
      .map((name) => join(parent, name))
      .filter((folder) => existsSync(join(folder, "package.json")))
      .map((folder) => ({ folder, ...JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) }))
      .filter((manifest) => manifest.private !== true);
  });
}

/** The files that a package promises to those who import it or run it. */
export function promisedFiles({ exports = {}, bin = {} }: PublicPackage): readonly string[] {
  const targets = Object.values(exports).flatMap((target) =>
    typeof target === "string" ? [target] : Object.values(target),
  );
  return [...targets, ...Object.values(bin)].map((path) => path.replace(/^\.\//, ""));
}

/**
 * Publishes all public packages to `registry` as they lie in the workspace, without touching it.
 *
 * @throws {Error} if anything is not built, or if pnpm would publish anywhere but to `registry`.
 */
export async function publishPackages(registry: LocalRegistry): Promise<void> {
  const packages = listPublicPackages();
  for (const pkg of packages) {
    const missing = promisedFiles(pkg).find((path) => !existsSync(join(pkg.folder, path)));
    if (missing !== undefined) throw new Error(`${pkg.name} has no ${missing}: run npm run build first`);
    // It would stand above all that is set below.
    if (pkg.publishConfig?.registry !== undefined) throw new Error(`${pkg.name} names a registry of its own`);
  }
  const home = await mkdtemp(join(tmpdir(), "conn-publish-"));
  try {
    const npmrc = join(home, "npmrc");
    const token = `//${new URL(registry.url).host}/:_authToken=loopback`;
    await writeFile(npmrc, `registry=${registry.url}\n@conn:registry=${registry.url}\n${token}\n`);
    // Nothing of the settings and credentials of the person who runs the tests; npm hands them on to its scripts
    // as variables, and in lower case they would stand above ours.
    const others = Object.entries(process.env).filter(([name]) => !/^p?npm_config_/i.test(name));
    const env = {
      ...Object.fromEntries(others),
      ...withoutProxy(),
      XDG_CONFIG_HOME: home,
      NPM_CONFIG_USERCONFIG: npmrc,
      // pnpm does not read npm_config_registry.
      pnpm_config_registry: registry.url,
    };
    for (const setting of ["registry", "@conn:registry"]) {
      const { stdout } = await runCommand("pnpm", ["config", "get", setting], { cwd: root, env });
      if (stdout.trim() !== registry.url) {
        throw new Error(
          `refusing to publish: pnpm takes ${stdout.trim()} for ${setting}, not ${registry.url}`,
        );
      }
    }
    // The tests may run with uncommitted changes and on any branch.
    await runCommand("pnpm", ["--recursive", "publish", "--no-git-checks"], { cwd: root, env });
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

/** Keeps what goes to loopback away from a proxy that the environment names. */
export function withoutProxy(): Readonly<Record<string, string>> {
  const excepted = [process.env.no_proxy ?? process.env.NO_PROXY, "127.0.0.1"].filter(Boolean).join(",");
  return { no_proxy: excepted, NO_PROXY: excepted };
}
