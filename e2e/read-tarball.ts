import { gunzipSync } from "node:zlib";

const BLOCK = 512;

/**
 * The files in an npm package's tarball, by path below its `package/` folder.
 *
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html ustar Interchange Format
 */
export function readTarball(tarball: Buffer): ReadonlyMap<string, string> {
  const bytes = gunzipSync(tarball);
  const files = new Map<string, string>();
  // Two blocks of zeros end the archive; an entry begins with its name.
  for (let offset = 0; bytes[offset] !== 0; ) {
    const text = (from: number, length: number): string =>
      bytes.toString("utf8", offset + from, offset + from + length).replace(/\0.*$/s, "");
    const type = text(156, 1);
    const prefix = text(345, 155);
    const path = (prefix === "" ? "" : `${prefix}/`) + text(0, 100);
    const size = Number.parseInt(text(124, 12), 8);
    const start = offset + BLOCK;
    offset = start + Math.ceil(size / BLOCK) * BLOCK;
    if (type === "5") continue;
    // Links and extended headers have no place in a package of ours.
    if ((type !== "0" && type !== "") || !path.startsWith("package/")) {
      throw new Error(`unexpected entry ${path} of type ${type}`);
    }
    files.set(path.slice("package/".length), bytes.toString("utf8", start, start + size));
  }
  return files;
}
