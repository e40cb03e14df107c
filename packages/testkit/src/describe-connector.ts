import type { Capabilities, ConnectorPlugin } from "@conn/core";
import { describe, it } from "vitest";
import { ALL_CASES } from "./cases/all-cases.js";
import { hasRecordingFile } from "./recordings/recording-disk.js";
import { type ConformanceCase, isSupported } from "./run/conformance-case.js";
import { runCase } from "./run/run-case.js";
import { defineVenue, type StageSetup } from "./run/stage.js";
import type { ConformanceSimulator } from "./venue/conformance-venue.js";

/** What the kit needs to know of a connector. */
export interface ConformanceSetup<Name extends string, Options, Supports extends Capabilities> {
  readonly plugin: ConnectorPlugin<Name, Options, Supports>;
  readonly simulator: ConformanceSimulator;
  /** Folder of the connector's package, such as `new URL("..", import.meta.url)`. */
  readonly packageFolder: URL;
  /** Options that the connector alone has, where it cannot do without. */
  readonly connectorOptions?: Partial<Options>;
  /** Decides all randomness of venue and connector. @default 1 */
  readonly seed?: number;
  /** How long the cases of long times last, in virtual hours, less than a day. @default 3 */
  readonly hours?: number;
  /**
   * Folders of recorded sessions of the real venue, which M50 and M51 replay; README.md says what is in them. One
   * that is not there is skipped.
   *
   * @default []
   */
  readonly recordings?: readonly URL[];
}

const DEFAULT_TIMEOUT_MS = 20_000;

/**
 * A connector's whole compliance test: declares one vitest test for each case of the kit.
 *
 * @example
 * ```ts
 * import { describeConnector } from "@conn/testkit";
 * import { plugin } from "../src/index.js";
 * import { simulator } from "./conformance-simulator.js";
 *
 * describeConnector({ plugin, simulator, packageFolder: new URL("..", import.meta.url) });
 * ```
 */
export function describeConnector<Name extends string, Options, Supports extends Capabilities>(
  setup: ConformanceSetup<Name, Options, Supports>,
): void {
  const { plugin, simulator, packageFolder, connectorOptions = {}, seed = 1, hours = 3 } = setup;
  const stage = { plugin, simulator, packageFolder, connectorOptions, seed, hours };
  const recordings = setup.recordings ?? [];
  const record = defineVenue(stage).orderBooks.sequence;
  describe(`${plugin.name} conforms`, () => {
    for (const conformanceCase of ALL_CASES) {
      const supported = isSupported(conformanceCase, plugin.supports);
      if (!supported && conformanceCase.inverse === undefined) continue;
      if (conformanceCase.appliesTo?.(stage) === false) continue;
      if (conformanceCase.needsRecording !== undefined) {
        describeRecordings(stage, conformanceCase, conformanceCase.needsRecording, recordings);
        continue;
      }
      const reason = conformanceCase.skipReason?.(record) ?? conformanceCase.setupSkipReason?.(stage);
      if (supported && reason !== undefined) {
        it.skipIf(true)(`${nameOf(conformanceCase, true)} (skipped: ${reason})`, () => {});
        continue;
      }
      const { situations = ["connected" as const], timeoutMs = DEFAULT_TIMEOUT_MS } = conformanceCase;
      for (const situation of supported ? situations : situations.slice(0, 1)) {
        it(
          nameOf(conformanceCase, supported, situations.length > 1 ? situation : undefined),
          {
            timeout: timeoutMs,
          },
          () => runCase(stage, conformanceCase, situation),
        );
      }
    }
  });
}

/** Declares one test for each recording, and one that is skipped and says so where there is none. */
function describeRecordings(
  stage: StageSetup,
  conformanceCase: ConformanceCase,
  file: string,
  recordings: readonly URL[],
): void {
  const name = nameOf(conformanceCase, true);
  const { timeoutMs = DEFAULT_TIMEOUT_MS } = conformanceCase;
  if (recordings.length === 0)
    it.skipIf(true)(`${name} (skipped: no recording of this venue is given)`, () => {});
  for (const folder of recordings) {
    const place = folder.pathname.split("/").filter(Boolean).slice(-2).join("/");
    const isThere = hasRecordingFile(folder, file);
    it.skipIf(!isThere)(
      `${name} (${isThere ? place : `skipped: there is no ${file} in ${folder.pathname}`})`,
      { timeout: timeoutMs },
      () => runCase({ ...stage, recordings: [folder] }, conformanceCase),
    );
  }
}

function nameOf(
  { id, title, needs, needsTrading }: ConformanceCase,
  supported: boolean,
  situation?: string,
): string {
  if (!supported) return `${id} without ${needsTrading ?? needs}: refused, and nothing is sent`;
  return situation === undefined ? `${id} ${title}` : `${id} ${title} (${situation})`;
}
