import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Decimal } from "@conn/core";
import { createSeededRandom, type VenueEffects } from "@conn/simulator";
import { afterAll } from "vitest";
import type { VenueBook } from "../../src/index.js";
import { ExampleMachine } from "./example-machine.js";

const START_AT = 1_767_225_600_000;
const SYMBOLS = ["AAA", "BBB"];

interface Line {
  readonly n: number;
  readonly ts: number;
  readonly dir: "recv" | "http";
  readonly url: string;
  readonly raw: string;
}

/** Records twenty seconds of the example venue, with the truth about it; gone when the test file has run. */
export function writeExampleRecording(): URL {
  const folder = mkdtempSync(join(tmpdir(), "conn-recording-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const machine = new ExampleMachine(START_AT, createSeededRandom(5, "recording"));
  const depth: Line[] = [];
  const instruments: Line[] = [];
  let now = START_AT;
  let url = "";
  let n = 0;
  const line = (dir: Line["dir"], raw: string): Line => ({ n: n++, ts: now / 1_000, dir, url, raw });
  const effects: VenueEffects = {
    respond(_id, { body = "" }) {
      (url.endsWith("/instruments") ? instruments : depth).push(line("http", String(body)));
    },
    send(_id, text, { kind }) {
      url = "wss://example.invalid/";
      if (kind === "depth") depth.push(line("recv", text));
    },
    ping() {},
    pong() {},
    close() {},
    terminate() {},
  };
  const ask = (path: string): void => {
    url = `https://example.invalid${path}`;
    const request = { method: "GET", path, headers: {}, body: new Uint8Array(), remoteAddress: "" };
    machine.request(1, request, now, effects);
  };
  machine.opened(1, now);
  ask("/instruments");
  const streams = SYMBOLS.map((symbol) => `book:${symbol}`);
  machine.frame(1, JSON.stringify({ op: "subscribe", id: 1, streams }), now, effects);
  for (let tick = 1; tick <= 200; tick += 1) {
    now += 100;
    machine.wake(now, effects);
    if (tick === 5) for (const symbol of SYMBOLS) ask(`/book?symbol=${symbol}`);
  }

  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  const jsonLines = (lines: readonly Line[]): string =>
    lines.map((one) => `${JSON.stringify(one)}\n`).join("");
  write("depth.jsonl", jsonLines(depth));
  write("instruments.jsonl", jsonLines(instruments));
  const books = SYMBOLS.map((symbol) => {
    const book = machine.market(symbol).book();
    return { symbol, bookSha256: hashOf(book), lastSeq: book.lastUpdateId, gapCount: 0 };
  });
  write("depth.expected.json", JSON.stringify({ books }));
  const diffs = depth.filter(({ dir, raw }) => dir === "recv" && raw.includes('"AAA"'));
  const [lost, next] = diffs.slice(50);
  const cases = [
    { symbol: "AAA", dropFrameN: lost?.n, firstDetectedAtN: next?.n },
    // Nothing comes after the last one that could show its loss.
    { symbol: "AAA", dropFrameN: diffs.at(-1)?.n, firstDetectedAtN: null },
  ];
  write("depth.faults.json", JSON.stringify({ cases }));
  return pathToFileURL(`${folder}/`);
}

function hashOf({ bids, asks }: VenueBook): string {
  const plain = (text: string): string => new Decimal(text).toFixed();
  const rows = (letter: string, levels: VenueBook["bids"]): string[] =>
    levels.map(([price, amount]) => `${letter}|${plain(price)}|${plain(amount)}`);
  return createHash("sha256")
    .update([...rows("b", bids), ...rows("a", asks)].join("\n"))
    .digest("hex");
}
