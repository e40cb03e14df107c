import { readPackageManifest } from "../../package/package-files.js";
import type { ConformanceCase } from "../../run/conformance-case.js";
import { must, mustEqual } from "../../run/failure.js";

/**
 * Given the package.json of the connector.
 * Do read its field `conn`, and nothing else.
 * Expect it to say what the plugin says: name, kind, range of core, what it supports, whether it brings a
 * simulated venue. So discovery needs to import nothing.
 */
export const manifest: ConformanceCase = {
  id: "G01",
  title: "package.json alone says what the plugin is",
  async run({ plugin, packageFolder }) {
    const { conn } = await readPackageManifest(packageFolder);
    must(typeof conn === "object" && conn !== null, 'package.json to have a field "conn" that is an object');
    const { name, kind, core, supports } = plugin;
    const wanted = { name, kind, core, supports: { ...supports }, simulator: plugin.simulator !== undefined };
    mustEqual({ simulator: false, ...conn }, wanted, 'the field "conn" of package.json');
  },
};
