/** What commands read from the disk of this machine. Paths are relative to the folder of the process. */
export interface Disk {
  /** The bytes of a file; undefined if there is none. */
  readFile(path: string): Promise<Uint8Array | undefined>;
  /** What a JavaScript or TypeScript module exports. Runs its code. */
  importModule(path: string): Promise<Readonly<Record<string, unknown>>>;
  /** The path from the root of the disk. */
  absolutePath(path: string): string;
}
