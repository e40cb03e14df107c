import { LevelBatch } from "../parse/level-batch.js";
import type { UpdateId } from "../parse/update-id.js";
import type { DepthMessage } from "./frame-sink.js";

/** A diff that waits for its snapshot. */
export interface BufferedDiff {
  readonly firstUpdateId: UpdateId | undefined;
  readonly lastUpdateId: UpdateId | undefined;
  readonly previousUpdateId: UpdateId | undefined;
  readonly exchangeTimestamp: number | undefined;
  readonly checksum: number | undefined;
  readonly receivedTimestamp: number;
  /** Its levels are those from index `from` up to but not including `to` of the buffer's batch. */
  readonly from: number;
  readonly to: number;
}

/** How much one book may keep while it waits for a snapshot. */
export interface BufferLimits {
  readonly maxDiffs: number;
  readonly maxLevels: number;
}

/** Copies of the diffs of one book, in order of arrival, up to a bound. */
export class DiffBuffer {
  readonly #limits: BufferLimits;
  #levels = new LevelBatch();
  #diffs: BufferedDiff[] = [];

  constructor(limits: BufferLimits) {
    this.#limits = limits;
  }

  get levels(): LevelBatch {
    return this.#levels;
  }

  get diffs(): readonly BufferedDiff[] {
    return this.#diffs;
  }

  clear(): void {
    if (this.#diffs.length === 0) return;
    this.#diffs = [];
    // A new batch rather than an emptied one: after a long wait its arrays are large.
    this.#levels = new LevelBatch();
  }

  /** Keeps a copy of a diff. Returns false, and has kept nothing, if the bound does not allow it. */
  push(message: DepthMessage, levels: LevelBatch, receivedTimestamp: number): boolean {
    const from = this.#levels.length;
    const count = message.to - message.from;
    if (this.#diffs.length >= this.#limits.maxDiffs || from + count > this.#limits.maxLevels) return false;
    for (let index = message.from; index < message.to; index += 1) this.#levels.pushFrom(levels, index);
    this.#diffs.push({
      firstUpdateId: message.firstUpdateId,
      lastUpdateId: message.lastUpdateId,
      previousUpdateId: message.previousUpdateId,
      exchangeTimestamp: message.exchangeTimestamp,
      checksum: message.checksum,
      receivedTimestamp,
      from,
      to: this.#levels.length,
    });
    return true;
  }

  /** Forgets the first `count` diffs; their levels stay until the buffer is cleared. */
  dropFirst(count: number): void {
    this.#diffs.splice(0, count);
  }
}
