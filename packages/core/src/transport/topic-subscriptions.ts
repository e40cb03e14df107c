import { type ConnError, SubscriptionError } from "../errors/index.js";
import type { Ports, Timer } from "../ports/index.js";

/** How a venue's subscription frames are written. */
export interface SubscriptionProtocol {
  /**
   * A frame that subscribes to `topics`; `requestId` comes back in the venue's answer.
   * `timestamp` is the wall time in ms, for venues that want it in the frame.
   */
  formatSubscribe(topics: readonly string[], requestId: number, timestamp: number): string;
  formatUnsubscribe(topics: readonly string[], requestId: number, timestamp: number): string;
  /** Most topics in one frame. */
  readonly maxTopicsPerFrame: number;
}

/** Told what becomes of the topics of one connection. */
export interface SubscriptionOwner {
  send(text: string): void;
  onSubscribed(topic: string): void;
  /** The venue does not want to serve this topic. It is not asked again until it is added again. */
  onRefused(topic: string, error: SubscriptionError): void;
  /** The venue never answered: what is subscribed is unknown, so the connection must go. */
  onUnanswered(error: SubscriptionError): void;
}

type TopicState = "wanted" | "subscribing" | "subscribed" | "leaving" | "refused";

interface Request {
  readonly topics: readonly string[];
  readonly leaving: boolean;
  readonly timer: Timer;
}

/**
 * The topics of one connection: which are wanted, which the venue has confirmed, and the requests in
 * between. After a reconnect exactly the wanted set is subscribed again.
 */
export class TopicSubscriptions {
  readonly #protocol: SubscriptionProtocol;
  readonly #owner: SubscriptionOwner;
  readonly #ports: Pick<Ports, "clock" | "timers">;
  readonly #answerTimeoutMs: number;
  readonly #topics = new Map<string, TopicState>();
  /** Topics that were removed while the venue still serves them, and wanted again before it confirmed. */
  readonly #again = new Set<string>();
  readonly #requests = new Map<number, Request>();
  #lastRequestId = 0;
  #open = false;

  constructor(
    protocol: SubscriptionProtocol,
    owner: SubscriptionOwner,
    ports: Pick<Ports, "clock" | "timers">,
    answerTimeoutMs: number,
  ) {
    this.#protocol = protocol;
    this.#owner = owner;
    this.#ports = ports;
    this.#answerTimeoutMs = answerTimeoutMs;
  }

  /** Number of topics that take up a place on the connection. */
  get size(): number {
    return this.#topics.size;
  }

  /** An id for a request of another kind, so that its answer is not taken for that to a subscription. */
  nextRequestId(): number {
    this.#lastRequestId += 1;
    return this.#lastRequestId;
  }

  /** Wants topics; those that are already wanted stay as they are. */
  add(topics: readonly string[]): void {
    for (const topic of topics) {
      const state = this.#topics.get(topic);
      if (state === "leaving") this.#again.add(topic);
      else if (state === undefined || state === "refused") this.#topics.set(topic, "wanted");
    }
    this.#subscribeWanted();
  }

  /** No longer wants topics. */
  remove(topics: readonly string[]): void {
    const leaving: string[] = [];
    for (const topic of topics) {
      this.#again.delete(topic);
      const state = this.#topics.get(topic);
      if (state === undefined || state === "leaving") continue;
      if (this.#open && (state === "subscribed" || state === "subscribing")) {
        this.#topics.set(topic, "leaving");
        leaving.push(topic);
      } else {
        this.#topics.delete(topic);
      }
    }
    this.#request(leaving, true);
  }

  /** Asks for a topic anew: the venue will start its stream from the beginning. */
  renew(topics: readonly string[]): void {
    this.remove(topics);
    this.add(topics);
  }

  /** A new connection is open. */
  opened(): void {
    this.#open = true;
    this.#subscribeWanted();
  }

  /** The connection is gone, and every subscription with it. */
  closed(): void {
    this.#open = false;
    for (const request of this.#requests.values()) request.timer.cancel();
    this.#requests.clear();
    for (const [topic, state] of this.#topics) {
      if (state === "leaving" && !this.#again.has(topic)) this.#topics.delete(topic);
      else if (state !== "refused") this.#topics.set(topic, "wanted");
    }
    this.#again.clear();
  }

  /** The venue confirmed a request. Answers to requests of an earlier connection are ignored. */
  acknowledged(requestId: number): void {
    const request = this.#settle(requestId);
    if (request === undefined) return;
    for (const topic of request.topics) {
      if (request.leaving) {
        this.#topics.delete(topic);
        if (this.#again.delete(topic)) this.#topics.set(topic, "wanted");
      } else if (this.#topics.get(topic) === "subscribing") {
        this.#topics.set(topic, "subscribed");
        this.#owner.onSubscribed(topic);
      }
    }
    this.#subscribeWanted();
  }

  /** The venue refused a request. */
  refused(requestId: number, error: ConnError): void {
    const request = this.#settle(requestId);
    if (request === undefined) return;
    const asked = request.topics.filter(
      (topic) => request.leaving || this.#topics.get(topic) === "subscribing",
    );
    if (!request.leaving && request.topics.length > 1) {
      // One bad topic spoils the frame: asked one by one, the good ones get through.
      for (const topic of asked) this.#request([topic], false);
      return;
    }
    for (const topic of asked) {
      if (request.leaving) {
        // The venue says it does not serve the topic, which is what was wanted.
        this.#topics.delete(topic);
        if (this.#again.delete(topic)) this.#topics.set(topic, "wanted");
        continue;
      }
      this.#topics.set(topic, "refused");
      this.#owner.onRefused(
        topic,
        new SubscriptionError(
          "SUBSCRIPTION_REFUSED",
          `the venue refused the subscription to ${topic}: ${error.message}`,
          {
            cause: error,
            details: { topic },
          },
        ),
      );
    }
    this.#subscribeWanted();
  }

  #subscribeWanted(): void {
    if (!this.#open) return;
    const wanted = [...this.#topics].filter(([, state]) => state === "wanted").map(([topic]) => topic);
    for (const topic of wanted) this.#topics.set(topic, "subscribing");
    this.#request(wanted, false);
  }

  #request(topics: readonly string[], leaving: boolean): void {
    const { maxTopicsPerFrame } = this.#protocol;
    const now = this.#ports.clock.now();
    for (let from = 0; from < topics.length; from += maxTopicsPerFrame) {
      const part = topics.slice(from, from + maxTopicsPerFrame);
      const requestId = this.nextRequestId();
      const timer = this.#ports.timers.set(this.#answerTimeoutMs, () => {
        this.#requests.delete(requestId);
        this.#owner.onUnanswered(
          new SubscriptionError(
            "SUBSCRIPTION_UNANSWERED",
            `the venue did not answer a subscription within ${this.#answerTimeoutMs} ms`,
            {
              details: { topics: part, timeoutMs: this.#answerTimeoutMs },
            },
          ),
        );
      });
      this.#requests.set(requestId, { topics: part, leaving, timer });
      this.#owner.send(
        leaving
          ? this.#protocol.formatUnsubscribe(part, requestId, now)
          : this.#protocol.formatSubscribe(part, requestId, now),
      );
    }
  }

  #settle(requestId: number): Request | undefined {
    const request = this.#requests.get(requestId);
    if (request === undefined) return undefined;
    this.#requests.delete(requestId);
    request.timer.cancel();
    return request;
  }
}
