import type { ConnectorPlugin } from "../plugin/index.js";
import { createDefaultPorts } from "../ports/adapters/default-ports.js";
import { nextTurn } from "../ports/adapters/next-turn.js";
import { parseSession } from "../session/session-line.js";
import { type SessionDifference, SessionPlayer } from "../session/session-player.js";
import { DefaultHost } from "./host.js";

/** What a replay came to. */
export interface SessionReplay {
  /** Version of this package that has recorded. Another one may rightly come to something else. */
  readonly recordedBy: string;
  /** Events that were the same as in the recording. */
  readonly events: number;
  /** Where the replay parted from the recording first; undefined if it did not. */
  readonly difference: SessionDifference | undefined;
}

/** How to replay a session. */
export interface ReplaySessionOptions {
  /** Gives the plugins by name, such as `(name) => registry.load(name)`. */
  plugin(name: string): ConnectorPlugin | Promise<ConnectorPlugin>;
  /** Takes every event that is as it was, as one line of JSON. */
  readonly onEvent?: (line: string) => void;
}

/**
 * Replays a recorded session: the same connectors get what came in once, in the same order and at the same time by their
 * clocks, and must come to the same events, byte for byte. Nothing is opened or sent, and it takes no time but that of
 * computing.
 *
 * @param lines The lines of the file. One that was cut off at its end is replayed as far as it goes.
 * @throws {SessionError} MALFORMED_SESSION or UNKNOWN_SESSION_FORMAT.
 * @throws {PluginError} as `plugin` does.
 *
 * @example
 * ```ts
 * import { readFile } from "node:fs/promises";
 * import { type ConnectorPlugin, replaySession } from "@conn/core";
 *
 * export async function replay(file: string, plugin: ConnectorPlugin): Promise<void> {
 *   const lines = (await readFile(file, "utf8")).split("\n");
 *   const { events, difference } = await replaySession(lines, { plugin: () => plugin });
 *   console.log(difference ?? `identical: ${events} events`);
 * }
 * ```
 */
export async function replaySession(
  lines: readonly string[],
  { plugin, onEvent }: ReplaySessionOptions,
): Promise<SessionReplay> {
  const file = parseSession(lines);
  const plugins = new Map<string, ConnectorPlugin>();
  for (const step of file.steps) {
    if (step.type !== "call" || step.call !== "create") continue;
    const name = String(step.args[0]);
    if (!plugins.has(name)) plugins.set(name, await plugin(name));
  }
  let events = 0;
  let host: DefaultHost | undefined;
  const player = new SessionPlayer(file, {
    nextTurn,
    make(tape, name, options) {
      host ??= new DefaultHost(createDefaultPorts(), tape);
      // as: all that were created have been loaded above.
      return host.create(plugins.get(name) as ConnectorPlugin, options);
    },
    onOutcome(line) {
      if (!line.startsWith('{"type":"event"')) return;
      events += 1;
      onEvent?.(line);
    },
  });
  const found = await player.play();
  const difference = found && { ...found, expected: lines[found.line - 1] };
  return { recordedBy: file.header.core, events, difference };
}
