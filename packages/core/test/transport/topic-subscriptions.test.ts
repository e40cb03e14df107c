import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { VenueError } from "../../src/errors/index.js";
import { type SubscriptionOwner, TopicSubscriptions } from "../../src/transport/topic-subscriptions.js";
import { VirtualTime } from "../support/virtual-time.js";

interface Sent {
  readonly method: "sub" | "unsub";
  readonly topics: readonly string[];
  readonly id: number;
}

function setUp(maxTopicsPerFrame = 100) {
  const time = new VirtualTime();
  const sent: Sent[] = [];
  const subscribed: string[] = [];
  const refused: string[] = [];
  let unanswered = 0;
  const owner: SubscriptionOwner = {
    send: (text) => sent.push(JSON.parse(text) as Sent),
    onSubscribed: (topic) => subscribed.push(topic),
    onRefused: (topic) => refused.push(topic),
    onUnanswered: () => {
      unanswered += 1;
    },
  };
  const subscriptions = new TopicSubscriptions(
    {
      maxTopicsPerFrame,
      formatSubscribe: (topics, id) => JSON.stringify({ method: "sub", topics, id }),
      formatUnsubscribe: (topics, id) => JSON.stringify({ method: "unsub", topics, id }),
    },
    owner,
    { clock: time, timers: time },
    10_000,
  );
  return { time, sent, subscribed, refused, subscriptions, unanswered: () => unanswered };
}

const refusal = new VenueError("VENUE_REFUSED", "no such stream");

describe("topic subscriptions", () => {
  it("asks for exactly the wanted set on each new connection", () => {
    const { sent, subscriptions } = setUp();
    subscriptions.add(["a", "b", "c"]);
    expect(sent).toEqual([]);
    subscriptions.opened();
    subscriptions.acknowledged(1);
    subscriptions.remove(["b"]);
    subscriptions.closed();
    subscriptions.opened();
    expect(sent.at(-1)).toEqual({ method: "sub", topics: ["a", "c"], id: 3 });
  });

  it("splits long lists and confirms each part", () => {
    const { sent, subscribed, subscriptions } = setUp(2);
    subscriptions.opened();
    subscriptions.add(["a", "b", "c"]);
    expect(sent.map(({ topics }) => topics)).toEqual([["a", "b"], ["c"]]);
    subscriptions.acknowledged(2);
    expect(subscribed).toEqual(["c"]);
  });

  it("asks one by one after a refusal, so that only the bad topic is refused", () => {
    const { sent, subscribed, refused, subscriptions } = setUp();
    subscriptions.opened();
    subscriptions.add(["good", "bad", "fine"]);
    subscriptions.refused(1, refusal);
    expect(sent.slice(1).map(({ topics }) => topics)).toEqual([["good"], ["bad"], ["fine"]]);
    subscriptions.acknowledged(2);
    subscriptions.refused(3, refusal);
    subscriptions.acknowledged(4);
    expect(subscribed).toEqual(["good", "fine"]);
    expect(refused).toEqual(["bad"]);
  });

  it("ignores answers to requests of an earlier connection", () => {
    const { subscribed, subscriptions } = setUp();
    subscriptions.opened();
    subscriptions.add(["a"]);
    subscriptions.closed();
    subscriptions.opened();
    subscriptions.acknowledged(1);
    expect(subscribed).toEqual([]);
    subscriptions.acknowledged(2);
    expect(subscribed).toEqual(["a"]);
  });

  it("gives the connection up when an answer does not come", async () => {
    const { time, subscriptions, unanswered } = setUp();
    subscriptions.opened();
    subscriptions.add(["a"]);
    await time.advance(10_000);
    expect(unanswered()).toBe(1);
  });

  it("renews a topic: leaves, then asks again", () => {
    const { sent, subscribed, subscriptions } = setUp();
    subscriptions.opened();
    subscriptions.add(["a"]);
    subscriptions.acknowledged(1);
    subscriptions.renew(["a"]);
    expect(sent.at(-1)?.method).toBe("unsub");
    subscriptions.acknowledged(2);
    expect(sent.at(-1)).toEqual({ method: "sub", topics: ["a"], id: 3 });
    subscriptions.acknowledged(3);
    expect(subscribed).toEqual(["a", "a"]);
  });

  it("ends with the venue serving what is wanted, whatever happens in between", () => {
    const command = fc.oneof(
      fc.record({
        kind: fc.constantFrom("add" as const, "remove" as const),
        topic: fc.constantFrom("a", "b", "c", "d"),
      }),
      fc.record({ kind: fc.constantFrom("answer" as const, "drop" as const), topic: fc.constant("") }),
    );
    fc.assert(
      fc.property(fc.array(command, { maxLength: 40 }), (commands) => {
        const { sent, subscriptions } = setUp(2);
        const wanted = new Set<string>();
        let served = new Set<string>();
        let read = 0;
        const answerOne = (): boolean => {
          const request = sent[read];
          if (request === undefined) return false;
          read += 1;
          for (const topic of request.topics) {
            if (request.method === "sub") served.add(topic);
            else served.delete(topic);
          }
          subscriptions.acknowledged(request.id);
          return true;
        };
        subscriptions.opened();
        for (const { kind, topic } of commands) {
          if (kind === "add") {
            wanted.add(topic);
            subscriptions.add([topic]);
          } else if (kind === "remove") {
            wanted.delete(topic);
            subscriptions.remove([topic]);
          } else if (kind === "answer") {
            answerOne();
          } else {
            subscriptions.closed();
            served = new Set();
            read = sent.length;
            subscriptions.opened();
          }
        }
        while (answerOne());
        expect([...served].sort()).toEqual([...wanted].sort());
        expect(subscriptions.size).toBe(wanted.size);
      }),
    );
  });
});
