/** Everything through which the registry touches the world: where it searches, and what it reads and imports. */
export interface ModuleSource {
  /**
   * Turns what the program gave as `from` into a `file:` URL; without it, where the program runs.
   * Whether it is a folder or a file in it makes no difference to the search.
   */
  locate(from: string | URL | undefined): URL;
  /** Text of the package.json in `folder`, or undefined if there is none. `folder` ends with a slash. */
  readManifest(folder: URL): Promise<string | undefined>;
  /** Imports the module in `file` and resolves to its exports. */
  importModule(file: URL): Promise<unknown>;
}
