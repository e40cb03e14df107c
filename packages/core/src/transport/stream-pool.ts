import { StreamConnection, type StreamPoolOptions, type StreamRoute } from "./stream-connection.js";
import { StreamLane, type StreamLaneOwner } from "./stream-lane.js";

/** Told what happens on the connections of the pool. */
export type StreamPoolOwner = StreamLaneOwner;

/** All stream connections of a connector: opens as many as the topics need, closes those that carry none. */
export class StreamPool {
  readonly #options: StreamPoolOptions;
  readonly #owner: StreamPoolOwner;
  readonly #lanes: StreamLane[] = [];
  /** Lanes that are closing because nothing is left on them. */
  readonly #closing = new Set<Promise<void>>();
  #count = 0;

  constructor(options: StreamPoolOptions, owner: StreamPoolOwner) {
    this.#options = options;
    this.#owner = owner;
  }

  /** Subscribes to topics of one route, on connections that have room for them. */
  add(route: string, topics: readonly string[]): void {
    const { maxTopics } = this.#options.routes[route] as StreamRoute;
    let left = topics.filter((topic) => this.connectionOf(route, topic) === undefined);
    while (left.length > 0) {
      const lane = this.#withRoom(route, maxTopics);
      const room = maxTopics - lane.topics.size;
      lane.add(left.slice(0, room));
      left = left.slice(room);
    }
  }

  /** Unsubscribes topics of one route. */
  remove(route: string, topics: readonly string[]): void {
    for (const lane of this.#lanes.filter((candidate) => candidate.route === route)) {
      lane.remove(topics.filter((topic) => lane.topics.has(topic)));
      const index = this.#lanes.indexOf(lane);
      // Gone already if somebody who was told of the removal has removed the rest.
      if (lane.topics.size > 0 || index < 0) continue;
      this.#lanes.splice(index, 1);
      const closed = lane.stop().finally(() => this.#closing.delete(closed));
      this.#closing.add(closed);
    }
  }

  /** The connection that carries `topic` at present, if any does. */
  connectionOf(route: string, topic: string): StreamConnection | undefined {
    return this.#lanes.find((lane) => lane.route === route && lane.topics.has(topic))?.current;
  }

  /** Closes everything; resolves when no connection is left. */
  async stop(): Promise<void> {
    const open = this.#lanes.splice(0).map((lane) => lane.stop());
    await Promise.all([...open, ...this.#closing]);
  }

  #withRoom(route: string, maxTopics: number): StreamLane {
    const found = this.#lanes.find((lane) => lane.route === route && lane.topics.size < maxTopics);
    if (found !== undefined) return found;
    const lane = new StreamLane(route, this.#options, this.#owner, (owner) => {
      this.#count += 1;
      return new StreamConnection(`${route}-${this.#count}`, route, this.#options, owner);
    });
    this.#lanes.push(lane);
    return lane;
  }
}
