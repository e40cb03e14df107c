import type { ConnectorOptions, Environment } from "@conn/core";
import { quote, readInteger, readPairs } from "./read-arguments.js";
import { UsageError } from "./usage-error.js";

const ENVIRONMENTS: readonly Environment[] = ["live", "testnet", "sim"];

/** Options of commands that run a connector, as `readArguments` takes them. */
export const CONNECTOR_ARGUMENTS = {
  environment: { type: "string" },
  url: { type: "string", multiple: true },
  proxy: { type: "string" },
  seed: { type: "string" },
} as const;

/** What `--help` says of them. */
export const CONNECTOR_HELP = `  --environment live|testnet|sim   which venue; live if not given. sim runs a simulated one on this machine
  --url NAME=URL   replace one of the venue's URLs: rest, and the connector's own names (repeatable)
  --proxy URL      HTTP proxy for everything that is sent
  --seed S         market of the simulated venue; 1 if not given`;

/** Reads them. @throws {UsageError} */
export function readConnectorOptions(values: {
  readonly environment?: string | undefined;
  readonly url?: readonly string[] | undefined;
  readonly proxy?: string | undefined;
  readonly seed?: string | undefined;
}): ConnectorOptions {
  const environment = ENVIRONMENTS.find((known) => known === (values.environment ?? "live"));
  if (environment === undefined) {
    throw new UsageError(
      `--environment must be ${ENVIRONMENTS.join(", ")}, not ${quote(values.environment ?? "")}`,
    );
  }
  return {
    environment,
    ...(values.url !== undefined && { urls: readPairs("url", values.url) }),
    ...(values.proxy !== undefined && { proxy: values.proxy }),
    ...(values.seed !== undefined && {
      seed: readInteger("seed", values.seed, 0, Number.MAX_SAFE_INTEGER),
    }),
  };
}
