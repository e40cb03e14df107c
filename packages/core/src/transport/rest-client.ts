import {
  AuthError,
  ConfigurationError,
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
import { copyWithoutSecrets } from "./error-without-secrets.js";
import { judgeRefusal, type RefusalFacts } from "./judge-refusal.js";
import type { LimitHeaders, RestCall, RestRequest, RestRules } from "./rest-call.js";
import { readRetryAfter } from "./retry-after.js";
import {
  formatWireRequest,
  type RequestSigner,
  type UnsignedRequest,
  type WireRequest,
} from "./wire-request.js";
import { withTimeLimit } from "./with-time-limit.js";

/** What a REST client works with. */
export interface RestClientOptions {
  readonly venue: string;
  readonly baseUrl: string;
  /** Addresses of calls that have a `host`, by its name. @default none */
  readonly otherUrls?: Readonly<Record<string, string>>;
  readonly rules: RestRules;
  readonly http: HttpClient;
  readonly limiter: RateLimiter;
  readonly ports: Pick<Ports, "clock" | "timers">;
  /**
   * A call whose answer takes longer than this fails, in ms, and so does one whose signature takes longer; waiting for
   * the rate limit does not count.
   */
  readonly timeoutMs: number;
  /** Signs calls that are not public. */
  readonly signer?: RequestSigner | undefined;
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

/** A request that is ready to be sent. */
interface ReadyRequest {
  readonly wire: WireRequest;
  /** What must not be shown of it, beside what is always secret. */
  readonly secrets: readonly string[];
}

/** What an answer says. */
type Verdict<Answer> =
  | { readonly answer: Answer }
  | { readonly error: ConnError; readonly pause?: RateLimitRefusal | undefined };

/**
 * Makes a venue's REST calls: waits for the rate limit, signs, sends, and turns every outcome into an answer or a typed
 * error, whose `outcome` says what it proves about the request. No error shows a secret.
 */
export class RestClient {
  readonly #options: RestClientOptions;

  constructor(options: RestClientOptions) {
    this.#options = options;
  }

  /**
   * Makes one call. A signed one whose time the venue refuses is signed and sent once more, after its clock was
   * measured anew; nothing else is ever sent twice.
   *
   * @throws {NetworkError} no answer: refused, reset, timed out.
   * @throws {RateLimitError} the venue demands a pause, which later calls wait out; or RATE_QUEUE_TIMEOUT: nothing
   *   was sent, because the call would have waited for longer than its `maxQueueMs`.
   * @throws {AuthError} the venue does not accept key, signature or time; or nothing was sent, because there is no key,
   *   it could not be signed, or the venue has just refused the same call.
   * @throws {VenueError} the venue refused the call, or is not available.
   * @throws {ProtocolError} the answer cannot be read.
   * @throws {LifecycleError} ABORTED by the signal.
   */
  async call<Answer>(call: RestCall<Answer>, signal?: AbortSignal): Promise<Answer> {
    return (await this.timed(call, signal)).answer;
  }

  /** Makes one call and takes its time. @throws as `call` does. */
  async timed<Answer>(call: RestCall<Answer>, signal?: AbortSignal): Promise<TimedAnswer<Answer>> {
    const { onEnded } = this.#options;
    try {
      const answer = await this.#timed(call, signal);
      onEnded?.(undefined);
      return answer;
    } catch (error) {
      onEnded?.(errorCodeOf(error));
      throw error;
    }
  }

  async #timed<Answer>(
    call: RestCall<Answer>,
    signal: AbortSignal | undefined,
  ): Promise<TimedAnswer<Answer>> {
    const { ports, signer } = this.#options;
    const begunAt = ports.clock.monotonic();
    try {
      return await this.#attempt(call, call.maxQueueMs, signal);
    } catch (error) {
      if (!(error instanceof AuthError) || error.code !== "TIMESTAMP_REFUSED") throw error;
      // Where it is not proven that nothing was done, a second request could do it twice.
      if (signer === undefined || call.access !== "signed" || error.outcome === "unknown") throw error;
      const measured = await withTimeLimit(ports.timers, this.#options.timeoutMs, signal, () =>
        signer.resync(),
      );
      if (signal?.aborted) throw this.#aborted(call, "notSent");
      const maxQueueMs =
        call.maxQueueMs === undefined ? undefined : call.maxQueueMs - (ports.clock.monotonic() - begunAt);
      if (measured.state !== "done" || (maxQueueMs !== undefined && maxQueueMs <= 0)) throw error;
      return this.#attempt(call, maxQueueMs, signal);
    }
  }

  /**
   * What a refusal in an answer to `call` means, such as that of one entry of a batch.
   *
   * @param refusal Where it came with the answer as a whole, that had HTTP status 200.
   */
  judge(call: RestRequest, refusal: Pick<RefusalFacts, "venueCode" | "message">): ConnError {
    return this.#judge(call, { ...refusal, httpStatus: 200 }, []).error;
  }

  #attempt<Answer>(
    call: RestCall<Answer>,
    maxQueueMs: number | undefined,
    signal: AbortSignal | undefined,
  ): Promise<TimedAnswer<Answer>> {
    return traceRest(
      () => ({
        venue: this.#options.venue,
        method: call.method,
        path: call.path.replace(/\?.*/s, ""),
        lane: call.lane ?? "query",
        tradingPair: call.tradingPair,
        queuedMs: undefined,
        durationMs: undefined,
        status: undefined,
        errorCode: undefined,
      }),
      (trace) => this.#once(call, maxQueueMs, signal, trace),
    );
  }

  /** Waits for the rate limit, signs, sends, reads, and tells the limiter what came of it. */
  async #once<Answer>(
    call: RestCall<Answer>,
    maxQueueMs: number | undefined,
    signal: AbortSignal | undefined,
    trace: RestTrace | undefined,
  ): Promise<TimedAnswer<Answer>> {
    const { limiter, rules, timeoutMs, ports, signer, venue } = this.#options;
    const unsigned = unsignedOf(call);
    if (unsigned !== undefined && signer === undefined) {
      throw new AuthError("CREDENTIALS_MISSING", `${nameOf(call)} needs credentials`, {
        venue,
        outcome: "notSent",
      });
    }
    this.#urlOf(call);
    const { cost, lane, tradingPair } = call;
    const askedAt = ports.clock.monotonic();
    const permit = await limiter.acquire(cost, { lane, maxQueueMs, tradingPair, signal });
    let ready: ReadyRequest;
    try {
      if (signal?.aborted) throw this.#aborted(call, "notSent");
      ready =
        unsigned === undefined
          ? { wire: formatWireRequest(call), secrets: [] }
          : await this.#sign(call, unsigned, signal);
    } catch (error) {
      permit.release();
      throw error;
    }
    const sentAt = ports.clock.monotonic();
    if (trace !== undefined) trace.queuedMs = sentAt - askedAt;
    let response: HttpResponse;
    try {
      response = await this.#send(call, ready, signal);
    } catch (error) {
      if (error instanceof ConnError && error.outcome === "notSent") permit.release();
      // The venue may not have it yet: it can be on its way for about as long as it was waited for.
      else permit.settle({ answered: false, arrivesWithinMs: timeoutMs });
      throw error;
    }
    const receivedAt = ports.clock.monotonic();
    if (trace !== undefined) {
      trace.durationMs = receivedAt - sentAt;
      trace.status = response.status;
    }
    const verdict = this.#read(call, response, ready.secrets);
    const isAnswer = "answer" in verdict;
    const { headers } = response;
    permit.settle({
      answered: true,
      used: readCounts(headers, rules.usageHeaders),
      remaining: readCounts(headers, rules.remainingHeaders),
      limits: readCounts(headers, rules.limitHeaders),
      refusal: isAnswer ? undefined : verdict.pause,
    });
    if (unsigned !== undefined)
      signer?.answered(
        unsigned,
        isAnswer || !(verdict.error instanceof AuthError) ? undefined : verdict.error,
      );
    if (!isAnswer) throw verdict.error;
    return { answer: verdict.answer, sentAt, receivedAt };
  }

  async #sign(
    call: RestRequest,
    unsigned: UnsignedRequest,
    signal: AbortSignal | undefined,
  ): Promise<ReadyRequest> {
    const { ports, signer, timeoutMs, venue } = this.#options;
    const isUrgent = call.lane === "cancel";
    // as: whoever calls has seen that there is a signer.
    const sign = () => (signer as RequestSigner).sign(unsigned, isUrgent);
    const signed = await withTimeLimit(ports.timers, timeoutMs, signal, sign);
    if (signed.state === "failed") throw signed.error;
    if (signed.state === "aborted") throw this.#aborted(call, "notSent");
    if (signed.state === "timedOut") {
      throw new AuthError("SIGNING_FAILED", `${nameOf(call)}: not signed within ${timeoutMs} ms`, {
        venue,
        outcome: "notSent",
      });
    }
    const { wire, secrets, validUntil } = signed.value;
    call.onSigned?.({ validUntil });
    return { wire, secrets };
  }

  async #send(
    call: RestRequest,
    { wire, secrets }: ReadyRequest,
    signal: AbortSignal | undefined,
  ): Promise<HttpResponse> {
    const { http, ports, timeoutMs, venue } = this.#options;
    const { method, path, headers, body } = wire;
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
        method,
        url: `${this.#urlOf(call)}${path}`,
        headers,
        ...(body !== undefined && { body }),
        signal: abort.signal,
      });
    } catch (thrown) {
      const redact = (text: string): string => this.#redact(text, secrets);
      const cause = isPublic(call) ? thrown : copyWithoutSecrets(thrown, redact);
      // The client knows whether it had begun to write the request when it was given up.
      const sent = thrown instanceof NetworkError ? thrown.sent : "maybe";
      if (signal?.aborted) throw this.#aborted(call, sent === "no" ? "notSent" : "unknown", cause);
      if (timedOut) {
        throw new NetworkError("NETWORK_TIMEOUT", `${nameOf(call)}: no answer within ${timeoutMs} ms`, {
          cause,
          venue,
          sent,
          details: { timeoutMs },
        });
      }
      throw cause;
    } finally {
      timer.cancel();
      signal?.removeEventListener("abort", onAbort);
    }
  }

  /** @throws {ConfigurationError} INVALID_OPTIONS if it is for an address that nobody has named. */
  #urlOf(call: RestRequest): string {
    const { baseUrl, otherUrls = {}, venue } = this.#options;
    const { host } = call;
    if (host === undefined) return baseUrl;
    const url = otherUrls[host];
    if (url !== undefined) return url;
    throw new ConfigurationError("INVALID_OPTIONS", `${nameOf(call)} needs option urls.${host}`, {
      venue,
      outcome: "notSent",
      details: { option: `urls.${host}` },
    });
  }

  #read<Answer>(call: RestCall<Answer>, response: HttpResponse, secrets: readonly string[]): Verdict<Answer> {
    const { rules, venue } = this.#options;
    const { status, body } = response;
    if (status < 200 || status >= 300) {
      const said = rules.parseError(body);
      const { error, pause } = this.#judge(call, { ...said, httpStatus: status }, secrets);
      const demanded = this.#pause(response, pause?.stops);
      if (demanded === undefined || rules.limitStatuses[status] === undefined)
        return { error, pause: demanded };
      const code = demanded.reason === "ban" ? "RATE_BANNED" : "RATE_LIMITED";
      const { message, outcome } = error;
      return {
        error: new RateLimitError(code, message, {
          venue,
          retryAfterMs: demanded.forMs,
          details: { httpStatus: status },
          // What the table does not know is a refusal all the same: that is what the status says.
          ...(outcome !== "unknown" && { outcome }),
        }),
        pause: demanded,
      };
    }
    try {
      return { answer: call.parse(body) };
    } catch (cause) {
      if (cause instanceof VenueError && cause.venueCode !== undefined && cause.outcome === "unknown") {
        const { venueCode, message } = cause;
        const { error, pause } = this.#judge(call, { venueCode, message, httpStatus: status }, secrets);
        return { error, pause: this.#pause(response, pause?.stops) };
      }
      if (isPublic(call) && cause instanceof ConnError) return { error: cause };
      // What a private answer holds may be secret, and what could not be read in it is quoted in the cause.
      const why = cause instanceof ConnError ? cause.code : cause instanceof Error ? cause.name : undefined;
      return {
        error: new ProtocolError("MALFORMED_ANSWER", `${nameOf(call)}: the answer cannot be read`, {
          venue,
          ...(isPublic(call) ? { cause } : { details: { why } }),
        }),
      };
    }
  }

  #judge(
    call: RestRequest,
    refusal: Omit<RefusalFacts, "call">,
    secrets: readonly string[],
  ): { readonly error: ConnError; readonly pause: Pick<RateLimitRefusal, "stops"> | undefined } {
    const { rules, venue } = this.#options;
    const message = refusal.message === undefined ? undefined : this.#redact(refusal.message, secrets);
    const facts = { ...refusal, message, call: nameOf(call) };
    const { error, stops } = judgeRefusal(rules.errors ?? [], facts, venue, rules.defaultRetryAfterMs);
    return { error, pause: stops === undefined ? undefined : { stops } };
  }

  /** The pause that an answer demands, by its status or by what is known of its code. */
  #pause(
    { status, headers }: HttpResponse,
    stops: RateLimitRefusal["stops"] | undefined,
  ): RateLimitRefusal | undefined {
    const { rules, ports } = this.#options;
    const limit = rules.limitStatuses[status];
    if (limit === undefined && stops === undefined) return undefined;
    return {
      reason: limit?.code === "RATE_BANNED" ? "ban" : "stop",
      forMs: readRetryAfter(headers, ports.clock.now()) ?? rules.defaultRetryAfterMs,
      stops: limit?.stops ?? stops ?? "pools",
    };
  }

  #redact(text: string, secrets: readonly string[]): string {
    return this.#options.signer?.redact(text, secrets) ?? text;
  }

  #aborted(call: RestRequest, outcome: "notSent" | "unknown", cause?: unknown): LifecycleError {
    const { venue } = this.#options;
    return new LifecycleError("ABORTED", `${nameOf(call)} was aborted`, { venue, outcome, cause });
  }
}

/** What the headers of an answer tell, by pool. */
function readCounts(headers: HttpResponse["headers"], rules: LimitHeaders = {}): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [header, pools] of Object.entries(rules)) {
    const count = headers[header]?.trim() ?? "";
    // An empty header would count as zero, which is the one number that does harm.
    if (!/^\d+(\.\d+)?$/.test(count)) continue;
    for (const pool of [pools].flat()) counts[pool] = Number(count);
  }
  return counts;
}

function nameOf({ method, path }: RestRequest): string {
  return `${method} ${path}`;
}

function isPublic({ access = "public" }: RestRequest): boolean {
  return access === "public";
}

function unsignedOf(call: RestRequest): UnsignedRequest | undefined {
  const { method, path, query, body, headers, access = "public" } = call;
  if (access === "public") return undefined;
  return {
    method,
    path,
    access,
    ...(query !== undefined && { query }),
    ...(body !== undefined && { body }),
    ...(headers !== undefined && { headers }),
  };
}
