import {
  ConnError,
  LifecycleError,
  NetworkError,
  ProtocolError,
  RateLimitError,
  VenueError,
} from "../errors/index.js";
import type { HttpClient, HttpResponse, Ports } from "../ports/index.js";
import type { RateLimiter } from "../rate-limit/index.js";
import type { RestCall, RestRules } from "./rest-call.js";

/** What a REST client works with. */
export interface RestClientOptions {
  readonly venue: string;
  readonly baseUrl: string;
  readonly rules: RestRules;
  readonly http: HttpClient;
  readonly limiter: RateLimiter;
  readonly ports: Pick<Ports, "timers">;
  /** A call whose answer takes longer than this fails, in ms; waiting for the rate limit does not count. */
  readonly timeoutMs: number;
}

/** Makes a venue's REST calls: waits for the rate limit, sends, and turns every outcome into an answer or a typed error. */
export class RestClient {
  readonly #options: RestClientOptions;

  constructor(options: RestClientOptions) {
    this.#options = options;
  }

  /**
   * Makes one call.
   *
   * @throws {NetworkError} no answer: refused, reset, timed out.
   * @throws {RateLimitError} the venue demands a pause; all later calls wait it out.
   * @throws {VenueError} the venue refused the call, or is not available.
   * @throws {ProtocolError} the answer cannot be read.
   * @throws {LifecycleError} ABORTED by the signal.
   */
  async call<Answer>(call: RestCall<Answer>, signal?: AbortSignal): Promise<Answer> {
    const { limiter, rules, venue } = this.#options;
    await limiter.acquire(call.cost, { signal });
    const response = await this.#request(call, signal);
    for (const [header, pool] of Object.entries(rules.usageHeaders)) {
      const used = Number(response.headers[header]);
      if (Number.isFinite(used)) limiter.observe(pool, used);
    }
    if (response.status >= 200 && response.status < 300) {
      try {
        return call.parse(response.body);
      } catch (cause) {
        if (cause instanceof ConnError) throw cause;
        throw new ProtocolError(
          "MALFORMED_ANSWER",
          `${call.method} ${call.path}: the answer cannot be read`,
          { cause, venue },
        );
      }
    }
    throw this.#refusal(call, response);
  }

  async #request<Answer>(call: RestCall<Answer>, signal: AbortSignal | undefined): Promise<HttpResponse> {
    const { baseUrl, http, ports, timeoutMs, venue } = this.#options;
    const query = call.query === undefined ? "" : `?${new URLSearchParams(call.query)}`;
    const abort = new AbortController();
    const onAbort = (): void => abort.abort();
    signal?.addEventListener("abort", onAbort, { once: true });
    let timedOut = false;
    const timer = ports.timers.set(timeoutMs, () => {
      timedOut = true;
      abort.abort();
    });
    try {
      return await http.request({
        method: call.method,
        url: `${baseUrl}${call.path}${query}`,
        signal: abort.signal,
      });
    } catch (cause) {
      if (signal?.aborted)
        throw new LifecycleError("ABORTED", `${call.method} ${call.path} was aborted`, { cause, venue });
      if (timedOut) {
        throw new NetworkError(
          "NETWORK_TIMEOUT",
          `${call.method} ${call.path}: no answer within ${timeoutMs} ms`,
          {
            cause,
            venue,
            details: { timeoutMs },
          },
        );
      }
      throw cause;
    } finally {
      timer.cancel();
      signal?.removeEventListener("abort", onAbort);
    }
  }

  #refusal<Answer>(call: RestCall<Answer>, response: HttpResponse): ConnError {
    const { limiter, rules, venue } = this.#options;
    const { status, body, headers } = response;
    const said = rules.parseError(body);
    const message = `${call.method} ${call.path}: status ${status}${said ? `, ${said.venueCode} ${said.message}` : ""}`;
    const facts = { venue, httpStatus: status, ...(said && { venueCode: said.venueCode }) };

    const limit = rules.limitStatuses[status];
    if (limit !== undefined) {
      const seconds = Number(headers["retry-after"]);
      const retryAfterMs = seconds > 0 ? seconds * 1000 : rules.defaultRetryAfterMs;
      limiter.stopFor(retryAfterMs);
      return new RateLimitError(limit, message, { venue, retryAfterMs, details: { httpStatus: status } });
    }
    if (status >= 500) return new VenueError("VENUE_UNAVAILABLE", message, facts);
    return new VenueError(said ? "VENUE_REFUSED" : "VENUE_ERROR", message, facts);
  }
}
