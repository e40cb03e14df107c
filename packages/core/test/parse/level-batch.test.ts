import { describe, expect, it } from "vitest";
import { ASK, BID, LevelBatch } from "../../src/parse/level-batch.js";

describe("LevelBatch", () => {
  it("keeps levels beyond its first capacity", () => {
    const batch = new LevelBatch();
    for (let index = 0; index < 1000; index++) batch.push(index % 2 === 0 ? BID : ASK, index, index * 2);
    expect(batch.length).toBe(1000);
    for (let index = 0; index < 1000; index++) {
      expect([batch.sides[index], batch.prices[index], batch.amounts[index]]).toEqual([
        index % 2,
        index,
        index * 2,
      ]);
    }
  });

  it("takes texts as doubles where both are exact and as text otherwise", () => {
    const batch = new LevelBatch();
    expect(batch.pushText(BID, "1.50", "2")).toBe(true);
    expect(batch.pushText(ASK, "1e-8", "0.1234567890123456789")).toBe(true);
    expect(batch.exact.get(0)).toBeUndefined();
    expect([batch.prices[0], batch.amounts[0]]).toEqual([1.5, 2]);
    expect(batch.exact.get(1)).toEqual({ price: "0.00000001", amount: "0.1234567890123456789" });
    batch.clear();
    expect([batch.length, batch.exact.size]).toEqual([0, 0]);
  });

  it("appends nothing for a text that is no number", () => {
    const batch = new LevelBatch();
    expect(batch.pushText(BID, "", "1")).toBe(false);
    expect(batch.pushText(BID, "1", "-1")).toBe(false);
    expect(batch.length).toBe(0);
  });
});
