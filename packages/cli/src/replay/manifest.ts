import { join } from "node:path";
import { RecordingError, readFileOf } from "@conn/simulator";
import type { Disk } from "../process/disk.js";

/** The file in which `conn record` says of a recording as a whole what it is. */
export const MANIFEST = "recording.json";

/** What a recording is. */
export interface Manifest {
  readonly connector: string;
  /** Version of the connector's package, where it is known. */
  readonly version: string | undefined;
  /** Version of core. */
  readonly core: string;
  readonly environment: string;
  readonly tradingPairs: readonly string[];
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** ISO 8601, UTC; absent as long as the recording goes on, or if it was cut off. */
  readonly endedAt: string | undefined;
}

export function formatManifest(manifest: Manifest): string {
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}

/**
 * What a replay needs of a recording's manifest; undefined if there is none.
 *
 * @throws {RecordingError} if it is something else.
 */
export async function readManifest(
  disk: Pick<Disk, "readFile">,
  folder: string,
): Promise<Pick<Manifest, "connector" | "tradingPairs"> | undefined> {
  const path = join(folder, MANIFEST);
  const bytes = await readFileOf(disk, path);
  if (bytes === undefined) return undefined;
  const malformed = (cause?: unknown): RecordingError =>
    new RecordingError("MALFORMED_RECORDING", `${path} does not say what was recorded`, {
      cause,
      details: { path },
    });
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw malformed(cause);
  }
  if (typeof value !== "object" || value === null) throw malformed();
  const { connector, tradingPairs } = value as Readonly<Record<string, unknown>>;
  if (typeof connector !== "string" || !Array.isArray(tradingPairs)) throw malformed();
  if (!tradingPairs.every((pair) => typeof pair === "string")) throw malformed();
  return { connector, tradingPairs };
}
