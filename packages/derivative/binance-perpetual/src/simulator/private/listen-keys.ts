import type { Random } from "@conn/core";
import { drawText } from "./accounts.js";

/** A key under which an account's events can be heard. */
export interface ListenKey {
  readonly listenKey: string;
  readonly account: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
}

/**
 * The listen keys of all accounts, at most one of each.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/user-data-streams
 */
export interface ListenKeys {
  /** The account's key, which lives on from now; a new one if it has none. */
  start(account: string, at: number): string;
  /** Lets the account's key live on; returns it, or `undefined` if there is none. */
  keepAlive(account: string, at: number): string | undefined;
  /** Ends the account's key and returns it. */
  close(account: string): string | undefined;
  ofAccount(account: string): ListenKey | undefined;
  find(listenKey: string): ListenKey | undefined;
  /** When the next key expires, or `Infinity`. */
  dueAt(): number;
  /** Ends the keys that are expired and returns them. */
  expire(at: number): ListenKey[];
}

/** Makes the list, empty. */
export function createListenKeys(random: Random, lifetimeMs: number): ListenKeys {
  const byAccount = new Map<string, ListenKey>();

  const keepAlive = (account: string, at: number): string | undefined => {
    const key = byAccount.get(account);
    if (key !== undefined) key.expiresAt = at + lifetimeMs;
    return key?.listenKey;
  };

  return {
    start(account, at) {
      const present = keepAlive(account, at);
      if (present !== undefined) return present;
      const listenKey = drawText(random, 64);
      byAccount.set(account, { listenKey, account, expiresAt: at + lifetimeMs });
      return listenKey;
    },
    keepAlive,
    close(account) {
      const key = byAccount.get(account);
      byAccount.delete(account);
      return key?.listenKey;
    },
    ofAccount: (account) => byAccount.get(account),
    find: (listenKey) => [...byAccount.values()].find((key) => key.listenKey === listenKey),
    dueAt: () =>
      Math.min(Number.POSITIVE_INFINITY, ...Array.from(byAccount.values(), (key) => key.expiresAt)),
    expire(at) {
      const expired = [...byAccount.values()].filter((key) => key.expiresAt <= at);
      for (const { account } of expired) byAccount.delete(account);
      return expired;
    },
  };
}
