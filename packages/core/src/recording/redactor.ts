import type { SecretNames } from "../ports/index.js";
import { spellingsOf } from "./hide-secrets.js";
import { REDACTED, redactJson, textsOf } from "./redact-json.js";
import { asksForLogin, type NamePlace, SecretNameRules } from "./secret-names.js";

/** Secrets shorter than this are not looked for elsewhere: they would be found in innocent text. */
const LEAST_LENGTH = 16;
/** The same of secrets that were declared. */
const LEAST_DECLARED_LENGTH = 8;
/** Secrets looked for elsewhere; the newest, as keys and tokens that are in use are seen again and again. */
const MOST_KNOWN = 256;

/** `name=value`, as in queries and forms. */
const ASSIGNMENT = /([^\s=&?#"'<>]+)=([^&]*)/g;
/** `name:`, as in what would be JSON if it were whole. */
const LABEL = /([\w.-]+)\s*\\*["']?\s*:/g;

/** Which way a text goes: a venue's frames are not searched for secrets to look for elsewhere, as most are public. */
export type TextOrigin = "sent" | "answered" | "received";

/**
 * Takes secrets out of what is to be written down: values by their names, and then those values wherever else
 * they stand, such as a listen key in the path of a URL.
 */
export class Redactor {
  readonly #names: SecretNames[];
  #rules: SecretNameRules;
  /** Secrets that were declared. */
  readonly #declared = new Set<string>();
  /** Secrets that were seen, oldest first. */
  readonly #known = new Set<string>();
  /** How they may be spelled, longest first: one may be part of another. */
  #spellings: readonly string[] = [];

  constructor(names: SecretNames) {
    this.#names = [names];
    this.#rules = new SecretNameRules(names);
  }

  /** Takes secrets out from now on that have these names too, and these values wherever they stand. */
  declare(names: SecretNames, values: readonly string[]): void {
    this.#names.push(names);
    const all = (place: keyof SecretNames): string[] => this.#names.flatMap((each) => each[place] ?? []);
    this.#rules = new SecretNameRules({
      headers: all("headers"),
      query: all("query"),
      fields: all("fields"),
      harmless: all("harmless"),
    });
    // What is very short would be found in innocent text; its name must do.
    for (const value of values) if (value.length >= LEAST_DECLARED_LENGTH) this.#declared.add(value);
    this.#spell();
  }

  headers(headers: Readonly<Record<string, string>>): Record<string, string> {
    const entries = Object.entries(headers);
    for (const [name, value] of entries) {
      if (!this.#rules.isSecret("headers", name)) continue;
      this.#learn(name, value);
      // As in `Bearer <token>`.
      this.#learn(name, value.slice(value.lastIndexOf(" ") + 1));
    }
    return Object.fromEntries(
      entries.map(([name, value]) => [
        name,
        this.#rules.isSecret("headers", name) ? REDACTED : this.text(value, "sent"),
      ]),
    );
  }

  url(url: string): string {
    const withoutUser = url.replace(/^([a-z+]+:\/\/)[^/?#]*@/i, `$1${REDACTED}@`);
    const query = withoutUser.search(/[?#]/);
    if (query < 0) return this.hideKnown(withoutUser);
    const rest = this.#assignments(withoutUser.slice(query), true);
    return this.hideKnown(withoutUser.slice(0, query) + rest);
  }

  text(text: string, origin: TextOrigin): string {
    if (!this.#rules.isSuspicious(text)) return this.hideKnown(text);
    return this.hideKnown(isJson(text) ? this.#json(text, origin) : this.#plain(text, origin));
  }

  /** What is no text: as it is, unless a known secret is in it. */
  bytes(data: Uint8Array): Uint8Array | string {
    if (this.#spellings.length === 0) return data;
    const text = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("latin1");
    return this.hideKnown(text) === text ? data : REDACTED;
  }

  /** Takes out secrets that were seen before. */
  hideKnown(text: string): string {
    return this.#spellings.reduce((hidden, spelling) => hidden.replaceAll(spelling, REDACTED), text);
  }

  #json(json: string, origin: TextOrigin): string {
    if (origin === "sent" && textsOf(json).some(asksForLogin)) {
      for (const text of textsOf(json)) this.#learn("", text);
      return REDACTED;
    }
    return redactJson(json, {
      isSecret: (name) => this.#rules.isSecret("fields", name),
      onSecret: (name, value) => {
        if (origin !== "received") for (const text of textsOf(value)) this.#learn(name, text);
      },
      redactText: (text) => {
        if (!this.#rules.isSuspicious(text)) return text;
        return isJson(text) ? this.#json(text, origin) : this.#assignments(text, origin !== "received");
      },
    });
  }

  /** Text that is no JSON: a form or a query, a sentence, or something broken. */
  #plain(text: string, origin: TextOrigin): string {
    const redacted = this.#assignments(text, origin !== "received");
    const unescaped = redacted.replaceAll(/\\u([0-9a-f]{4})/gi, (_, code: string) =>
      String.fromCharCode(Number.parseInt(code, 16)),
    );
    for (const [, name = ""] of unescaped.matchAll(LABEL)) {
      // Where the secret would end, nobody can tell.
      if (this.#isSecretAnywhere(name)) return REDACTED;
    }
    return redacted;
  }

  #assignments(text: string, learn: boolean): string {
    return text.replaceAll(ASSIGNMENT, (whole: string, name: string, value: string) => {
      const plain = decoded(value);
      if (this.#isSecretAnywhere(decoded(name))) {
        if (learn) this.#learn(name, plain);
        return `${name}=${REDACTED}`;
      }
      // What is percent-encoded may be JSON with secrets of its own.
      const without = plain === value ? plain : this.text(plain, learn ? "sent" : "received");
      return without === plain ? whole : `${name}=${encodeURIComponent(without)}`;
    });
  }

  #isSecretAnywhere(name: string): boolean {
    const places: readonly NamePlace[] = ["query", "fields"];
    return places.some((place) => this.#rules.isSecret(place, name));
  }

  #learn(name: string, secret: string): void {
    // A signature is made for one request and not seen again.
    if (secret.length < LEAST_LENGTH || /sign?(ature)?$/i.test(name)) return;
    const isNew = !this.#known.has(secret);
    this.#known.delete(secret);
    this.#known.add(secret);
    if (this.#known.size > MOST_KNOWN) {
      const oldest = this.#known.values().next();
      if (!oldest.done) this.#known.delete(oldest.value);
    }
    if (isNew) this.#spell();
  }

  #spell(): void {
    const all = [...this.#declared, ...this.#known].flatMap(spellingsOf);
    this.#spellings = [...new Set(all)].sort((a, b) => b.length - a.length);
  }
}

function isJson(text: string): boolean {
  const first = text.trimStart()[0];
  if (first !== "{" && first !== "[" && first !== '"') return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}
