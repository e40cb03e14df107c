import type { Connector, RateLimitCost, RateLimitPool, RestRequest } from "@conn/core";
import { ConformanceFailure } from "./failure.js";
import { PATIENCE_MS } from "./probe.js";
import type { Stage } from "./stage.js";

/** A call that any program can make by a connector, and what it costs. */
export interface PublicCall {
  readonly cost: RateLimitCost;
  readonly request: RestRequest;
  make(connector: Connector): Promise<unknown>;
}

/** Calls without great answers, so that thousands of them can be made. */
export function publicCalls(stage: Stage): readonly PublicCall[] {
  const { networkCheck, lastTradedPrices } = stage.definition;
  const check: PublicCall = {
    cost: networkCheck.cost,
    request: networkCheck,
    make: (connector) => connector.checkNetwork(),
  };
  if (!stage.plugin.supports.lastTradedPrices) return [check];
  const all = lastTradedPrices(undefined);
  const prices: PublicCall = {
    cost: all.cost,
    request: all,
    make: (connector) => connector.fetchLastTradedPrices(),
  };
  return [check, prices];
}

/** The pool that `calls` cost most of, by the share of its limit that one of them takes. */
export function busiestPool(stage: Stage, call: PublicCall): RateLimitPool {
  const [pool] = stage.definition.rateLimits
    .filter(({ id }) => (call.cost[id] ?? 0) > 0)
    .sort((a, b) => (call.cost[b.id] ?? 0) / b.limit - (call.cost[a.id] ?? 0) / a.limit);
  if (pool === undefined) throw new ConformanceFailure("expected: a call that costs a rate limit pool");
  return pool;
}

/** Tells how many answers have refused a request for its number, from here on. */
export function countRefusals(stage: Stage, owner?: string): () => number {
  let refusals = 0;
  stage.world.onTraffic((event) => {
    if (event.type !== "answer" || event.status === undefined) return;
    if (owner !== undefined && event.owner !== owner) return;
    // Whatever the connector makes of them: these two are what they are.
    if (event.status === 429 || event.status === 418) refusals += 1;
  });
  return () => refusals;
}

/** Another program at the same address makes requests. */
export async function spendAsOther(stage: Stage, request: RestRequest, count: number): Promise<void> {
  const { world, venue } = stage;
  const http = await world.portsOf("another program").http.open({ maxBodyBytes: 64 * 1024 * 1024 });
  const { method, path, query } = request;
  const url = `${venue.urls.rest}${path}${query === undefined ? "" : `?${new URLSearchParams(query)}`}`;
  for (let done = 0; done < count; done += 20) {
    const batch = Array.from({ length: Math.min(20, count - done) }, () => http.request({ method, url }));
    await world.complete(Promise.all(batch), { withinMs: PATIENCE_MS });
  }
  await http.close();
}
