import type { TrafficEvent } from "./traffic.js";

/** How much of a frame or an answer is kept. */
const SHOWN_BYTES = 400;

/** The last things that happened on the wire as lines of text, for a report of what went wrong. */
export class TrafficLog {
  readonly #capacity: number;
  readonly #startAt: number;
  readonly #lines: string[] = [];
  /** Those of what clients did, which can be lost among what they were sent. */
  readonly #clientLines: string[] = [];

  /** @param startAt Subtracted from the times shown, ms since 1970-01-01 UTC. */
  constructor(capacity: number, startAt: number) {
    this.#capacity = capacity;
    this.#startAt = startAt;
  }

  add(event: TrafficEvent): void {
    const line = `${String(event.at - this.#startAt).padStart(8)} ms ${describe(event)}`;
    this.#keep(this.#lines, line);
    const isClients = event.type === "frame" ? event.sender === "client" && event.kind === "text" : true;
    if (isClients && event.type !== "answer") this.#keep(this.#clientLines, line);
  }

  /** The last lines, oldest first. */
  last(count: number): readonly string[] {
    return this.#lines.slice(-count);
  }

  /** The last lines about dials, requests and frames of clients, oldest first. */
  lastOfClients(count: number): readonly string[] {
    return this.#clientLines.slice(-count);
  }

  #keep(lines: string[], line: string): void {
    lines.push(line);
    if (lines.length > this.#capacity * 2) lines.splice(0, this.#capacity);
  }
}

function describe(event: TrafficEvent): string {
  switch (event.type) {
    case "frame":
      return `#${event.linkId} ${event.sender === "client" ? "→" : "←"} ${event.kind} ${show(event.data)}`;
    case "opened":
      return `#${event.linkId} opened ${event.url}`;
    case "closed":
      return `#${event.linkId} closed with ${event.code} ${event.url}${event.error === undefined ? "" : `: ${event.error}`}`;
    case "request":
      return `#${event.exchangeId} → ${event.method} ${event.url}`;
    case "answer":
      return `#${event.exchangeId} ← ${event.status ?? "no answer"} ${show(event.body ?? NOTHING)}`;
    default:
      return event satisfies never;
  }
}

const NOTHING = new Uint8Array();
const decoder = new TextDecoder();

function show(data: Uint8Array): string {
  const more = data.length > SHOWN_BYTES ? "…" : "";
  return `${data.length} B ${decoder.decode(data.subarray(0, SHOWN_BYTES))}${more}`;
}
