import type { Random } from "@conn/core";
import type { SelfTradePrevention } from "@conn/simulator";

/** What an API key may do. */
export interface KeyPermissions {
  /** Place and cancel orders. Default true. */
  readonly trade?: boolean;
  /** The only addresses that it is taken from; default: any. */
  readonly addresses?: readonly string[];
}

/** A key that was issued. */
export interface IssuedKey {
  readonly apiKey: string;
  readonly secret: string;
}

/** An API key of an account. */
export interface ApiKey extends IssuedKey {
  readonly account: VenueAccount;
  readonly trade: boolean;
  readonly addresses: readonly string[] | undefined;
}

/** How an account prevents trades with itself, in the venue's words. */
export interface PreventionSettings {
  readonly scope: "M" | "S";
  readonly instruction: "M" | "T" | "B";
  readonly id: number;
}

/** Someone who trades. */
export interface VenueAccount {
  readonly name: string;
  /** What the venue sends as `account_id`. */
  readonly id: string;
  /** What it sends as `update_user_id`. */
  readonly userId: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  prevention: PreventionSettings | undefined;
  leverage: number;
}

/** All accounts and the keys that were issued for them: no others are accepted. */
export interface Accounts {
  readonly all: ReadonlyMap<string, VenueAccount>;
  /** @throws {TypeError} if there is such an account. */
  open(name: string, at: number): VenueAccount;
  /** @throws {TypeError} if there is no such account. */
  get(name: string): VenueAccount;
  /** @throws {TypeError} if there is no such account. */
  issueKey(account: string, permissions: KeyPermissions): IssuedKey;
  /** @throws {TypeError} if there is no such key. */
  revokeKey(apiKey: string): void;
  findKey(apiKey: string): ApiKey | undefined;
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** The venue's largest leverage of an account, which is what it begins with. */
const DEFAULT_LEVERAGE = 50;

/** Makes the list of accounts, without any. */
export function createAccounts(random: Random): Accounts {
  const all = new Map<string, VenueAccount>();
  const keys = new Map<string, ApiKey>();

  const drawText = (length: number, alphabet: string): string => {
    let text = "";
    while (text.length < length) text += alphabet[Math.floor(random.next() * alphabet.length)];
    return text;
  };
  const drawUuid = (): string => {
    const digits = (length: number): string => drawText(length, "0123456789abcdef");
    return [digits(8), digits(4), `4${digits(3)}`, `a${digits(3)}`, digits(12)].join("-");
  };
  const get = (name: string): VenueAccount => {
    const account = all.get(name);
    if (account === undefined) throw new TypeError(`no account ${name}`);
    return account;
  };

  return {
    all,
    open(name, at) {
      if (all.has(name)) throw new TypeError(`there is an account ${name}`);
      const account: VenueAccount = {
        name,
        id: drawUuid(),
        userId: drawUuid(),
        createdAt: at,
        prevention: undefined,
        leverage: DEFAULT_LEVERAGE,
      };
      all.set(name, account);
      return account;
    },
    get,
    issueKey(name, permissions) {
      const account = get(name);
      const apiKey = drawText(22, ALPHABET);
      const secret = `cxakp_${drawText(22, ALPHABET)}`;
      const { trade = true, addresses } = permissions;
      keys.set(apiKey, { apiKey, secret, account, trade, addresses });
      return { apiKey, secret };
    },
    revokeKey(apiKey) {
      if (!keys.delete(apiKey)) throw new TypeError("no such key");
    },
    findKey: (apiKey) => keys.get(apiKey),
  };
}

/** What the settings mean to the matching core. */
export function preventionOf(settings: PreventionSettings | undefined): SelfTradePrevention {
  if (settings === undefined) return "none";
  return ({ M: "cancelMaker", T: "cancelTaker", B: "cancelBoth" } as const)[settings.instruction];
}
