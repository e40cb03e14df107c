import type { StreamTopic } from "@conn/core";
import type { Probe } from "./probe.js";
import type { Stage } from "./stage.js";

/** The streams of all pairs that a connector follows, if no channels were asked for: of books and trades. */
export function followedTopics({ definition }: Stage, { connector }: Probe): readonly StreamTopic[] {
  return [...connector.orderBooks.keys()].flatMap((pair) => {
    const instrument = connector.instruments.get(pair);
    const topics = instrument === undefined ? [] : definition.orderBooks.topics(instrument);
    return topics.filter(({ carries }) => carries === "depth" || carries === "trades");
  });
}
