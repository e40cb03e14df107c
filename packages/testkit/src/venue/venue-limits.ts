/** What a venue allows a client on one connection, as its simulator enforces it; absent where the venue names no limit. */
export interface VenueLimits {
  /** Most streams. */
  readonly topicsPerConnection?: number;
  readonly clientFrames?: ClientFrameLimit;
}

/** How many frames a client may send on one connection. */
export interface ClientFrameLimit {
  /** Most of them within `intervalMs`. */
  readonly limit: number;
  readonly intervalMs: number;
  /** `sliding`: within any time of that length; `calendar`: within each whole one of the venue's clock. */
  readonly window: "sliding" | "calendar";
  /** Kinds that count beside texts. */
  readonly counts: readonly ("ping" | "pong")[];
}

/** Numbers that a simulator is to put in the place of the venue's own, and to enforce in the same way. */
export interface LoweredLimits {
  readonly topicsPerConnection?: number;
  /** In place of `clientFrames.limit`. */
  readonly clientFrames?: number;
}

/** A moment at which a client sent something. */
export interface SentFrame {
  /** Ms since 1970-01-01 UTC. */
  readonly at: number;
  readonly kind: "text" | "binary" | "ping" | "pong";
}

/** Most frames of one connection, oldest first, that fall into one window of the rule. */
export function mostInWindow(frames: readonly SentFrame[], rule: ClientFrameLimit): number {
  const { intervalMs, window, counts } = rule;
  const counted = frames.filter(({ kind }) => (kind !== "ping" && kind !== "pong") || counts.includes(kind));
  let most = 0;
  let first = 0;
  for (const [index, { at }] of counted.entries()) {
    const from = window === "sliding" ? at - intervalMs + 1 : at - (at % intervalMs);
    while (counted[first]!.at < from) first += 1;
    most = Math.max(most, index - first + 1);
  }
  return most;
}
