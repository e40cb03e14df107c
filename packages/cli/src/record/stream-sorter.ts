import { type ExchangeDefinition, FrameSink, type Instrument, type SessionRecord } from "@conn/core";
import { requestMatcher, routeOf } from "@conn/simulator";

/** The stream files of a recording. */
export const STREAMS = ["control", "instruments", "depth", "trades"] as const;
export type Stream = (typeof STREAMS)[number];

type Definition = Pick<ExchangeDefinition, "urls" | "routes" | "instruments" | "orderBooks">;

/**
 * Tells by the connector's own reading to which stream of a recording a record belongs: frames and snapshots of
 * books to `depth`, and to `control` what belongs to none.
 */
export class StreamSorter {
  readonly #definition: Definition;
  readonly #sink = new FrameSink();
  /** The connector's state of each connection. */
  readonly #memos = new Map<number, unknown>();
  #instruments: readonly Instrument[] = [];

  constructor(definition: Definition) {
    this.#definition = definition;
  }

  /** The instruments whose snapshots and trades may be asked for. */
  follow(instruments: readonly Instrument[]): void {
    this.#instruments = instruments;
  }

  streamOf(record: SessionRecord): Stream {
    switch (record.type) {
      case "received":
        return this.#streamOfFrame(record.connection, record);
      case "answered":
        return this.#streamOfAnswer(record);
      case "closed":
        this.#memos.delete(record.connection);
        return "control";
      case "opened":
      case "sent":
      case "unanswered":
        return "control";
    }
  }

  #streamOfFrame(
    connection: number,
    { url, at, data }: { readonly url: string; readonly at: number; readonly data: string | Uint8Array },
  ): Stream {
    const context = {
      route: routeOf(this.#definition, url),
      receivedTimestamp: at,
      memo: this.#memos.get(connection),
    };
    this.#sink.reset();
    try {
      this.#definition.orderBooks.parse(
        typeof data === "string" ? Buffer.from(data) : data,
        this.#sink,
        context,
      );
    } catch {
      // The connector reports it as a problem; it stays in the recording.
      return "control";
    } finally {
      this.#memos.set(connection, context.memo);
    }
    const { messages } = this.#sink;
    if (messages.some(({ type }) => type === "depth" || type === "checksum")) return "depth";
    return messages.some(({ type }) => type === "trade") ? "trades" : "control";
  }

  #streamOfAnswer(record: { readonly url: string; readonly method: string }): Stream {
    const { instruments, orderBooks } = this.#definition;
    const matches = requestMatcher(record);
    if (matches(instruments)) return "instruments";
    for (const instrument of this.#instruments) {
      const snapshot = orderBooks.snapshotRequest?.(instrument);
      if (snapshot !== undefined && matches(snapshot)) return "depth";
      // From which trade on they are asked for, does not matter here.
      const trades = orderBooks.tradesRequest?.(instrument, "0");
      if (trades !== undefined && matches({ ...trades, query: {} })) return "trades";
    }
    return "control";
  }
}
