import type { Ports } from "@conn/core";
import type { Registry } from "@conn/registry";
import type { Disk } from "./disk.js";

/** Where a command writes: `process.stdout` and `process.stderr` are such outputs. */
export interface Output {
  /** Returns false when the reader is slower than the writer; `drain` tells when it has caught up. */
  write(text: string): boolean;
  readonly writableNeedDrain: boolean;
  readonly isTTY?: boolean;
  /** Size of the terminal, where it is one. */
  readonly columns?: number;
  readonly rows?: number;
  on(event: "drain" | "resize", listener: () => void): unknown;
  off(event: "drain" | "resize", listener: () => void): unknown;
}

/** The keys of a terminal. */
export interface Keyboard {
  /**
   * Calls `listener` with what is typed, which is not echoed then; the returned function ends that.
   * Ctrl-C interrupts as ever.
   */
  listen(listener: (typed: string) => void): () => void;
}

/** Everything through which a command touches the world. */
export interface CommandIo {
  readonly stdout: Output;
  readonly stderr: Pick<Output, "write" | "isTTY">;
  /** Absent where nobody types. */
  readonly keyboard: Keyboard | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted when the program is asked to end, or nobody reads what it writes any more. */
  readonly signal: AbortSignal;
  readonly ports: Ports;
  readonly disk: Disk;
  readonly registry: Pick<Registry, "discover" | "createDynamic" | "load" | "simulator">;
  /** Runs `cleanup` should the program end before the returned function is called. */
  atExit(cleanup: () => void): () => void;
}
