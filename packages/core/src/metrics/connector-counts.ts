import type { SocketDownReason, SocketState } from "../transport/index.js";

/** What happened to the stream connections of one route. */
export interface SocketCounts {
  open: number;
  dials: number;
  reconnects: number;
  /** Open connections that were lost, by the reason. */
  readonly losses: Map<SocketDownReason, number>;
}

interface Connection {
  state: SocketState;
  /** Whether it has been open before. */
  wasOpen: boolean;
}

/** What a connector counts that nothing else in it does. */
export class ConnectorCounts {
  /** Problem events by the code of their error. */
  readonly problems = new Map<string, number>();
  /** By route. */
  readonly sockets = new Map<string, SocketCounts>();
  /** REST calls that failed, by the code of their error. */
  readonly restFailures = new Map<string, number>();
  /** REST calls that have ended, well or not. */
  restCalls = 0;
  readonly #connections = new Map<string, Connection>();

  /** A problem was told. */
  problem(code: string): void {
    increment(this.problems, code);
  }

  /** A REST call has ended; `errorCode` if it failed. */
  restEnded(errorCode: string | undefined): void {
    this.restCalls += 1;
    if (errorCode !== undefined) increment(this.restFailures, errorCode);
  }

  /** A stream connection has changed its state. */
  connection(id: string, route: string, state: SocketState, reason: SocketDownReason | undefined): void {
    let counts = this.sockets.get(route);
    if (counts === undefined) {
      counts = { open: 0, dials: 0, reconnects: 0, losses: new Map() };
      this.sockets.set(route, counts);
    }
    const connection = this.#connections.get(id) ?? { state: "idle", wasOpen: false };
    const wasOpen = connection.state === "open";
    connection.state = state;
    if (wasOpen) counts.open -= 1;
    // A connection that is closing was not lost: it is no longer wanted.
    if (wasOpen && state === "waiting") increment(counts.losses, reason ?? "closed");
    if (state === "connecting") counts.dials += 1;
    if (state === "open") {
      counts.open += 1;
      if (connection.wasOpen) counts.reconnects += 1;
      connection.wasOpen = true;
    }
    // A stopped one does not come back: another connection has another id, or the connector is started anew.
    if (state === "idle") this.#connections.delete(id);
    else this.#connections.set(id, connection);
  }
}

function increment<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
