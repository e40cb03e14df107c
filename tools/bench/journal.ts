// What a confirmed write to the journal costs, beside plain appends to a file.
//
//   node tools/launch.mjs build && node tools/bench/journal.ts [folder]
//
// Each row is of so many writes, one after another, in µs a write: the median, the 99th percentile and the
// longest. The folder, by default that for temporary files, is to be on the disk that is meant: some keep
// /tmp in memory. A row of a journal is an order as JSON of 300 bytes under a key that is new; three rows
// are an order that is known, a fill that is new and a counter.
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createSqliteJournals } from "@conn/core";

const WRITES = 10_000;
/** Where each write waits for the disk. */
const SYNCED_WRITES = 500;
const VALUE = "x".repeat(300);

const folder = mkdtempSync(join(resolve(process.argv[2] ?? tmpdir()), "conn-bench-"));
const table: Record<string, Record<string, number>> = {};

function measure(name: string, writes: number, write: (index: number) => void): void {
  const times: number[] = [];
  for (let index = 0; index < writes; index++) {
    const start = performance.now();
    write(index);
    times.push((performance.now() - start) * 1_000);
  }
  times.sort((a, b) => a - b);
  const at = (part: number): number => Math.round((times[Math.floor(part * (writes - 1))] ?? 0) * 10) / 10;
  table[name] = { median: at(0.5), "99 %": at(0.99), longest: at(1), writes };
}

for (const durability of ["process", "power-loss"] as const) {
  const writes = durability === "process" ? WRITES : SYNCED_WRITES;
  const journals = createSqliteJournals({ directory: folder, durability });
  const journal = await journals.open({ venue: "bench", environment: "sim", account: durability });
  measure(`journal, ${durability}, one row`, writes, (index) =>
    journal.write([{ collection: "orders", key: `order-${index}`, value: VALUE }]),
  );
  measure(`journal, ${durability}, three rows`, writes, (index) =>
    journal.write([
      { collection: "orders", key: `order-${index}`, value: VALUE },
      { collection: "fills", key: `fill-${index}`, value: VALUE },
      { collection: "counters", key: "client ids", value: String(index) },
    ]),
  );
  journal.close();
}

const file = openSync(join(folder, "plain"), "a");
measure("append", WRITES, () => writeSync(file, `${VALUE}\n`));
measure("append and fdatasync", SYNCED_WRITES, () => {
  writeSync(file, `${VALUE}\n`);
  fdatasyncSync(file);
});
closeSync(file);
rmSync(folder, { recursive: true });

console.log(`Node ${process.version}; µs a write.`);
console.table(table);
