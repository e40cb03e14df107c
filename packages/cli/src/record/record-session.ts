import { basename, dirname } from "node:path";
import { type ConnectorOptions, createHost } from "@conn/core";
import { UsageError } from "../arguments/usage-error.js";
import { formatJson } from "../market/json-events.js";
import { resolvePair } from "../market/resolve-pair.js";
import type { CommandIo } from "../process/command-io.js";
import { followPairs } from "./follow-pairs.js";
import { StreamFiles } from "./stream-files.js";

const ENDING = ".jsonl";

/** What is to be recorded as one file. */
export interface SessionRequest {
  readonly connector: string;
  /** Pairs as the person wrote them. */
  readonly names: readonly string[];
  readonly file: string;
  readonly options: ConnectorOptions;
  readonly durationMs: number | undefined;
  readonly json: boolean;
}

/**
 * Writes a whole session to a file, from the first call on: a start that fails can be replayed as well.
 *
 * @throws {UsageError} for a file that cannot be one.
 * @throws {RecordingError} RECORDING_NOT_WRITTEN.
 */
export async function recordSession(request: SessionRequest, io: CommandIo): Promise<void> {
  const { connector: name, file, durationMs, json } = request;
  if (!file.endsWith(ENDING)) throw new UsageError(`the file of --session must end in ${ENDING}`);
  const plugin = await io.registry.load(name);
  const stream = basename(file, ENDING);
  const files = new StreamFiles([stream]);
  let lines = 0;
  const write = (line: string): void => {
    lines += 1;
    files.write(stream, line);
  };
  const connector = createHost(io.ports, { recordTo: { write } }).create(plugin, request.options);
  await files.open(io.disk, dirname(file));
  try {
    await connector.start({ signal: io.signal });
    const tradingPairs = [...new Set(request.names.map((pair) => resolvePair(connector, pair)))];
    const { environment } = connector;
    const start = { type: "recording", connector: name, environment, tradingPairs, file };
    io.stdout.write(
      json
        ? `${formatJson(start)}\n`
        : `recording ${name} ${environment}, ${tradingPairs.join(", ")}, to ${file}; Ctrl-C ends it\n`,
    );
    await followPairs(connector, { tradingPairs, durationMs, json, failed: files.failed }, io);
  } finally {
    await connector.stop();
    await files.close();
  }
  io.stdout.write(
    json ? `${formatJson({ type: "recorded", file, lines })}\n` : `${lines} lines in ${file}\n`,
  );
}
