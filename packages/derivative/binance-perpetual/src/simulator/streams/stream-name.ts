/** A stream that the simulator serves, as its name says. */
export type StreamSpec =
  | { readonly kind: "depth"; readonly intervalMs: number }
  | { readonly kind: "partialDepth"; readonly intervalMs: number; readonly levels: number }
  | { readonly kind: "bookTicker" }
  | { readonly kind: "trade" }
  | { readonly kind: "aggTrade" }
  | { readonly kind: "ticker" }
  | { readonly kind: "markPrice"; readonly intervalMs: number };

/** A stream's name taken apart. */
export interface StreamName {
  /** The symbol as the name has it; only a lower-case one is ever served. */
  readonly symbol: string;
  readonly spec: StreamSpec;
  /** The route on which the stream is served. */
  readonly route: "public" | "market";
}

/**
 * Update speeds of depth streams. The bare name has 250 ms; spelled out as `@250ms` the venue acknowledges
 * the stream and never serves it.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams/Diff-Book-Depth-Streams
 * @see https://github.com/dilettante-trading/polyoxide/blob/main/polyoxide-binance/src/usdm/ws/stream.rs
 */
const DEPTH_INTERVALS: ReadonlyMap<string | undefined, number> = new Map([
  [undefined, 250],
  ["100ms", 100],
  ["500ms", 500],
]);

/**
 * Takes a stream's name apart; `undefined` if it is none that the simulator serves.
 *
 * Depth, book ticker and single trades are served on the public route, the rest on the market route.
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams/Important-WebSocket-Change-Notice
 * `@trade` is not in the documents; its route and shape are as recorded from the venue in September 2026.
 */
export function parseStreamName(name: string): StreamName | undefined {
  const match = /^([^@!]+)@([^@]+)(?:@([^@]+))?$/.exec(name);
  if (match === null) return undefined;
  const [, symbol = "", topic = "", speed] = match;
  const depth = /^depth(5|10|20)?$/.exec(topic);
  if (depth !== null) {
    const intervalMs = DEPTH_INTERVALS.get(speed);
    if (intervalMs === undefined) return undefined;
    return {
      symbol,
      route: "public",
      spec:
        depth[1] === undefined
          ? { kind: "depth", intervalMs }
          : { kind: "partialDepth", intervalMs, levels: Number(depth[1]) },
    };
  }
  if (topic === "markPrice") {
    // https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams/Mark-Price-Stream
    if (speed !== undefined && speed !== "1s") return undefined;
    return { symbol, route: "market", spec: { kind: "markPrice", intervalMs: speed === "1s" ? 1000 : 3000 } };
  }
  if (speed !== undefined) return undefined;
  if (topic === "aggTrade" || topic === "ticker") return { symbol, route: "market", spec: { kind: topic } };
  if (topic === "bookTicker" || topic === "trade") return { symbol, route: "public", spec: { kind: topic } };
  return undefined;
}
