import { basename, dirname } from "node:path";
import { createDefinition } from "@conn/core";
import {
  createConnectorSource,
  type RecordedLine,
  type ReplaySource,
  readInstruments,
  readRecording,
} from "@conn/simulator";
import { quote } from "../arguments/read-arguments.js";
import { suggest } from "../arguments/suggest.js";
import { UsageError } from "../arguments/usage-error.js";
import type { CommandIo } from "../process/command-io.js";
import type { Decoder, Decoders } from "./decoder.js";
import { readManifest } from "./manifest.js";

/** Streams that a connector's own data source reads, beside `depth`. */
const CONNECTOR_STREAMS = ["control", "instruments", "trades"];

/** How the person says by what a recording is to be read; what is left open, the recording says itself. */
export interface SourceChoice {
  /** A module that exports decoders. */
  readonly decoders: string | undefined;
  /** Names a decoder. */
  readonly venue: string | undefined;
  /** Names an installed connector. */
  readonly connector: string | undefined;
}

/** A recording and what reads it. */
export interface ChosenRecording {
  /** Name of the decoder or connector. */
  readonly venue: string;
  readonly source: ReplaySource;
  readonly lines: readonly RecordedLine[];
}

type Io = Pick<CommandIo, "disk" | "registry">;

/**
 * Reads a recording and finds what reads its frames: what the person names; else the connector that made the
 * recording; else a decoder that is called like the folder or the one above it, or whose hosts the URLs lead to.
 *
 * @throws {UsageError} if nothing does, or too much is named.
 * @throws {RecordingError} if the recording cannot be read.
 * @throws {PluginError} if the connector cannot be loaded.
 */
export async function chooseSource(folder: string, choice: SourceChoice, io: Io): Promise<ChosenRecording> {
  if (choice.venue !== undefined && choice.connector !== undefined)
    throw new UsageError(
      "--venue names a decoder and --connector a connector: only one can read the recording",
    );
  const decoders = choice.decoders === undefined ? undefined : await loadDecoders(choice.decoders, io);
  if (choice.venue !== undefined) {
    if (decoders === undefined) throw new UsageError("--venue needs --decoders, the module that has it");
    return byDecoder(folder, choice.venue, decoderOf(choice.venue, decoders), io);
  }
  const manifest = await readManifest(io.disk, folder);
  const connector = choice.connector ?? manifest?.connector;
  if (connector !== undefined) return byConnector(folder, connector, manifest?.tradingPairs, io);
  if (decoders === undefined) {
    // The better complaint, where there is nothing to read at all.
    await readRecording(io.disk, folder, []);
    throw new UsageError(
      `what reads the recording in ${quote(folder)}? Name a connector with --connector, or decoders with --decoders`,
    );
  }
  const venue =
    venueOfFolder(folder, decoders, io) ?? venueOfLines(await readRecording(io.disk, folder, []), decoders);
  if (venue === undefined) throw unknownVenue(folder, decoders);
  return byDecoder(folder, venue, decoderOf(venue, decoders), io);
}

async function byDecoder(folder: string, venue: string, decoder: Decoder, io: Io): Promise<ChosenRecording> {
  const lines = await readRecording(io.disk, folder, decoder.alsoReads ?? []);
  return { venue, source: decoder, lines };
}

async function byConnector(
  folder: string,
  name: string,
  tradingPairs: readonly string[] | undefined,
  io: Io,
): Promise<ChosenRecording> {
  const definition = createDefinition(await io.registry.load(name));
  const lines = await readRecording(io.disk, folder, CONNECTOR_STREAMS);
  const instruments = readInstruments(definition, lines);
  if (instruments.length === 0 && definition.orderBooks.sequence.snapshot === "rest") {
    throw new UsageError(
      `the recording in ${quote(folder)} has no list of instruments, so ${name} cannot tell whose snapshots its answers are`,
    );
  }
  return { venue: name, source: createConnectorSource(definition, instruments, tradingPairs), lines };
}

function decoderOf(venue: string, decoders: Decoders): Decoder {
  const decoder = Object.hasOwn(decoders, venue) ? decoders[venue] : undefined;
  if (decoder === undefined) throw noDecoder(venue, decoders);
  return decoder;
}

async function loadDecoders(path: string, io: Io): Promise<Decoders> {
  let exported: Readonly<Record<string, unknown>>;
  try {
    exported = await io.disk.importModule(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`--decoders ${quote(path)} cannot be loaded: ${reason}`, { cause });
  }
  const { decoders } = exported;
  if (!isDecoders(decoders))
    throw new UsageError(
      `--decoders ${quote(path)} does not export decoders: an object with one for each venue`,
    );
  return decoders;
}

function isDecoders(value: unknown): value is Decoders {
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).every(
    (decoder: Partial<Decoder> | null) =>
      typeof decoder === "object" && typeof decoder?.parse === "function" && decoder.sequence !== undefined,
  );
}

/** The venue whose name the folder or the one above it has: recordings lie in `<venue>/<date>`. */
function venueOfFolder(folder: string, decoders: Decoders, io: Io): string | undefined {
  const path = io.disk.absolutePath(folder);
  return [basename(dirname(path)), basename(path)].find((name) => Object.hasOwn(decoders, name));
}

/** The venue to which the first known URL of a recording leads; of several, the one that says most of its path. */
function venueOfLines(lines: readonly RecordedLine[], decoders: Decoders): string | undefined {
  const hosts = Object.entries(decoders)
    .flatMap(([venue, decoder]) => (decoder.hosts ?? []).map((host) => ({ venue, host })))
    .sort((a, b) => b.host.length - a.host.length);
  const seen = new Set<string>();
  for (const { url } of lines) {
    if (seen.has(url) || !URL.canParse(url)) continue;
    seen.add(url);
    const { hostname, pathname } = new URL(url);
    const found = hosts.find(({ host }) => `${hostname}${pathname}/`.startsWith(`${host}/`));
    if (found !== undefined) return found.venue;
  }
  return undefined;
}

function noDecoder(venue: string, decoders: Decoders): UsageError {
  const meant = suggest(venue, Object.keys(decoders));
  return new UsageError(
    meant.length > 0
      ? `there is no decoder for ${quote(venue)}; did you mean ${meant.join(" or ")}?`
      : `there is no decoder for ${quote(venue)}, only for: ${Object.keys(decoders).join(", ")}`,
  );
}

function unknownVenue(folder: string, decoders: Decoders): UsageError {
  return new UsageError(
    `of which venue is the recording in ${quote(folder)}? Name it with --venue: ${Object.keys(decoders).join(", ")}`,
  );
}
