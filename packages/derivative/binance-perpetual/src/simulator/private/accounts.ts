import type { Random } from "@conn/core";
import { readPublicKey, type Verifier } from "./verify-signature.js";

/** What an API key may do. */
export interface KeyPermissions {
  /** Trade futures. Default true. */
  readonly trade?: boolean;
  /** Withdraw. Default false. */
  readonly withdraw?: boolean;
  /** The only addresses that it is taken from; default: any. */
  readonly addresses?: readonly string[];
}

/** An API key of an account. */
export interface ApiKey {
  readonly apiKey: string;
  readonly account: VenueAccount;
  readonly verifier: Verifier;
  readonly trade: boolean;
  readonly withdraw: boolean;
  readonly addresses: readonly string[] | undefined;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

/** Someone who trades. */
export interface VenueAccount {
  readonly name: string;
  /** A short code that tells balances of different accounts apart. */
  readonly alias: string;
  /** When all orders of a symbol are canceled unless the client speaks up before, by the core's symbol. */
  readonly countdowns: Map<string, number>;
  /** How often orders were amended, by order id. */
  readonly amendments: Map<string, number>;
}

/** A key that was issued: with a secret, unless a public key was given for it. */
export interface IssuedKey {
  readonly apiKey: string;
  readonly secret: string;
}

/** All accounts and the keys that were issued for them: no others are accepted. */
export interface Accounts {
  readonly all: ReadonlyMap<string, VenueAccount>;
  /** @throws {TypeError} if there is such an account. */
  open(name: string): VenueAccount;
  /** @throws {TypeError} if there is no such account. */
  get(name: string): VenueAccount;
  /** Issues a key with an HMAC secret. @throws {TypeError} if there is no such account. */
  issueKey(account: string, permissions: KeyPermissions, at: number): IssuedKey;
  /** Issues a key for a public RSA or Ed25519 key in PEM. @throws {TypeError} if it is none. */
  registerKey(account: string, publicKey: string, permissions: KeyPermissions, at: number): string;
  /** @throws {TypeError} if there is no such key. */
  revokeKey(apiKey: string): void;
  findKey(apiKey: string): ApiKey | undefined;
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** A text of letters and digits. */
export function drawText(random: Random, length: number): string {
  let text = "";
  while (text.length < length) text += ALPHABET[Math.floor(random.next() * ALPHABET.length)];
  return text;
}

/** Makes the list of accounts, without any. */
export function createAccounts(random: Random): Accounts {
  const all = new Map<string, VenueAccount>();
  const keys = new Map<string, ApiKey>();

  const get = (name: string): VenueAccount => {
    const account = all.get(name);
    if (account === undefined) throw new TypeError(`no account ${name}`);
    return account;
  };

  const add = (name: string, verifier: Verifier, permissions: KeyPermissions, at: number): string => {
    const account = get(name);
    const apiKey = drawText(random, 64);
    keys.set(apiKey, {
      apiKey,
      account,
      verifier,
      trade: permissions.trade ?? true,
      withdraw: permissions.withdraw ?? false,
      addresses: permissions.addresses,
      createdAt: at,
    });
    return apiKey;
  };

  return {
    all,
    open(name) {
      if (all.has(name)) throw new TypeError(`there is an account ${name}`);
      const account = { name, alias: drawText(random, 14), countdowns: new Map(), amendments: new Map() };
      all.set(name, account);
      return account;
    },
    get,
    issueKey(account, permissions, at) {
      const secret = drawText(random, 64);
      return { apiKey: add(account, { algorithm: "hmac", secret }, permissions, at), secret };
    },
    registerKey: (account, publicKey, permissions, at) =>
      add(account, readPublicKey(publicKey), permissions, at),
    revokeKey(apiKey) {
      if (!keys.delete(apiKey)) throw new TypeError("no such key");
    },
    findKey: (apiKey) => keys.get(apiKey),
  };
}
