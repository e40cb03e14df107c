/**
 * The pause that an answer's Retry-After asks for, in ms; undefined if it asks for none.
 *
 * It is a number of seconds or a date (RFC 9110, section 10.2.3). A date is the venue's, so it is held against
 * the venue's own time where the answer tells it, and else against ours.
 *
 * @param now Wall time in ms since 1970-01-01 UTC.
 */
export function readRetryAfter(headers: Readonly<Record<string, string>>, now: number): number | undefined {
  const text = headers["retry-after"]?.trim();
  if (text === undefined) return undefined;
  if (/^\d+(\.\d+)?$/.test(text)) return positive(Number(text) * 1_000);
  const sentAt = Date.parse(headers.date ?? "");
  return positive(Date.parse(text) - (Number.isNaN(sentAt) ? now : sentAt));
}

function positive(ms: number): number | undefined {
  return ms > 0 ? ms : undefined;
}
