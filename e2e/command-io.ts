import { type CommandIo, nodeDisk } from "@conn/cli";
import { createDefaultPorts, createHost, createSqliteJournals } from "@conn/core";
import { createRegistry } from "@conn/registry";

/** Somebody at a terminal, or nobody. */
export interface Person {
  /** What is written at each question. */
  readonly answer: string;
}

/** What a command printed. */
export interface Printed {
  stdout: string;
  stderr: string;
}

/** A world for commands: the real one, but for output, keyboard, environment variables and the folder of journals. */
export function createCommandIo(options: {
  readonly journals: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly person?: Person;
}): { readonly io: CommandIo; readonly printed: Printed } {
  const { journals, env = {}, person } = options;
  const printed: Printed = { stdout: "", stderr: "" };
  const ports = createDefaultPorts({ journals: createSqliteJournals({ directory: journals }) });
  const io: CommandIo = {
    stdout: {
      write: (text) => {
        printed.stdout += text;
        return true;
      },
      writableNeedDrain: false,
      on: () => undefined,
      off: () => undefined,
    },
    stderr: {
      write: (text) => {
        printed.stderr += text;
        return true;
      },
    },
    keyboard: person && {
      listen: (listener) => {
        queueMicrotask(() => listener(person.answer));
        return () => undefined;
      },
    },
    env,
    signal: new AbortController().signal,
    ports,
    disk: nodeDisk,
    registry: createRegistry({ host: createHost(ports), from: import.meta.url }),
    atExit: () => () => undefined,
  };
  return { io, printed };
}
