import type { Connector } from "@conn/core";
import { ConfigurationError, type MarketDataChannel, NotSupportedError } from "@conn/core";
import { errorOf, mustBeError, mustEqual } from "./failure.js";
import type { Stage } from "./stage.js";

/** Expects that calls which are not supported are refused and nothing is sent, and so is their channel. */
export async function expectNotSupported(
  stage: Stage,
  calls: readonly ((connector: Connector) => Promise<unknown>)[],
  channel?: MarketDataChannel,
): Promise<void> {
  const probe = stage.connect();
  await probe.start();
  const { requestCount } = stage.venue.log;
  for (const call of calls) {
    const refused = errorOf(() => call(probe.connector), "a call that is not supported");
    mustBeError(await refused, NotSupportedError, "NOT_SUPPORTED");
  }
  mustEqual(stage.venue.log.requestCount, requestCount, "requests of calls that are not supported");
  if (channel === undefined) return;
  const refused = errorOf(() => stage.connect({ channels: [channel] }), `channel ${channel}`);
  mustBeError(await refused, ConfigurationError, "INVALID_OPTIONS");
}
