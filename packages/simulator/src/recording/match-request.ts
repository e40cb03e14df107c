import type { RestRequest } from "@conn/core";

/** What a recording says of a request. */
export interface RecordedRequest {
  /** Unknown in recordings that do not say it. */
  readonly method?: string | undefined;
  readonly url: string;
}

/**
 * Tells whether a recorded request is one that a connector describes: below whatever base URL, and with
 * whatever parameters beside those that the connector gives it.
 */
export function requestMatcher({ method, url }: RecordedRequest): (request: RestRequest) => boolean {
  if (!URL.canParse(url)) return () => false;
  const { pathname, searchParams } = new URL(url);
  return (request) =>
    (method === undefined || method === request.method) &&
    pathname.endsWith(pathOf(request)) &&
    Object.entries(request.query ?? {}).every(([name, value]) => searchParams.get(name) === value);
}

/** The path as a URL spells it. */
function pathOf({ path }: RestRequest): string {
  return new URL(path, "http://127.0.0.1").pathname;
}
