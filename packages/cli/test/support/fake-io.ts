import {
  type Connector,
  type ConnectorPlugin,
  createDefaultPorts,
  PluginError,
  type SimulatorModule,
} from "@conn/core";
import type { CommandIo } from "../../src/process/command-io.js";
import type { Disk } from "../../src/process/disk.js";
import { FakeConnector } from "./fake-connector.js";
import { FakeOutput } from "./fake-output.js";
import { VirtualTime } from "./virtual-time.js";

/** A world for commands, in which `fake-venue` is installed. */
export class FakeIo implements CommandIo {
  readonly stdout: FakeOutput;
  readonly stderr = new FakeOutput();
  readonly env: Record<string, string | undefined> = {};
  readonly time = new VirtualTime();
  ports = createDefaultPorts({ clock: this.time, timers: this.time });
  readonly #abort = new AbortController();
  readonly signal: CommandIo["signal"] = this.#abort.signal;
  readonly cleanups = new Set<() => void>();
  readonly typists = new Set<(typed: string) => void>();
  readonly keyboard;
  /** The connectors made, in order. */
  readonly connectors: FakeConnector[] = [];
  /** What the next connector's start fails with, if it should. */
  startFailure: Error | undefined;
  simulatorModule: SimulatorModule | undefined;
  /** The plugin of `fake-venue`, for commands that look into it. */
  plugin: ConnectorPlugin | undefined;
  /** Paths that cannot be written, each with the reason. */
  readonly broken = new Map<string, Error>();
  /** Paths of files that others can read. */
  readonly readableByOthers = new Set<string>();
  /** The files on disk, by path; a module is what its file exports. */
  readonly files = new Map<string, string | Uint8Array | Readonly<Record<string, unknown>>>();
  discovery: Awaited<ReturnType<CommandIo["registry"]["discover"]>> = {
    hostFolder: undefined,
    plugins: [],
    problems: [],
  };

  constructor(options: { readonly terminal?: boolean } = {}) {
    const { terminal = false } = options;
    this.stdout = new FakeOutput(terminal);
    this.keyboard = terminal
      ? {
          listen: (listener: (typed: string) => void) => {
            this.typists.add(listener);
            return () => this.typists.delete(listener);
          },
        }
      : undefined;
  }

  /** Whether connectors support funding. */
  supportsFunding = false;
  readonly registry: CommandIo["registry"] = {
    discover: async () => this.discovery,
    createDynamic: async (name, options): Promise<Connector> => {
      this.#require(name);
      const connector = new FakeConnector(options);
      connector.failure = this.startFailure;
      connector.supports.fundingInfo = this.supportsFunding;
      this.connectors.push(connector);
      return connector.asConnector();
    },
    load: async (name) => {
      this.#require(name);
      if (this.plugin === undefined) throw new Error("no plugin was prepared");
      return this.plugin;
    },
    simulator: async (name) => {
      this.#require(name);
      if (this.simulatorModule === undefined) throw new Error("no simulated venue was prepared");
      return this.simulatorModule;
    },
  };

  readonly disk: Disk = {
    readFile: async (path) => {
      const file = this.files.get(path);
      if (typeof file === "string") return Buffer.from(file);
      return file instanceof Uint8Array ? file : undefined;
    },
    readSecretFile: async (path) => {
      const content = await this.disk.readFile(path);
      return content && { content, isOwnersAlone: !this.readableByOthers.has(path) };
    },
    importModule: async (path) => {
      const file = this.files.get(path);
      if (file === undefined || typeof file === "string" || file instanceof Uint8Array)
        throw new Error(`Cannot find module ${path}`);
      return file;
    },
    absolutePath: (path) => `/home/someone/${path}`,
    listFolder: async (folder) => {
      const names = [...this.files.keys()].filter((path) => path.startsWith(`${folder}/`));
      return names.length > 0 ? names : undefined;
    },
    makeFolder: async (path) => this.#write(path),
    createFile: async (path) => {
      if (this.files.has(path)) throw new Error(`EEXIST: ${path}`);
      this.#write(path, "");
      return {
        append: async (text) => this.#write(path, `${this.files.get(path)}${text}`),
        close: async () => undefined,
      };
    },
    replaceFile: async (path, text) => this.#write(path, text),
  };

  interrupt(): void {
    this.#abort.abort("SIGINT");
  }

  type(typed: string): void {
    for (const typist of this.typists) typist(typed);
  }

  atExit(cleanup: () => void): () => void {
    this.cleanups.add(cleanup);
    return () => this.cleanups.delete(cleanup);
  }

  #write(path: string, text?: string): void {
    const reason = this.broken.get(path);
    if (reason !== undefined) throw reason;
    if (text !== undefined) this.files.set(path, text);
  }

  #require(name: string): void {
    if (name !== "fake-venue") throw new PluginError("PLUGIN_NOT_FOUND", `no connector is named ${name}`);
  }
}
