/**
 * A venue's sequence number. A double holds integers exactly up to 2^53 - 1; larger ids are bigints,
 * so that two different ids never compare equal.
 */
export type UpdateId = number | bigint;

/** Whether `a` and `b` are the same id. */
export function sameUpdateId(a: UpdateId, b: UpdateId): boolean {
  // Loose equality compares a number with a bigint by value, and both kinds occur where ids grow past 2^53.
  // biome-ignore lint/suspicious/noDoubleEquals: see above.
  return a == b;
}

/** The id after `id`. */
export function nextUpdateId(id: UpdateId): UpdateId {
  if (typeof id === "bigint") return id + 1n;
  return id < Number.MAX_SAFE_INTEGER ? id + 1 : BigInt(id) + 1n;
}
