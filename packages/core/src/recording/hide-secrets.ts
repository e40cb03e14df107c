import { REDACTED } from "./redact-json.js";

/** A text without `secrets`, as they are or spelled as in URLs, in JSON or as a form. */
export function hideSecrets(text: string, secrets: readonly string[]): string {
  return [...new Set(secrets.flatMap(spellingsOf))]
    .filter((spelling) => spelling !== "")
    .sort((a, b) => b.length - a.length)
    .reduce((hidden, spelling) => hidden.replaceAll(spelling, REDACTED), text);
}

/** How a secret may be spelled. */
export function spellingsOf(secret: string): string[] {
  const wellFormed = secret.toWellFormed();
  return [secret, encodeURIComponent(wellFormed), JSON.stringify(secret).slice(1, -1)];
}
