import type { VenueMachine } from "../../src/index.js";

/** A venue that answers each request with its path, each frame with itself, and each wake with a `tick` frame. */
export interface EchoMachine extends VenueMachine {
  /** What came in, in short. */
  readonly inputs: string[];
  /** Sets when it wants to be woken next, as if by its owner. */
  wakeAt(at: number | undefined): void;
}

export function createEchoMachine(): EchoMachine {
  const inputs: string[] = [];
  const open = new Set<number>();
  let next: number | undefined;
  let onChange: () => void = () => {};
  return {
    inputs,
    wakeAt(at) {
      next = at;
      onChange();
    },
    request(requestId, request, _at, effects) {
      inputs.push(`request ${request.path}`);
      effects.respond(requestId, { status: 200, headers: { "x-venue": "echo" }, body: request.path });
    },
    upgrade: (_connectionId, request) => (request.path === "/nowhere" ? { status: 404 } : "accept"),
    opened(connectionId) {
      open.add(connectionId);
      inputs.push(`opened ${connectionId}`);
    },
    frame(connectionId, data, _at, effects) {
      const text = typeof data === "string" ? data : `<${data.length} bytes>`;
      inputs.push(`frame ${text}`);
      if (text === "close me") {
        open.delete(connectionId);
        effects.close(connectionId, 1008, "as you wish");
        return;
      }
      const [kind = "", symbol = ""] = text.split(" ");
      effects.send(connectionId, text, { kind, symbol, stream: `${symbol}@${kind}` });
    },
    ping: (connectionId, payload, _at, effects) => effects.pong(connectionId, payload),
    pong: () => inputs.push("pong"),
    closed(connectionId) {
      if (open.delete(connectionId)) inputs.push(`closed ${connectionId}`);
    },
    wake(at, effects) {
      if (next === undefined || at < next) return;
      next = undefined;
      for (const connectionId of open) {
        effects.send(connectionId, `tick ${at}`, { kind: "tick" });
        effects.ping(connectionId, String(at));
      }
    },
    nextWakeAt: () => next,
    watch(callback) {
      onChange = callback;
    },
    describeRequest: ({ path }) => ({
      route: "rest",
      kind: path.split("?")[0]!,
      symbol: path.split("?")[1] ?? "",
    }),
    routeOf: ({ path }) => path.slice(1),
    describeFrame(data) {
      const [kind = "", symbol = ""] = String(data).split(" ");
      return { kind, symbols: [symbol], streams: [`${symbol}@${kind}`] };
    },
    refuseFrame: (data, { code, message }) => `refused ${data}: ${code} ${message}`,
    rateLimitAnswer: ({ banned, retryAfterMs }) => ({
      status: banned ? 418 : 429,
      headers: { "retry-after": String(Math.ceil(retryAfterMs / 1000)) },
    }),
    weightUsed: () => 7,
  };
}
