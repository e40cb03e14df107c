import type { Capabilities, SequenceRecord } from "@conn/core";
import type { Stage } from "./stage.js";

/**
 * When a case happens.
 * - `connected`: the connection has long been open.
 * - `connecting`: nothing is connected yet.
 * - `reconnected`: the connection was lost and is back.
 */
export type Situation = "connected" | "connecting" | "reconnected";

/** The three situations of cases that are run in each of them. */
export const ALL_SITUATIONS: readonly Situation[] = ["connected", "connecting", "reconnected"];

/** One case of the kit. Fails by throwing. */
export interface ConformanceCase {
  /** Stable id, such as `M13`. */
  readonly id: string;
  readonly title: string;
  /** What the connector must support; where it does not, `inverse` runs instead. */
  readonly needs?: keyof Capabilities;
  /** Why it cannot run by a sequence record; undefined if it can. */
  skipReason?(record: SequenceRecord): string | undefined;
  /** The file of a recording without which it cannot run; it then runs once for each recording. */
  readonly needsRecording?: string;
  /** @default ["connected"] */
  readonly situations?: readonly Situation[];
  /** Real time it may take, in ms. @default 20000 */
  readonly timeoutMs?: number;
  run(stage: Stage, situation: Situation): Promise<void>;
  /** Shows that what is not supported is refused and nothing is sent. */
  inverse?(stage: Stage): Promise<void>;
}
