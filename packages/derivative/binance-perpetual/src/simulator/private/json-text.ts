/** A number of any size, by its digits: ids of the venue go beyond what a number can hold. */
export interface RawNumber {
  readonly digits: string;
}

/** What `jsonText` writes. Fields that are `undefined` are left out. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | RawNumber
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue | undefined };

/** An id as the venue writes it: a JSON number, whatever its size. */
export function idNumber(id: string): RawNumber {
  return { digits: id };
}

/** JSON in the order of the fields. */
export function jsonText(value: JsonValue): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (isList(value)) return `[${value.map(jsonText).join(",")}]`;
  if (isRawNumber(value)) return value.digits;
  const fields = Object.entries(value).flatMap(([name, field]) =>
    field === undefined ? [] : [`${JSON.stringify(name)}:${jsonText(field)}`],
  );
  return `{${fields.join(",")}}`;
}

function isList(value: object): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function isRawNumber(value: object): value is RawNumber {
  return "digits" in value;
}
