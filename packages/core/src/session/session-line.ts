import { SessionError } from "../errors/index.js";
import type { SecretNames } from "../ports/index.js";

/** Version of the format of session files. */
export const SESSION_FORMAT = 1;

/** The first line of a session file. */
export interface SessionHeader {
  readonly type: "session";
  readonly format: number;
  /** Version of this package. */
  readonly core: string;
  /** Wall time of its beginning, ms since 1970-01-01 UTC. */
  readonly startedAt: number;
  /** What random numbers were drawn from. */
  readonly seed: number;
  readonly secrets: SecretNames;
}

/** A moment at which somebody outside could go on: inputs and calls until then, and its place after the last of them. */
export type Mark = readonly [steps: number, place: number];

/** When something came in. */
interface Moment {
  /** Line of the file, from 1. */
  readonly line: number;
  /** What the clock showed from then on, until the next thing came in. */
  readonly now: number;
  readonly mono: number;
  /** So many microtasks after this mark; absent if nothing was under way. */
  readonly after?: readonly [...mark: Mark, hops: number];
}

/** The world told something: a timer, a frame, an answer. */
export interface InputLine extends Moment {
  readonly type: "input";
  /** Whom: the number of the timer, the socket or the question. */
  readonly of: number;
  readonly what: string;
  readonly value?: unknown;
}

/** The program called something. */
export interface CallLine extends Moment {
  readonly type: "call";
  readonly id: number;
  /** The call that created the connector; 0 for the host's own. */
  readonly of: number;
  readonly call: string;
  readonly args: readonly unknown[];
}

/** What came of it: an event, or the end of a call. A replay must come to the same text. */
export interface OutcomeLine {
  readonly type: "event" | "result";
  readonly line: number;
  readonly text: string;
}

/** One line that a replay needs. All others (what was sent, messages) are for people. */
export type SessionStep = InputLine | CallLine | OutcomeLine;

/** A session file that was read. */
export interface SessionFile {
  readonly header: SessionHeader;
  readonly steps: readonly SessionStep[];
}

/**
 * Reads the lines of a session file. A last line that is not whole is left out: the program ended while it was written.
 *
 * @throws {SessionError} MALFORMED_SESSION, or UNKNOWN_SESSION_FORMAT if a newer version of this package has written it.
 */
export function parseSession(lines: readonly string[]): SessionFile {
  const [first = "", ...rest] = lines;
  const header = parseHeader(first);
  const last = rest.findLastIndex((text) => text !== "");
  const steps: SessionStep[] = [];
  for (const [index, text] of rest.slice(0, last + 1).entries()) {
    const line = index + 2;
    const parsed = parseObject(text);
    if (parsed === undefined) {
      if (index === last) break;
      throw malformed(line);
    }
    const { type } = parsed;
    if (type === "event" || type === "result") steps.push({ type, line, text });
    else if (type === "input" || type === "call") steps.push(checkMoment({ ...parsed, line }, line));
  }
  return { header, steps };
}

/** Whether a text is the first line of a session file, of this version or another. */
export function isSessionHeader(text: string): boolean {
  return parseObject(text)?.type === "session";
}

function parseHeader(text: string): SessionHeader {
  const header = parseObject(text);
  if (header?.type !== "session") throw new SessionError("MALFORMED_SESSION", "this is no recorded session");
  if (header.format !== SESSION_FORMAT) {
    throw new SessionError(
      "UNKNOWN_SESSION_FORMAT",
      `the session is written in format ${String(header.format)}, and this version reads format ${SESSION_FORMAT}`,
      { details: { format: header.format, reads: SESSION_FORMAT } },
    );
  }
  const { core, startedAt, seed, secrets } = header;
  if (
    typeof core !== "string" ||
    typeof startedAt !== "number" ||
    typeof seed !== "number" ||
    !isObject(secrets)
  )
    throw malformed(1);
  return { type: "session", format: SESSION_FORMAT, core, startedAt, seed, secrets };
}

function checkMoment(step: Readonly<Record<string, unknown>>, line: number): InputLine | CallLine {
  const { type, now, mono, of, what, id, call, args, after } = step;
  const isMoment =
    typeof now === "number" &&
    typeof mono === "number" &&
    typeof of === "number" &&
    (after === undefined || (Array.isArray(after) && after.length === 3));
  const isWhole =
    type === "input"
      ? typeof what === "string"
      : typeof id === "number" && typeof call === "string" && Array.isArray(args);
  if (!isMoment || !isWhole) throw malformed(line);
  // as: its fields were looked at above.
  return step as unknown as InputLine | CallLine;
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return isObject(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function malformed(line: number): SessionError {
  return new SessionError("MALFORMED_SESSION", `line ${line} of the session cannot be read`, {
    details: { line },
  });
}
