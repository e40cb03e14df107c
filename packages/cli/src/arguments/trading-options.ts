import type { ConnectorOptions, Credentials } from "@conn/core";
import type { CommandIo } from "../process/command-io.js";
import { CONNECTOR_ARGUMENTS, readConnectorOptions } from "./connector-options.js";
import { quote } from "./read-arguments.js";
import { UsageError } from "./usage-error.js";

/** Options of commands that may act for an account, as `readArguments` takes them. */
export const TRADING_ARGUMENTS = {
  ...CONNECTOR_ARGUMENTS,
  credentials: { type: "string" },
  account: { type: "string" },
  sim: { type: "string" },
} as const;

/** What `--help` says of them. */
export const TRADING_HELP = `  --environment live|testnet|sim   which venue; there is no default where keys are given
  --sim FILE       the simulated venue of conn sim --file FILE, with the key in it
  --credentials FILE   keys, instead of those in the environment variables
  --account NAME   name of the account, by which its journal is found; made of the key if not given
  --url NAME=URL   replace one of the venue's URLs: rest, and the connector's own names (repeatable)
  --proxy URL      HTTP proxy for everything that is sent`;

/** Where keys come from, for `--help`. */
export const KEYS_HELP = `Keys are never arguments, which others on this machine can see. They are read from environment variables, for
binance-perpetual, for instance:
  CONN_BINANCE_PERPETUAL_KEY                the key
  CONN_BINANCE_PERPETUAL_SECRET             its secret, or
  CONN_BINANCE_PERPETUAL_PRIVATE_KEY_FILE   the path of its private key (PEM)
  CONN_BINANCE_PERPETUAL_PASSPHRASE, _SUBACCOUNT   where the venue has such
or from a file of JSON: {"apiKey":…,"secret" or "privateKey":…}. Files with keys must be their owner's alone
(chmod 600).`;

type ConnectorValues = Parameters<typeof readConnectorOptions>[0];

interface TradingValues extends ConnectorValues {
  readonly credentials?: string | undefined;
  readonly account?: string | undefined;
  readonly sim?: string | undefined;
}

/**
 * The options of a connector that acts for an account; without credentials where none are given, or the connector starts a
 * simulated venue by itself, which issues them.
 *
 * @throws {UsageError} if they cannot be read, or their file can be read by others.
 */
export async function readTradingOptions(
  connector: string,
  values: TradingValues,
  io: Pick<CommandIo, "env" | "disk">,
): Promise<ConnectorOptions> {
  const { sim, account, environment } = values;
  if (sim !== undefined) {
    if (environment !== undefined && environment !== "sim")
      throw new UsageError("--sim is a simulated venue, and goes with no other --environment");
    if (values.url !== undefined || values.credentials !== undefined)
      throw new UsageError("--sim says where the venue is and with which key: no --url, no --credentials");
    const { connector: name, urls, credentials } = await readJsonFile(sim, io);
    if (name !== connector) throw new UsageError(`${quote(sim)} is the venue of ${quote(String(name))}`);
    if (!isTexts(urls) || !isTexts(credentials))
      throw new UsageError(`${quote(sim)} is no file of conn sim --file, or its venue issues no keys`);
    const options = readConnectorOptions({ ...values, environment: "sim" });
    return { ...options, urls, credentials: withAccount(credentials, account) };
  }
  const options = readConnectorOptions(values);
  // A venue that is started for the command issues its own, and has no use for those of another.
  if (environment === "sim" && values.url === undefined) return options;
  const given =
    values.credentials === undefined
      ? await readVariables(connector, io)
      : await readJsonFile(values.credentials, io);
  if (given === undefined) return options;
  if (!isTexts(given)) throw new UsageError("credentials are an object of texts: apiKey, secret, …");
  if (environment === undefined)
    throw new UsageError("keys are given, so say which venue: --environment live, testnet or sim");
  return { ...options, credentials: withAccount(given, account) };
}

/** The part of the names of a connector's environment variables that all have. */
export function variablePrefix(connector: string): string {
  return `CONN_${connector.toUpperCase().replaceAll("-", "_")}_`;
}

async function readVariables(
  connector: string,
  { env, disk }: Pick<CommandIo, "env" | "disk">,
): Promise<Record<string, string> | undefined> {
  const prefix = variablePrefix(connector);
  const read = (name: string): string | undefined => env[`${prefix}${name}`] || undefined;
  const [apiKey, secret, keyFile] = [read("KEY"), read("SECRET"), read("PRIVATE_KEY_FILE")];
  if (apiKey === undefined && secret === undefined && keyFile === undefined) return undefined;
  if (apiKey === undefined) throw new UsageError(`${prefix}KEY is missing`);
  if ((secret === undefined) === (keyFile === undefined))
    throw new UsageError(`${prefix}KEY needs one of ${prefix}SECRET and ${prefix}PRIVATE_KEY_FILE`);
  const [passphrase, subaccount] = [read("PASSPHRASE"), read("SUBACCOUNT")];
  return {
    apiKey,
    ...(secret !== undefined && { secret }),
    ...(keyFile !== undefined && { privateKey: await readSecretFile(keyFile, disk) }),
    ...(passphrase !== undefined && { passphrase }),
    ...(subaccount !== undefined && { subaccount }),
  };
}

async function readSecretFile(path: string, disk: CommandIo["disk"]): Promise<string> {
  const file = await disk.readSecretFile(path);
  if (file === undefined) throw new UsageError(`there is no file ${quote(path)}`);
  if (!file.isOwnersAlone)
    throw new UsageError(`others can read ${quote(path)}, and a key is in it: chmod 600 ${path}`);
  return Buffer.from(file.content).toString();
}

async function readJsonFile(
  path: string,
  { disk }: Pick<CommandIo, "disk">,
): Promise<Readonly<Record<string, unknown>>> {
  const text = await readSecretFile(path, disk);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's message quotes the text, which may be a secret.
    throw new UsageError(`${quote(path)} is not JSON`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new UsageError(`${quote(path)} is not an object of JSON`);
  // as: an object that is no array.
  return value as Readonly<Record<string, unknown>>;
}

function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  return (
    typeof value === "object" &&
    value !== null &&
    Object.values(value).every((member) => typeof member === "string")
  );
}

/** Whether they are what the venue takes, the connector checks. */
function withAccount(given: Readonly<Record<string, string>>, account: string | undefined): Credentials {
  const named = account === undefined ? given : { ...given, account };
  // as: core checks every member, and throws a ConfigurationError.
  return named as unknown as Credentials;
}
