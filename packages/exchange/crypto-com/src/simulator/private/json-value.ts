/** A number of JSON with its digits as they were sent: ids do not survive as numbers, and signatures are over text. */
export class NumberText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A JSON value whose numbers keep their text. */
export type JsonValue = string | boolean | null | NumberText | readonly JsonValue[] | JsonObject;

/** A JSON object; a name that it does not have is undefined. */
export interface JsonObject {
  readonly [name: string]: JsonValue | undefined;
}

/** Reads JSON; `undefined` if it is none. */
export function readJson(text: string): JsonValue | undefined {
  try {
    // as: the reviver leaves no number, so that what remains is what the type says.
    return JSON.parse(text, keepDigits) as JsonValue;
  } catch {
    return undefined;
  }
}

function keepDigits(_name: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === "number" ? new NumberText(context?.source ?? String(value)) : value;
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !isList(value) && !(value instanceof NumberText);
}

export function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** The text of a value that the venue takes as a text or as a number, such as an id or a time. */
export function scalarText(value: JsonValue | undefined): string | undefined {
  if (typeof value === "string") return value;
  return value instanceof NumberText ? value.text : undefined;
}
