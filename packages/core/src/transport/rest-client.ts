import {
  ConnError,
  LifecycleError,
  NetworkError,
  ProtocolError,
  RateLimitError,
  VenueError,
} from "../errors/index.js";
import type { HttpClient, HttpResponse, Ports } from "../ports/index.js";
import type { RateLimiter, RateLimitRefusal } from "../rate-limit/index.js";
import { errorCodeOf, traceRest } from "../tracing/trace-channels.js";
import type { RestTrace } from "../tracing/trace-messages.js";
import type { RestCall, RestRequest, RestRules } from "./rest-call.js";
import { readRetryAfter } from "./retry-after.js";

/** What a REST client works with. */
export interface RestClientOptions {
  readonly venue: string;
  readonly baseUrl: string;
  readonly rules: RestRules;
  readonly http: HttpClient;
  readonly limiter: RateLimiter;
  readonly ports: Pick<Ports, "clock" | "timers">;
  /** A call whose answer takes longer than this fails, in ms; waiting for the rate limit does not count. */
  readonly timeoutMs: number;
  /** Told of every call that has ended, with the code of its error if it failed. */
  readonly onEnded?: (errorCode: string | undefined) => void;
}

/** An answer, and when it was asked for and was here by the monotonic clock, in ms. */
export interface TimedAnswer<Answer> {
  readonly answer: Answer;
  /** When the request left: waiting for the rate limit does not count. */
  readonly sentAt: number;
  readonly receivedAt: number;
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
   * @throws {RateLimitError} the venue demands a pause, which later calls wait out; or RATE_QUEUE_TIMEOUT: nothing
   *   was sent, because the call would have waited for longer than its `maxQueueMs`.
   * @throws {VenueError} the venue refused the call, or is not available.
   * @throws {ProtocolError} the answer cannot be read.
   * @throws {LifecycleError} ABORTED by the signal.
   */
  async call<Answer>(call: RestCall<Answer>, signal?: AbortSignal): Promise<Answer> {
    const { answer } = await this.timed(call, signal);
    return answer;
  }

  /** Makes one call and takes its time. @throws as `call` does. */
  async timed<Answer>(call: RestCall<Answer>, signal?: AbortSignal): Promise<TimedAnswer<Answer>> {
    const { venue, onEnded } = this.#options;
    try {
      const answer = await traceRest(
        () => ({
          venue,
          method: call.method,
          path: call.path.replace(/\?.*/s, ""),
          lane: call.lane ?? "query",
          tradingPair: call.tradingPair,
          queuedMs: undefined,
          durationMs: undefined,
          status: undefined,
          errorCode: undefined,
        }),
        async (trace) => {
          const { response, sentAt, receivedAt } = await this.#send(call, signal, trace);
          return { answer: this.#read(call, response), sentAt, receivedAt };
        },
      );
      onEnded?.(undefined);
      return answer;
    } catch (error) {
      onEnded?.(errorCodeOf(error));
      throw error;
    }
  }

  #read<Answer>(call: RestCall<Answer>, response: HttpResponse): Answer {
    const { venue } = this.#options;
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

  /** Waits for the rate limit, sends, and tells the limiter what came of it. */
  async #send(
    call: RestRequest,
    signal: AbortSignal | undefined,
    trace: RestTrace | undefined,
  ): Promise<Omit<TimedAnswer<never>, "answer"> & { readonly response: HttpResponse }> {
    const { limiter, rules, timeoutMs, venue, ports } = this.#options;
    const { cost, lane, maxQueueMs, tradingPair } = call;
    const askedAt = ports.clock.monotonic();
    const permit = await limiter.acquire(cost, { lane, maxQueueMs, tradingPair, signal });
    if (signal?.aborted) {
      permit.release();
      throw new LifecycleError("ABORTED", `${call.method} ${call.path} was aborted`, { venue });
    }
    const sentAt = ports.clock.monotonic();
    if (trace !== undefined) trace.queuedMs = sentAt - askedAt;
    let response: HttpResponse;
    try {
      response = await this.#request(call, signal);
    } catch (error) {
      if (error instanceof NetworkError && error.sent === "no") permit.release();
      // The venue may not have it yet: it can be on its way for about as long as it was waited for.
      else permit.settle({ answered: false, arrivesWithinMs: timeoutMs });
      throw error;
    }
    const receivedAt = ports.clock.monotonic();
    if (trace !== undefined) {
      trace.durationMs = receivedAt - sentAt;
      trace.status = response.status;
    }
    const used: Record<string, number> = {};
    for (const [header, pool] of Object.entries(rules.usageHeaders)) {
      const count = response.headers[header] ?? "";
      // An empty header would count as zero, which is the one number that does harm.
      if (/^\d+(\.\d+)?$/.test(count)) used[pool] = Number(count);
    }
    permit.settle({ answered: true, used, refusal: this.#pause(response) });
    return { response, sentAt, receivedAt };
  }

  /** The pause that an answer demands, if any. */
  #pause({ status, headers }: HttpResponse): RateLimitRefusal | undefined {
    const { rules, ports } = this.#options;
    const limit = rules.limitStatuses[status];
    if (limit === undefined) return undefined;
    return {
      reason: limit.code === "RATE_BANNED" ? "ban" : "stop",
      forMs: readRetryAfter(headers, ports.clock.now()) ?? rules.defaultRetryAfterMs,
      stops: limit.stops,
    };
  }

  async #request(call: RestRequest, signal: AbortSignal | undefined): Promise<HttpResponse> {
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

  #refusal(call: RestRequest, response: HttpResponse): ConnError {
    const { rules, venue } = this.#options;
    const { status, body } = response;
    const said = rules.parseError(body);
    const message = `${call.method} ${call.path}: status ${status}${said ? `, ${said.venueCode} ${said.message}` : ""}`;
    const facts = { venue, httpStatus: status, ...(said && { venueCode: said.venueCode }) };

    const pause = this.#pause(response);
    if (pause !== undefined) {
      const code = pause.reason === "ban" ? "RATE_BANNED" : "RATE_LIMITED";
      return new RateLimitError(code, message, {
        venue,
        retryAfterMs: pause.forMs,
        details: { httpStatus: status },
      });
    }
    if (status >= 500) return new VenueError("VENUE_UNAVAILABLE", message, facts);
    return new VenueError(said ? "VENUE_REFUSED" : "VENUE_ERROR", message, facts);
  }
}
