import {
  CORE_VERSION,
  ConfigurationError,
  type ConnectorPlugin,
  coreRangeAllows,
  createHost,
  isPlugin,
  PluginError,
} from "@conn/core";
import type { ConformanceCase } from "../../run/conformance-case.js";
import { errorOf, must, mustBeError, mustEqual } from "../../run/failure.js";

/**
 * Given the plugin, a copy that wants another core, and a thing that is no plugin.
 * Do create a connector of each, and one of the plugin with an option that it does not have.
 * Expect the plugin to be taken and nothing to be opened by that; each other to be refused with its code.
 */
export const refusal: ConformanceCase = {
  id: "G02",
  title: "the plugin fits this core; another core, no plugin, an unknown option are refused",
  async run(stage) {
    const { plugin, world } = stage;
    must(isPlugin(plugin), "a plugin that definePlugin made");
    must(coreRangeAllows(plugin.core, CORE_VERSION), `a range of core that allows ${CORE_VERSION}`);
    const host = createHost(world.portsOf("host"));
    const options = { environment: "sim", urls: stage.venue.urls } as const;
    const { requestCount, dialCount } = stage.venue.log;
    const connector = stage.connect().connector;
    mustEqual([connector.name, connector.kind], [plugin.name, plugin.kind], "name and kind of the connector");
    mustEqual(connector.supports, plugin.supports, "what the connector supports");
    await world.advance(60_000);
    mustEqual(
      [stage.venue.log.requestCount, stage.venue.log.dialCount],
      [requestCount, dialCount],
      "requests and dials before start",
    );

    const [major = "1"] = CORE_VERSION.split(".");
    const foreign: ConnectorPlugin = { ...plugin, core: `^${Number(major) + 1}.0.0` };
    mustBeError(
      await errorOf(() => host.create(foreign, options), "a plugin for another core"),
      PluginError,
      "PLUGIN_CORE_RANGE",
    );
    // as: what a program without types could give.
    const nothing = { name: plugin.name, create: plugin.create } as unknown as ConnectorPlugin;
    mustBeError(
      await errorOf(() => host.create(nothing, options), "a thing that is no plugin"),
      PluginError,
      "PLUGIN_INVALID",
    );
    const unknown = { ...options, connTestOption: 1 };
    mustBeError(
      await errorOf(() => host.create(plugin, unknown), "an unknown option"),
      ConfigurationError,
      "INVALID_OPTIONS",
    );
  },
};
