import type { SecretNames } from "../ports/index.js";

/** Where a name stands. */
export type NamePlace = "headers" | "query" | "fields";

/** Words of a name (`api-key`, `X_SIGN`, `authToken`) that make its value a secret. */
const SECRET_WORDS: ReadonlySet<string> = new Set(
  "key token sign sig signed auth pass pwd pw pin otp totp jwt hmac".split(" "),
);

/** The same in names written as one word. */
const SECRET_PARTS =
  /secret|signature|passphrase|passw|credential|authoriz|authentic|cookie|bearer|mnemonic|sessionid|(api|access|auth|listen|login|private|refresh|session|user)(key|token|sign|pass|pin)/;

/** Parts of a text without which it has no name that looks like a secret, and asks for no login; letters may be escaped. */
const SUSPICION =
  /key|token|sig|auth|pass|pwd|pw|pin|otp|jwt|hmac|secret|credential|cookie|bearer|mnemonic|session|log[io]n|\\u|%[4-7]/i;

/** Words of a value that ask for a login: such a frame may hold its secrets in any place. */
const LOGIN_WORDS: ReadonlySet<string> = new Set(
  "auth authenticate authentication authorize login logon sign signin".split(" "),
);

/** Which names are those of secrets. */
export class SecretNameRules {
  readonly #declared: Readonly<Record<NamePlace, ReadonlySet<string>>>;
  readonly #harmless: ReadonlySet<string>;

  constructor({ headers = [], query = [], fields = [], harmless = [] }: SecretNames) {
    this.#declared = { headers: lowered(headers), query: lowered(query), fields: lowered(fields) };
    this.#harmless = lowered(harmless);
  }

  /** Whether the value of this name is a secret. */
  isSecret(place: NamePlace, name: string): boolean {
    const key = name.toLowerCase();
    if (this.#declared[place].has(key)) return true;
    if (this.#harmless.has(key)) return false;
    return SECRET_PARTS.test(key.replaceAll(/[^a-z0-9]/g, "")) || hasWordOf(name, SECRET_WORDS);
  }

  /** Whether `text` may hold a secret's name at all; false for nearly every frame. */
  isSuspicious(text: string): boolean {
    if (SUSPICION.test(text)) return true;
    const { query, fields } = this.#declared;
    if (query.size === 0 && fields.size === 0) return false;
    const key = text.toLowerCase();
    for (const names of [query, fields]) for (const name of names) if (key.includes(name)) return true;
    return false;
  }
}

/** Whether a value, such as that of a frame's `method`, asks for a login. */
export function asksForLogin(value: string): boolean {
  return hasWordOf(value, LOGIN_WORDS);
}

function hasWordOf(name: string, words: ReadonlySet<string>): boolean {
  const parts = name
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replaceAll(/([A-Z])([A-Z][a-z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  return parts.some((word) => words.has(word));
}

function lowered(names: readonly string[]): ReadonlySet<string> {
  return new Set(names.map((name) => name.toLowerCase()));
}
