import type { ConnectorPlugin, ExchangeDefinition, RouteDefinition } from "@conn/core";
import type { LoweredLimits } from "../venue/venue-limits.js";

/**
 * The same connector, whose definition counts on smaller limits: so that a few pairs are as much for a small
 * venue as hundreds are for the real one.
 *
 * @param intervalMs Time within which so many frames may be sent.
 */
export function withSmallLimits(
  plugin: ConnectorPlugin,
  { topicsPerConnection, clientFrames }: LoweredLimits,
  intervalMs: number,
): ConnectorPlugin {
  const lower = (route: RouteDefinition): RouteDefinition => ({
    ...route,
    ...(topicsPerConnection !== undefined && { maxTopics: Math.min(route.maxTopics, topicsPerConnection) }),
    ...(clientFrames !== undefined && {
      limits: { ...route.limits, maxFrames: clientFrames, framesPerMs: intervalMs },
    }),
  });
  return {
    ...plugin,
    create(options): ExchangeDefinition {
      const definition = plugin.create(options);
      const { routes, subscriptions } = definition;
      return {
        ...definition,
        routes: Object.fromEntries(Object.entries(routes).map(([name, route]) => [name, lower(route)])),
        // As many frames as can be, where frames are what is counted.
        ...(clientFrames !== undefined && { subscriptions: { ...subscriptions, maxTopicsPerFrame: 1 } }),
      };
    },
  };
}
