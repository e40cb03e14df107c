import type { Random } from "@conn/core";
import type { CryptoComLimits } from "../limits.js";
import type { VenueAccount } from "./accounts.js";

/** What a command does. */
export type CommandKind = "create" | "amend" | "cancel";

/** An acknowledged command on its way to the engine. */
export interface Command {
  readonly kind: CommandKind;
  readonly dueAt: number;
  readonly run: (at: number) => void;
}

/**
 * The way from the acknowledgement of a command to the engine. Commands of an account arrive in the order in which
 * they were sent; how long each takes is drawn, and may be scripted.
 */
export interface Commands {
  /** Sends a command; `lost` is called at once if it will never arrive. */
  send(
    account: VenueAccount,
    command: { readonly kind: CommandKind; readonly run: (at: number) => void; readonly lost?: () => void },
    at: number,
  ): void;
  /** When the next one arrives, or `Infinity`. */
  dueAt(): number;
  /** The next one that arrives until `at`. */
  take(at: number): Command | undefined;
  /** From now on commands of a kind take so much longer, in ms. */
  delay(kind: CommandKind, delayMs: number): void;
  /** The next `count` commands of a kind are acknowledged and never arrive. */
  lose(kind: CommandKind, count: number): void;
}

/** Makes the way, with nothing on it. */
export function createCommands(limits: CryptoComLimits, random: Random): Commands {
  const queue: Command[] = [];
  const latest = new Map<VenueAccount, number>();
  const delays = new Map<CommandKind, number>();
  const losses = new Map<CommandKind, number>();
  const { minCommandDelayMs, maxCommandDelayMs } = limits;
  return {
    send(account, { kind, run, lost }, at) {
      const drawn = Math.floor(random.next() * (maxCommandDelayMs - minCommandDelayMs + 1));
      const left = losses.get(kind) ?? 0;
      if (left > 0) {
        losses.set(kind, left - 1);
        lost?.();
        return;
      }
      const takesMs = minCommandDelayMs + drawn + (delays.get(kind) ?? 0);
      const dueAt = Math.max(at + takesMs, latest.get(account) ?? 0);
      latest.set(account, dueAt);
      let index = queue.length;
      while (index > 0 && queue[index - 1]!.dueAt > dueAt) index--;
      queue.splice(index, 0, { kind, dueAt, run });
    },
    dueAt: () => queue[0]?.dueAt ?? Number.POSITIVE_INFINITY,
    take: (at) => (queue[0] !== undefined && queue[0].dueAt <= at ? queue.shift() : undefined),
    delay: (kind, delayMs) => void delays.set(kind, delayMs),
    lose: (kind, count) => void losses.set(kind, count),
  };
}
