import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { ClosingLine } from "./tools/closing-line.ts";

const root = fileURLToPath(new URL(".", import.meta.url));

/** Every package's public entries mapped to their sources, so that unit tests need no build. */
function sources(): { find: RegExp; replacement: string }[] {
  const folders = ["packages", "packages/exchange", "packages/derivative", "packages/protocol"].flatMap(
    (parent) => {
      try {
        return readdirSync(join(root, parent)).map((name) => join(root, parent, name));
      } catch {
        return [];
      }
    },
  );
  return folders.flatMap((folder) => {
    let manifest: { name: string; exports?: Record<string, unknown> };
    try {
      manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    } catch {
      return [];
    }
    return Object.entries(manifest.exports ?? {})
      .filter(([, target]) => typeof target === "object")
      .map(([path, target]) => ({
        find: new RegExp(`^${manifest.name}${path.slice(1)}$`),
        // dist/<entry>.js is built from src/<entry>.ts
        replacement: join(
          folder,
          (target as { default: string }).default.replace("dist/", "src/").replace(/\.js$/, ".ts"),
        ),
      }));
  });
}

export default defineConfig({
  resolve: { alias: sources() },
  test: {
    projects: [
      {
        extends: true,
        test: { name: "unit", include: ["packages/**/test/**/*.test.ts", "tools/**/*.test.ts"] },
      },
      {
        extends: true,
        test: { name: "e2e", include: ["e2e/**/*.test.ts"], testTimeout: 120_000, fileParallelism: false },
      },
    ],
    reporters: ["default", new ClosingLine()],
  },
});
