import { hasPackageFile, readPackageManifest } from "../../package/package-files.js";
import type { ConformanceCase } from "../../run/conformance-case.js";
import { must, mustEqual } from "../../run/failure.js";

/**
 * Given the connector's package, built.
 * Do read what it packs and exports.
 * Expect every exported file to be there and packed, core to be a peer dependency, and the main entry to export
 * the plugin. That a packed tarball installs and loads is the matter of an end-to-end test.
 */
export const packageContents: ConformanceCase = {
  id: "G03",
  title: "what the package exports is built and packed, and its entry is the plugin",
  async run({ plugin, packageFolder }) {
    const { files, exports, peerDependencies } = await readPackageManifest(packageFolder);
    must(Array.isArray(files) && files.length > 0, "package.json to list the files that it packs");
    const isPacked = (target: string): boolean =>
      target === "./package.json" || files.some((folder) => target.startsWith(`./${folder}/`));
    const peers = typeof peerDependencies === "object" && peerDependencies !== null ? peerDependencies : {};
    must("@conn/core" in peers, "@conn/core to be a peer dependency");
    const targets = targetsOf(exports);
    must(targets.length > 0, "package.json to export something");
    for (const target of targets) {
      must(isPacked(target), `${target}, which is exported, to be packed`);
      must(
        await hasPackageFile(packageFolder, target),
        `${target}, which is exported, to be there: build the package first`,
      );
    }
    const main = targetsOf(
      typeof exports === "object" && exports !== null && "." in exports ? exports["."] : undefined,
    );
    const entry = main.find((target) => target.endsWith(".js"));
    must(entry !== undefined, 'an entry "." that can be imported');
    const module: unknown = await import(/* @vite-ignore */ new URL(entry, packageFolder).href);
    const exported =
      typeof module === "object" && module !== null && "plugin" in module ? module.plugin : undefined;
    const name =
      typeof exported === "object" && exported !== null && "name" in exported ? exported.name : undefined;
    mustEqual(name, plugin.name, "the name of the plugin that the built entry exports");
  },
};

/** Files that a value of `exports` leads to, under whatever conditions. */
function targetsOf(exports: unknown): string[] {
  if (typeof exports === "string") return [exports];
  if (typeof exports !== "object" || exports === null) return [];
  return Object.values(exports).flatMap(targetsOf);
}
