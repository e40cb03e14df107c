/** What to do with the parts of a JSON text. */
export interface JsonVisitor {
  isSecret(name: string): boolean;
  /** Takes the JSON text of a secret's value. */
  onSecret(name: string, json: string): void;
  /** What a text in the JSON reads without its own secrets. */
  redactText(text: string): string;
}

/** Stands for a value that was a secret. */
export const REDACTED = "[redacted]";

/**
 * Takes the secrets out of a JSON text; every other byte stays as it was, as numbers and ids would not
 * survive being read and written again.
 *
 * @param json Valid JSON: the reading relies on it.
 */
export function redactJson(json: string, visitor: JsonVisitor): string {
  let redacted = "";
  let copied = 0;
  const replace = (from: number, to: number, by: string): void => {
    redacted += `${json.slice(copied, from)}${JSON.stringify(by)}`;
    copied = to;
  };
  for (let start = json.indexOf('"'); start >= 0; ) {
    const end = endOfString(json, start);
    const text = parseString(json.slice(start, end));
    const colon = skipSpace(json, end);
    let next = end;
    if (json[colon] === ":") {
      next = skipSpace(json, colon + 1);
      if (visitor.isSecret(text)) {
        const from = next;
        next = endOfValue(json, from);
        visitor.onSecret(text, json.slice(from, next));
        replace(from, next, REDACTED);
      }
    } else {
      const without = visitor.redactText(text);
      if (without !== text) replace(start, end, without);
    }
    start = json.indexOf('"', next);
  }
  return redacted + json.slice(copied);
}

/** All texts of a JSON value: those in lists, and the values of objects' fields. */
export function textsOf(json: string): string[] {
  const texts: string[] = [];
  const waiting: unknown[] = [JSON.parse(json)];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (typeof value === "string") texts.push(value);
    else if (typeof value === "object" && value !== null)
      for (const part of Object.values(value)) waiting.push(part);
  }
  return texts;
}

function parseString(json: string): string {
  // as: the text of a JSON string.
  return JSON.parse(json) as string;
}

function skipSpace(json: string, from: number): number {
  let at = from;
  while (json[at] === " " || json[at] === "\n" || json[at] === "\r" || json[at] === "\t") at += 1;
  return at;
}

/** The place behind the string that begins at `start`. By hand, as a pattern overflows on long ones. */
function endOfString(json: string, start: number): number {
  let at = start + 1;
  while (at < json.length && json[at] !== '"') at += json[at] === "\\" ? 2 : 1;
  return at + 1;
}

/** The place behind the value that begins at `start`. */
function endOfValue(json: string, start: number): number {
  const first = json[start];
  if (first === '"') return endOfString(json, start);
  let at = start;
  if (first !== "{" && first !== "[") {
    while (at < json.length && !/[\s,\]}]/.test(json[at] as string)) at += 1;
    return at;
  }
  let depth = 0;
  do {
    const character = json[at];
    if (character === '"') {
      at = endOfString(json, at);
      continue;
    }
    if (character === "{" || character === "[") depth += 1;
    else if (character === "}" || character === "]") depth -= 1;
    at += 1;
  } while (depth > 0 && at < json.length);
  return at;
}
