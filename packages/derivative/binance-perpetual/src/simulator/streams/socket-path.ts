/** Which of the venue's WebSocket entrances a client came in by. */
export type Route = "public" | "market" | "private" | "legacy";

/** What the path of an upgrade request says. */
export interface SocketPath {
  readonly route: Route;
  /** Whether events come wrapped in `{"stream","data"}`: `/stream` does, `/ws` does not. */
  readonly combined: boolean;
  /** Streams that are subscribed from the start. */
  readonly streams: readonly string[];
  /** The only kinds of private events that are asked for; `undefined` for all. */
  readonly events: readonly string[] | undefined;
}

/**
 * Reads `/public/ws/<stream>/<stream>`, `/market/stream?streams=<stream>/<stream>`, `/private/ws/<listenKey>`,
 * `/private/ws?listenKey=<listenKey>&events=<event>/<event>` and the like;
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
  const parameters = new URLSearchParams(query);
  const names = match[2] === "ws" ? decodePath(match[3] ?? "") : (parameters.get("streams") ?? "");
  const streams = listOf(names);
  // Private events are followed under a listen key, which is a stream like others or a parameter of its own, then
  // with a choice of events: https://github.com/oliver-zehentleitner/unicorn-binance-websocket-api/pull/445
  const listenKey = route === "private" ? parameters.get("listenKey") : null;
  if (listenKey !== null && listenKey !== "") streams.push(listenKey);
  const events = listOf(parameters.get("events") ?? "");
  return {
    route,
    combined: match[2] === "stream",
    streams,
    events: route === "private" && events.length > 0 ? events : undefined,
  };
}

function listOf(names: string): string[] {
  return names.split("/").filter((name) => name !== "");
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
