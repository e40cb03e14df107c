import type { Decoder } from "@conn/cli";
import { BID, FrameSink, type UpdateId } from "@conn/core";

/** A level in a test: `["bid", "1.5", "20"]`. A price of `undefined` is that of the level with the id. */
export type Row = readonly [side: "bid" | "ask", price: string | undefined, amount: string, id?: UpdateId];

/** What a decoder makes of a frame. Fields that the frame does not set are left out. */
export interface FrameReading {
  readonly messages: readonly Readonly<Record<string, unknown>>[];
  readonly sequence: UpdateId | undefined;
}

/** Reads one frame of a venue, for tests. */
export function readFrame(decoder: Decoder, frame: unknown): FrameReading {
  const sink = new FrameSink();
  const text = typeof frame === "string" ? frame : JSON.stringify(frame);
  decoder.parse(Buffer.from(text), sink, { route: "", receivedTimestamp: 0, memo: undefined });
  return readingOf(sink);
}

/** Reads a REST snapshot of a venue, for tests. */
export function readSnapshot(decoder: Decoder, exchangeSymbol: string, body: unknown): FrameReading {
  const sink = new FrameSink();
  // as: a decoder knows no more of an instrument than its symbol.
  const instrument = { exchangeSymbol } as Parameters<NonNullable<Decoder["parseSnapshot"]>>[1];
  decoder.parseSnapshot?.(Buffer.from(JSON.stringify(body)), instrument, sink);
  return readingOf(sink);
}

function readingOf(sink: FrameSink): FrameReading {
  const { levels, sequence } = sink;
  const messages = sink.messages.map((message) => {
    if (message.type !== "depth") return { ...message };
    const { type: _type, from, to, ...fields } = message;
    const rows: Row[] = [];
    for (let index = from; index < to; index += 1) {
      const price = levels.exact.get(index)?.price ?? String(levels.prices[index]);
      const amount = levels.exact.get(index)?.amount ?? String(levels.amounts[index]);
      const id = levels.ids.get(index);
      const side = levels.sides[index] === BID ? "bid" : "ask";
      const known = Number.isNaN(levels.prices[index]) ? undefined : price;
      rows.push(id === undefined ? [side, known, amount] : [side, known, amount, id]);
    }
    return { ...withoutAbsent(fields), rows };
  });
  return { messages, sequence };
}

function withoutAbsent(fields: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
