/** A file that is being written. */
export interface NewFile {
  append(text: string): Promise<void>;
  close(): Promise<void>;
}

/** A file with a secret in it. */
export interface SecretFile {
  readonly content: Uint8Array;
  /** Whether nobody but its owner may read or write it; always true where files have no such modes. */
  readonly isOwnersAlone: boolean;
}

/** The disk of this machine, for commands. Paths are relative to the folder of the process. */
export interface Disk {
  /** The bytes of a file; undefined if there is none. */
  readFile(path: string): Promise<Uint8Array | undefined>;
  /** A file that should hold a secret; undefined if there is none. */
  readSecretFile(path: string): Promise<SecretFile | undefined>;
  /** What a JavaScript or TypeScript module exports. Runs its code. */
  importModule(path: string): Promise<Readonly<Record<string, unknown>>>;
  /** The path from the root of the disk. */
  absolutePath(path: string): string;
  /** The names of what is in a folder; undefined if there is no folder. */
  listFolder(path: string): Promise<readonly string[] | undefined>;
  /** Makes a folder that only its owner may enter, and those above it; one that is there stays as it is. */
  makeFolder(path: string): Promise<void>;
  /** Begins a file that only its owner may read. Fails if there is one of that name. */
  createFile(path: string): Promise<NewFile>;
  /** Writes a file that only its owner may read, in place of one that is there: the whole of it or nothing. */
  replaceFile(path: string, text: string): Promise<void>;
}
