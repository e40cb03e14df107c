import { FrameSink } from "@conn/core";
import type { Stage } from "./stage.js";

/** Frames of one book as they came over the wire to one connector. */
export interface DepthCapture {
  /** Texts of the frames, oldest first. */
  readonly frames: readonly string[];
  /** Ends the capture. */
  stop(): void;
}

const decoder = new TextDecoder();

/** Begins to keep every frame that changes a pair's book of a connector: a diff, or the whole where every frame is. */
export function captureDiffs(stage: Stage, tradingPair: string, owner = "connector"): DepthCapture {
  const kind = stage.record.snapshot === "everyFrame" ? "snapshot" : "diff";
  return captureDepth(stage, tradingPair, kind, owner);
}

/** The same of frames that carry a snapshot. */
export function captureSnapshots(stage: Stage, tradingPair: string, owner = "connector"): DepthCapture {
  return captureDepth(stage, tradingPair, "snapshot", owner);
}

function captureDepth(
  stage: Stage,
  tradingPair: string,
  kind: "diff" | "snapshot",
  owner: string,
): DepthCapture {
  const symbol = stage.symbolOf(tradingPair);
  const frames: string[] = [];
  const sink = new FrameSink();
  const memos = new Map<number, unknown>();
  const stop = stage.world.onTraffic((event) => {
    if (event.type !== "frame" || event.sender !== "server" || event.owner !== owner) return;
    if (event.kind !== "text" && event.kind !== "binary") return;
    const context = {
      route: routeOf(stage, event.url),
      receivedTimestamp: event.at,
      memo: memos.get(event.linkId),
    };
    sink.reset();
    try {
      stage.definition.orderBooks.parse(event.data, sink, context);
    } catch {
      return;
    }
    memos.set(event.linkId, context.memo);
    const isWanted = sink.messages.some(
      (message) => message.type === "depth" && message.kind === kind && message.exchangeSymbol === symbol,
    );
    if (isWanted) frames.push(decoder.decode(event.data));
  });
  return { frames, stop };
}

/** The answers at a path that are still to come, as they come over the wire. */
export function captureAnswers(
  stage: Stage,
  path: string,
): { readonly bodies: readonly string[]; stop(): void } {
  const bodies: string[] = [];
  const stop = stage.world.onTraffic((event) => {
    if (event.type !== "answer" || event.body === undefined || event.status !== 200) return;
    if (new URL(event.url).pathname === path) bodies.push(decoder.decode(event.body));
  });
  return { bodies, stop };
}

function routeOf(stage: Stage, url: string): string {
  for (const [route, { path }] of Object.entries(stage.definition.routes)) {
    if (url === `${stage.venue.urls[route]}${path}`) return route;
  }
  return "";
}
