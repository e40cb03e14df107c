import type { ConnectionEvent } from "@conn/core";

interface Watched {
  readonly route: string;
  state: string;
  /** Number in the connector: younger ones have higher numbers. */
  readonly number: number;
  wasOpen: boolean;
}

/** The connections of one connector as it tells them. */
export class ConnectionWatch {
  readonly #connections = new Map<string, Watched>();

  get isAnyOpen(): boolean {
    for (const { state } of this.#connections.values()) if (state === "open") return true;
    return false;
  }

  /** Takes an event; returns the state before it, and what was wrong about the change. */
  note({ connectionId, route, state, reason }: ConnectionEvent): {
    readonly previous: string;
    readonly wrong: string | undefined;
  } {
    const number = Number(connectionId.slice(connectionId.lastIndexOf("-") + 1));
    const watched = this.#connections.get(connectionId) ?? { route, state: "idle", number, wasOpen: false };
    const previous = watched.state;
    watched.state = state;
    if (state === "open") watched.wasOpen = true;
    if (state === "idle") this.#connections.delete(connectionId);
    else this.#connections.set(connectionId, watched);
    const isEarly = state === "closing" && reason === "renewed" && previous === "open";
    const wrong =
      isEarly && !this.#hasYounger(watched)
        ? `${connectionId} was closed for its age, and nothing had taken its place`
        : undefined;
    return { previous, wrong };
  }

  #hasYounger({ route, number }: Watched): boolean {
    for (const other of this.#connections.values()) {
      if (other.route === route && other.number > number && other.wasOpen) return true;
    }
    return false;
  }
}
