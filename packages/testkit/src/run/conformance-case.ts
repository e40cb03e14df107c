import type { Capabilities, SequenceRecord, TradingCapabilities } from "@conn/core";
import type { Stage, StageSetup } from "./stage.js";

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
  /** What it must support of trading, beside `needs`; where it does not, `inverse` runs instead. */
  readonly needsTrading?: keyof TradingCapabilities;
  /** Whether connector or venue have what the case is about; where they have not, there is nothing to hold. */
  appliesTo?(setup: StageSetup): boolean;
  /** Changes what the case begins with. */
  prepare?(setup: StageSetup): StageSetup;
  /** Why it cannot run by a sequence record; undefined if it can. */
  skipReason?(record: SequenceRecord): string | undefined;
  /** Why it cannot run against this setup, although the connector supports it; undefined if it can. */
  setupSkipReason?(setup: StageSetup): string | undefined;
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

/** Whether a connector has what a case needs. */
export function isSupported({ needs, needsTrading }: ConformanceCase, supports: Capabilities): boolean {
  if (needs !== undefined && !supports[needs]) return false;
  return needsTrading === undefined || Boolean(supports.trading?.[needsTrading]);
}
