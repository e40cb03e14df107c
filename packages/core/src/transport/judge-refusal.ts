import { AuthError, RateLimitError, type RefusalKind, VenueError } from "../errors/index.js";
import type { RateLimitRefusal } from "../rate-limit/index.js";
import type { ErrorRule } from "./error-rule.js";

/** A venue's refusal of one thing that it was asked for. */
export interface RefusalFacts {
  readonly httpStatus?: number | undefined;
  /** The venue's own code, where it gave one that can be read. */
  readonly venueCode?: string | undefined;
  /** The venue's own words, without secrets. */
  readonly message?: string | undefined;
  /** Method and path of the request, as in `DELETE /v1/order`. */
  readonly call: string;
}

/** What a refusal means. */
export interface Judgment {
  readonly error: VenueError | AuthError | RateLimitError;
  /** What must pause, where it demands a pause. */
  readonly stops: RateLimitRefusal["stops"] | undefined;
}

/** Refusals of who asks. */
const AUTH_CODES: { readonly [Kind in RefusalKind]?: AuthError["code"] } = {
  auth: "KEY_REFUSED",
  timestamp: "TIMESTAMP_REFUSED",
  permission: "PERMISSION_DENIED",
};

/**
 * What a venue's refusal means by the rules of its documents: the one place where it is decided what an answer proves.
 * What no rule fits proves nothing.
 *
 * @param retryAfterMs Pause for refusals of kind `rateLimit`.
 */
export function judgeRefusal(
  rules: readonly ErrorRule[],
  facts: RefusalFacts,
  venue: string,
  retryAfterMs: number,
): Judgment {
  const { httpStatus, venueCode, message, call } = facts;
  const rule = rules.find((candidate) => fits(candidate, facts));
  const outcome = rule?.outcome ?? "unknown";
  const said = [
    httpStatus === undefined ? "" : `status ${httpStatus}`,
    `${venueCode ?? ""} ${message ?? ""}`.trim(),
  ];
  const text = `${call}: ${said.filter((part) => part !== "").join(", ")}`;
  const word = {
    venue,
    outcome,
    ...(httpStatus !== undefined && { httpStatus }),
    ...(venueCode !== undefined && { venueCode }),
    ...(rule !== undefined && { kind: rule.kind }),
  };
  if (rule?.kind === "rateLimit") {
    const details = {
      ...(httpStatus !== undefined && { httpStatus }),
      ...(venueCode !== undefined && { venueCode }),
    };
    return {
      error: new RateLimitError("RATE_LIMITED", text, { venue, outcome, retryAfterMs, details }),
      stops: rule.stops,
    };
  }
  const authCode = rule === undefined ? undefined : AUTH_CODES[rule.kind];
  if (authCode !== undefined) return { error: new AuthError(authCode, text, word), stops: undefined };
  const isDown = rule?.kind === "maintenance" || (httpStatus !== undefined && httpStatus >= 500);
  const code = isDown ? "VENUE_UNAVAILABLE" : venueCode === undefined ? "VENUE_ERROR" : "VENUE_REFUSED";
  return { error: new VenueError(code, text, word), stops: undefined };
}

function fits(rule: ErrorRule, { httpStatus, venueCode, message, call }: RefusalFacts): boolean {
  return (
    (rule.codes === undefined || (venueCode !== undefined && rule.codes.includes(venueCode))) &&
    (rule.httpStatus === undefined || rule.httpStatus === httpStatus) &&
    (rule.message === undefined || (message !== undefined && rule.message.test(message))) &&
    (rule.call === undefined || rule.call.test(call))
  );
}
