import { join } from "node:path";
import { RecordingError, readFileOf } from "@conn/simulator";
import type { Disk } from "../process/disk.js";

/** The file of a recording that says what its books must come to. */
export const EXPECTED_BOOKS = "depth.expected.json";

/** A moment of a recording at which the truth about a book is known. */
export interface Checkpoint {
  readonly exchangeSymbol: string;
  /** The `n` of the line after which it is. */
  readonly afterN: number;
}

/**
 * The checkpoints that the `depth.expected.json` of a recording names, in the order of their lines.
 *
 * @throws {RecordingError} if there is no such file, or it is something else.
 */
export async function readCheckpoints(disk: Pick<Disk, "readFile">, folder: string): Promise<Checkpoint[]> {
  const path = join(folder, EXPECTED_BOOKS);
  const bytes = await readFileOf(disk, path);
  if (bytes === undefined) {
    throw new RecordingError("RECORDING_NOT_FOUND", `there is no ${path}, which would name the checkpoints`, {
      details: { path },
    });
  }
  const checkpoints: Checkpoint[] = [];
  try {
    for (const book of listOf(JSON.parse(new TextDecoder().decode(bytes)), "books")) {
      const exchangeSymbol = fieldOf(book, "symbol");
      if (typeof exchangeSymbol !== "string") throw new TypeError("a book without symbol");
      for (const checkpoint of listOf(book, "checkpoints")) {
        const afterN = fieldOf(checkpoint, "afterN");
        if (typeof afterN !== "number") throw new TypeError("a checkpoint without afterN");
        checkpoints.push({ exchangeSymbol, afterN });
      }
    }
  } catch (cause) {
    throw new RecordingError("MALFORMED_RECORDING", `${path} does not list books and their checkpoints`, {
      cause,
      details: { path },
    });
  }
  return checkpoints.sort((a, b) => a.afterN - b.afterN);
}

function fieldOf(value: unknown, name: string): unknown {
  // as: an object has fields, and each is looked at.
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function listOf(value: unknown, name: string): readonly unknown[] {
  const list = fieldOf(value, name);
  if (!Array.isArray(list)) throw new TypeError(`no list of ${name}`);
  return list;
}
