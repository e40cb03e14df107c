import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "tsup";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** A piece of source that is replaced in one bundle. */
export interface SourcePatch {
  /** Path from the root of the repository. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
}

/** Sources of the packages by their names, as imports spell them. */
const SOURCES: Readonly<Record<string, string>> = {
  "@conn/core": "packages/core/src/index.ts",
  "@conn/simulator": "packages/simulator/src/index.ts",
  "@conn/testkit/simulation": "packages/testkit/src/simulation/index.ts",
  "@conn/binance-perpetual": "packages/derivative/binance-perpetual/src/index.ts",
  "@conn/crypto-com": "packages/exchange/crypto-com/src/index.ts",
};

/**
 * Bundles the worker with all of its sources into one file, so that it starts fast and so that one bundle
 * may carry a deliberate bug that no other one has.
 *
 * @returns The file's path.
 * @throws {Error} if a patch does not fit the sources any more.
 */
export async function bundleWorker(name: string, patches: readonly SourcePatch[] = []): Promise<string> {
  for (const { file, find } of patches) {
    const count = readFileSync(join(root, file), "utf8").split(find).length - 1;
    if (count !== 1) throw new Error(`${name}: stands ${count} times in ${file}: ${find}`);
  }
  const outDir = join(root, "tools/simulate/.bundles", name);
  rmSync(outDir, { recursive: true, force: true });
  mkdirSync(outDir, { recursive: true });
  await build({
    config: false,
    entry: { worker: join(root, "tools/simulate/worker.ts") },
    outDir,
    format: ["esm"],
    platform: "node",
    target: "node22",
    silent: true,
    splitting: false,
    sourcemap: "inline",
    // Everything but Node's own modules and what is loaded only by the default adapters.
    noExternal: [/.*/],
    external: ["ws", "undici"],
    outExtension: () => ({ js: ".mjs" }),
    esbuildOptions: (options) => {
      options.minifySyntax = true;
    },
    esbuildPlugins: [
      {
        name: "sources",
        setup(plugin) {
          plugin.onResolve({ filter: /^@conn\// }, ({ path }) => {
            const source = SOURCES[path];
            return source === undefined ? undefined : { path: join(root, source) };
          });
          plugin.onLoad({ filter: /\.ts$/ }, ({ path }) => {
            const wanted = patches.filter(({ file }) => join(root, file) === path);
            if (wanted.length === 0) return undefined;
            const contents = wanted.reduce(
              (text, { find, replace }) => text.replace(find, () => replace),
              readFileSync(path, "utf8"),
            );
            return { contents, loader: "ts" };
          });
        },
      },
    ],
  });
  return join(outDir, "worker.mjs");
}
