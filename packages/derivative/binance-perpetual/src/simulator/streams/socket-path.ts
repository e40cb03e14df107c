/** Which of the venue's WebSocket entrances a client came in by. */
export type Route = "public" | "market" | "private" | "legacy";

/** What the path of an upgrade request says. */
export interface SocketPath {
  readonly route: Route;
  /** Whether events come wrapped in `{"stream","data"}`: `/stream` does, `/ws` does not. */
  readonly combined: boolean;
  /** Streams that are subscribed from the start. */
  readonly streams: readonly string[];
}

/**
 * Reads `/public/ws/<stream>/<stream>`, `/market/stream?streams=<stream>/<stream>` and the like;
 * `undefined` for a path that is no entrance.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams/Important-WebSocket-Change-Notice
 */
export function parseSocketPath(target: string): SocketPath | undefined {
  const [path = "", query = ""] = target.split("?", 2);
  const match = /^\/(?:(public|market|private)\/)?(ws|stream)(?:\/(.*))?$/.exec(path);
  if (match === null) return undefined;
  // The expression allows these words only.
  const route = (match[1] ?? "legacy") as Route;
  const names =
    match[2] === "ws" ? decodePath(match[3] ?? "") : (new URLSearchParams(query).get("streams") ?? "");
  return { route, combined: match[2] === "stream", streams: names.split("/").filter((name) => name !== "") };
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
