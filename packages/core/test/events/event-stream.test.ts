import { describe, expect, it } from "vitest";
import { OverflowError } from "../../src/errors/index.js";
import { Emitter, EventStream } from "../../src/events/index.js";

interface Tick {
  readonly type: "tick";
  readonly key: string;
  readonly value: number;
}
const tick = (key: string, value: number): Tick => ({ type: "tick", key, value });

describe("an event stream", () => {
  it("loses nothing while there is room, then fails at the reader", async () => {
    const stream = new EventStream<Tick>({ kind: "lossless", capacity: 3 });
    for (let value = 0; value < 4; value += 1) stream.push(tick("a", value));
    const seen: number[] = [];
    await expect(
      (async () => {
        for await (const { value } of stream) seen.push(value);
      })(),
    ).rejects.toBeInstanceOf(OverflowError);
    expect(seen).toEqual([0, 1, 2]);
    expect((await stream.next()).done).toBe(true);
  });

  it("keeps the newest of each key", async () => {
    const stream = new EventStream<Tick>({ kind: "latest", keyOf: ({ key }) => key });
    for (let value = 0; value < 1_000; value += 1) stream.push(tick(value % 2 === 0 ? "even" : "odd", value));
    expect((await stream.next()).value).toEqual(tick("even", 998));
    expect((await stream.next()).value).toEqual(tick("odd", 999));
  });

  it("wakes a waiting reader, also at its end", async () => {
    const stream = new EventStream<Tick>({ kind: "lossless", capacity: 1 });
    const first = stream.next();
    const second = stream.next();
    stream.push(tick("a", 1));
    expect((await first).value).toEqual(tick("a", 1));
    stream.end();
    expect((await second).done).toBe(true);
  });

  it("ends with its signal and tells once", async () => {
    const abort = new AbortController();
    let ends = 0;
    const stream = new EventStream<Tick>(
      { kind: "lossless", capacity: 1 },
      {
        signal: abort.signal,
        onEnd: () => {
          ends += 1;
        },
      },
    );
    const waiting = stream.next();
    abort.abort();
    expect((await waiting).done).toBe(true);
    await stream.return();
    stream.push(tick("a", 1));
    expect((await stream.next()).done).toBe(true);
    expect(ends).toBe(1);
  });

  it("reads long queues to the end in order", async () => {
    const stream = new EventStream<Tick>({ kind: "lossless", capacity: 10_000 });
    for (let value = 0; value < 10_000; value += 1) stream.push(tick("a", value));
    stream.end();
    let expected = 0;
    for await (const { value } of stream) {
      expect(value).toBe(expected);
      expected += 1;
    }
    expect(expected).toBe(10_000);
  });
});

describe("an emitter", () => {
  it("reports the error of a listener and serves the others", async () => {
    const errors: unknown[] = [];
    const emitter = new Emitter<Tick>((error) => errors.push(error));
    const seen: number[] = [];
    emitter.on("tick", () => {
      throw new Error("thrown");
    });
    emitter.on("tick", () => Promise.reject(new Error("rejected")) as never);
    emitter.on("tick", ({ value }) => seen.push(value));
    emitter.emit(tick("a", 1));
    await Promise.resolve();
    expect(seen).toEqual([1]);
    expect(errors).toHaveLength(2);
  });

  it("keeps its list of listeners during an emit", () => {
    const emitter = new Emitter<Tick>(() => undefined);
    const seen: string[] = [];
    const off = emitter.on("tick", () => {
      seen.push("first");
      off();
      emitter.on("tick", () => seen.push("late"));
    });
    emitter.on("tick", () => seen.push("second"));
    emitter.emit(tick("a", 1));
    expect(seen).toEqual(["first", "second"]);
    emitter.emit(tick("a", 2));
    expect(seen).toEqual(["first", "second", "second", "late"]);
  });

  it("refuses a listener that is none", () => {
    const emitter = new Emitter<Tick>(() => undefined);
    expect(() => emitter.on("tick", undefined as never)).toThrow(TypeError);
  });
});
