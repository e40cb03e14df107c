import type { SequenceRecord } from "@conn/core";

/** How the example venue brings snapshots, by the words of sequence records; and one whose ids are of the connection. */
export type ExampleProtocol = "rest" | "request" | "everyFrame" | "connection";

const COMMON = {
  source: "the example venue's own rules",
  levelsBy: "price",
  olderSnapshot: "drop",
} as const;

/** The example venue's sequence records. */
export const exampleRecords: Readonly<Record<ExampleProtocol, SequenceRecord>> = {
  rest: {
    ...COMMON,
    rules: ["The first id of a diff is the last of the diff before + 1."],
    scope: "book",
    snapshot: "rest",
    bridge: "spansNext",
    steady: "contiguous",
    crossed: "resync",
    recovery: "refetch",
  },
  request: {
    ...COMMON,
    rules: [
      "The first id of a diff is the last of the diff before + 1.",
      "Every frame has the checksum of the ten best levels as they are after it.",
    ],
    scope: "book",
    snapshot: "request",
    bridge: "spansNext",
    steady: "contiguous",
    checksum: { levels: 10, layout: "interleaved", text: "plain" },
    crossed: "resync",
    recovery: "refetch",
  },
  everyFrame: {
    ...COMMON,
    rules: ["Every frame is the whole book. Ids grow."],
    scope: "book",
    snapshot: "everyFrame",
    bridge: "follows",
    steady: "monotonic",
    crossed: "resync",
    recovery: "resubscribe",
  },
  connection: {
    ...COMMON,
    rules: [
      "A stream begins with a snapshot. Books have no ids.",
      "All frames of a connection that carry books are counted without a hole.",
    ],
    scope: "connection",
    snapshot: "firstFrame",
    bridge: "follows",
    steady: "none",
    crossed: "report",
    recovery: "reconnect",
  },
};
