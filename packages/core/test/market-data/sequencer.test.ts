import { describe, expect, it } from "vitest";
import { type DiffIds, type SequenceRecord, Sequencer } from "../../src/market-data/index.js";
import type { UpdateId } from "../../src/parse/index.js";

const FUTURES: SequenceRecord = {
  source: "test",
  rules: [],
  scope: "book",
  olderSnapshot: "drop",
  levelsBy: "price",
  snapshot: "rest",
  bridge: "spansSnapshot",
  steady: "linked",
  crossed: "resync",
  recovery: "refetch",
};
const SPOT: SequenceRecord = { ...FUTURES, bridge: "spansNext", steady: "contiguous" };

const diff = (first: UpdateId, last: UpdateId, previous?: UpdateId): DiffIds => ({
  firstUpdateId: first,
  lastUpdateId: last,
  previousUpdateId: previous,
});

function sequencerAt(record: SequenceRecord, snapshotId: UpdateId): Sequencer {
  const sequencer = new Sequencer(record);
  sequencer.restart(snapshotId);
  return sequencer;
}

describe("the bridge that spans the snapshot (U <= L <= u)", () => {
  it.each([
    [diff(90, 99, 80), "stale"],
    [diff(90, 100, 80), "apply"],
    [diff(100, 100, 80), "apply"],
    [diff(100, 120, 80), "apply"],
    [diff(101, 120, 80), "gap"],
    // Its predecessor is the snapshot itself: nothing lies between.
    [diff(105, 120, 100), "apply"],
  ] as const)("%o after snapshot 100: %s", (ids, verdict) => {
    expect(sequencerAt(FUTURES, 100).judge(ids)).toBe(verdict);
  });
});

describe("the bridge that spans the next id (U <= L + 1 <= u)", () => {
  it.each([
    [diff(90, 100), "stale"],
    [diff(90, 101), "apply"],
    [diff(101, 101), "apply"],
    [diff(102, 103), "gap"],
  ] as const)("%o after snapshot 100: %s", (ids, verdict) => {
    expect(sequencerAt(SPOT, 100).judge(ids)).toBe(verdict);
  });
});

describe("the steady rules", () => {
  it("linked: pu is the u before", () => {
    const sequencer = sequencerAt(FUTURES, 100);
    sequencer.judge(diff(95, 110, 90));
    expect(sequencer.judge(diff(95, 110, 90))).toBe("stale");
    expect(sequencer.judge(diff(115, 120, 110))).toBe("apply");
    expect(sequencer.judge(diff(125, 130, 124))).toBe("gap");
    expect(sequencer.judge(diff(125, 130, 120))).toBe("apply");
  });

  it("contiguous: U follows the u before, or overlaps it", () => {
    const sequencer = sequencerAt(SPOT, 100);
    sequencer.judge(diff(101, 110));
    expect(sequencer.judge(diff(112, 113))).toBe("gap");
    expect(sequencer.judge(diff(105, 110))).toBe("stale");
    expect(sequencer.judge(diff(109, 112))).toBe("apply");
    expect(sequencer.judge(diff(113, 113))).toBe("apply");
  });

  it("compares ids beyond 2^53 exactly", () => {
    const big = 2n ** 60n;
    const sequencer = sequencerAt(SPOT, big);
    expect(sequencer.judge(diff(big + 2n, big + 3n))).toBe("gap");
    expect(sequencer.judge(diff(big + 1n, big + 1n))).toBe("apply");
    expect(sequencer.judge(diff(big + 2n, big + 2n))).toBe("apply");
  });

  it("crosses 2^53 from numbers to bigints", () => {
    const edge = Number.MAX_SAFE_INTEGER;
    const sequencer = sequencerAt(SPOT, edge - 1);
    expect(sequencer.judge(diff(edge, edge))).toBe("apply");
    expect(sequencer.judge(diff(BigInt(edge) + 1n, BigInt(edge) + 1n))).toBe("apply");
    expect(sequencer.judge(diff(BigInt(edge) + 3n, BigInt(edge) + 3n))).toBe("gap");
  });

  it("knows nothing before a snapshot, and trusts no diff without ids", () => {
    const sequencer = new Sequencer(FUTURES);
    expect(sequencer.judge(diff(1, 2, 0))).toBe("gap");
    sequencer.restart(1);
    expect(
      sequencer.judge({ firstUpdateId: undefined, lastUpdateId: undefined, previousUpdateId: undefined }),
    ).toBe("gap");
    expect(sequencer.bridged).toBe(false);
  });
});

describe("the bridges of snapshots that are not joined by their id", () => {
  it("follows: a diff follows the snapshot as any other diff", () => {
    const sequencer = sequencerAt({ ...FUTURES, bridge: "follows" }, 100);
    expect(sequencer.bridged).toBe(true);
    expect(sequencer.judge(diff(101, 110, 99))).toBe("gap");
    expect(sequencer.judge(diff(101, 110, 100))).toBe("apply");
  });

  it("newer: what the snapshot contains is dropped, and all else is applied", () => {
    const sequencer = sequencerAt({ ...FUTURES, bridge: "newer", steady: "none" }, 100);
    expect(sequencer.judge(diff(0, 100))).toBe("stale");
    expect(sequencer.judge(diff(0, 200))).toBe("apply");
    expect(sequencer.judge(diff(0, 150))).toBe("apply");
    expect(sequencer.judge(diff(0, 90))).toBe("stale");
  });
});

describe("the other steady rules", () => {
  it("monotonic: larger is newer, and holes are not seen", () => {
    const sequencer = sequencerAt({ ...FUTURES, bridge: "follows", steady: "monotonic" }, 100);
    expect(sequencer.judge(diff(0, 105))).toBe("apply");
    expect(sequencer.judge(diff(0, 105))).toBe("stale");
    expect(sequencer.judge(diff(0, 104))).toBe("stale");
    expect(sequencer.judge(diff(0, 1_000))).toBe("apply");
  });

  it("none: the order of receipt is the order", () => {
    const sequencer = new Sequencer({ bridge: "follows", steady: "none" });
    const noIds: DiffIds = { firstUpdateId: undefined, lastUpdateId: undefined, previousUpdateId: undefined };
    expect(sequencer.judge(noIds)).toBe("gap");
    sequencer.restart(undefined);
    expect(sequencer.judge(noIds)).toBe("apply");
    expect(sequencer.lastUpdateId).toBeUndefined();
  });

  it("linked, and the venue may step back: only the link counts", () => {
    const sequencer = sequencerAt({ ...FUTURES, bridge: "follows", mayStepBack: true }, 100);
    expect(sequencer.judge(diff(0, 110, 100))).toBe("apply");
    // Nothing changed, said by linking an id to itself.
    expect(sequencer.judge(diff(0, 110, 110))).toBe("stale");
    expect(sequencer.judge(diff(0, 5, 110))).toBe("apply");
    expect(sequencer.lastUpdateId).toBe(5);
    // The step back itself was lost: this is not an old message.
    expect(sequencer.judge(diff(0, 4, 3))).toBe("gap");
  });

  it("ids that may be absent are checked where they are present", () => {
    const sequencer = sequencerAt({ ...FUTURES, bridge: "follows", idsMayBeAbsent: true }, 100);
    const noIds: DiffIds = { firstUpdateId: undefined, lastUpdateId: undefined, previousUpdateId: undefined };
    expect(sequencer.judge(noIds)).toBe("apply");
    expect(sequencer.judge(diff(0, 120, 110))).toBe("gap");
    expect(sequencer.judge(diff(0, 120, 100))).toBe("apply");
  });
});
