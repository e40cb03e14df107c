import { CORE_VERSION, isSessionHeader, replaySession, type SessionReplay } from "@conn/core";
import { formatJson } from "../market/json-events.js";
import type { CommandIo } from "../process/command-io.js";
import { EXIT_FAILED, EXIT_OK } from "../process/exit-code.js";
import { printable } from "../render/line.js";

/** Lines shown before the one where a replay parted from its recording. */
const CONTEXT_LINES = 5;
/** Characters shown of each; the file has the rest. */
const SHOWN_LENGTH = 2_000;

/** The lines of a file that holds a whole session; undefined if `path` is something else. */
export async function readWholeSession(
  path: string,
  { disk }: Pick<CommandIo, "disk">,
): Promise<readonly string[] | undefined> {
  if ((await disk.listFolder(path)) !== undefined) return undefined;
  const bytes = await disk.readFile(path);
  if (bytes === undefined) return undefined;
  const lines = new TextDecoder().decode(bytes).split("\n");
  return isSessionHeader(lines[0] ?? "") ? lines : undefined;
}

/**
 * Replays a whole session, and prints whether it came to the same events.
 *
 * @returns the exit code: 1 if it did not.
 * @throws {SessionError | PluginError}
 */
export async function replayWholeSession(
  lines: readonly string[],
  json: boolean,
  io: CommandIo,
): Promise<number> {
  const replayed = await replaySession(lines, { plugin: (name) => io.registry.load(name) });
  const { events, difference, recordedBy } = replayed;
  if (difference !== undefined && recordedBy !== CORE_VERSION)
    io.stderr.write(
      `conn: recorded by @conn/core ${printable(recordedBy)}, and this is ${CORE_VERSION}: they may differ\n`,
    );
  if (json) {
    const identical = difference === undefined;
    io.stdout.write(`${formatJson({ type: "replayed", identical, events, difference, recordedBy })}\n`);
  } else if (difference === undefined) io.stdout.write(`identical: ${events} events\n`);
  else for (const line of explain(lines, difference)) io.stdout.write(`${printable(line)}\n`);
  return difference === undefined ? EXIT_OK : EXIT_FAILED;
}

function explain(
  lines: readonly string[],
  { line, expected, actual }: NonNullable<SessionReplay["difference"]>,
): string[] {
  const from = Math.max(0, line - 1 - CONTEXT_LINES);
  return [
    `different at line ${line}`,
    ...lines.slice(from, line - 1).map((text, index) => `  ${from + index + 1}  ${shown(text)}`),
    `recorded  ${shown(expected)}`,
    `replayed  ${shown(actual)}`,
  ];
}

function shown(text = "nothing"): string {
  return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text;
}
