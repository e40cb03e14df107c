import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSqliteJournals } from "../../../src/index.js";
import type { JournalEntry, JournalStore } from "../../../src/ports/index.js";
import { describeJournalStore } from "./journal-contract.js";
import { type RunningProgram, startProgram } from "./run-program.js";

const binding = { venue: "some-venue", environment: "live", account: "main" };
const fileName = "some-venue.live.main.sqlite";

let home: string;
let directory: string;
let file: string;
let store: JournalStore;
const programs: RunningProgram[] = [];

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "conn-journal-"));
  directory = join(home, "below", "journals");
  file = join(directory, fileName);
  store = createSqliteJournals({ directory });
});
afterEach(async () => {
  for (const { child, ended } of programs.splice(0)) {
    child.kill("SIGKILL");
    await ended;
  }
  rmSync(home, { recursive: true });
});

function start(...parameters: Parameters<typeof startProgram>): RunningProgram {
  const program = startProgram(...parameters);
  programs.push(program);
  return program;
}

function manyEntries(count: number, value: string | undefined): JournalEntry[] {
  return Array.from({ length: count }, (_, index) => ({ collection: "orders", key: String(index), value }));
}

describe("SQLite journals", () => {
  describeJournalStore(() => store, { runs: 40 });
});

describe("SQLite journals that wait for the disk", () => {
  describeJournalStore(() => createSqliteJournals({ directory, durability: "power-loss" }), { runs: 5 });
});

describe("files of SQLite journals", () => {
  it("are their owner's alone", async () => {
    const modes = (): unknown =>
      readdirSync(directory).map((name) => [
        name,
        (statSync(join(directory, name)).mode & 0o777).toString(8),
      ]);
    const journal = await store.open(binding);
    journal.write(manyEntries(1, "x"));
    expect(modes()).toEqual([
      [fileName, "600"],
      [`${fileName}-wal`, "600"],
    ]);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(statSync(join(home, "below")).mode & 0o777).toBe(0o700);
    journal.close();
    expect(modes()).toEqual([[fileName, "600"]]);
  });

  it("leave the rights of a folder that was there", async () => {
    mkdirSync(directory, { recursive: true, mode: 0o750 });
    (await store.open(binding)).close();
    expect(statSync(directory).mode & 0o777).toBe(0o750);
  });

  it("have no name that leads elsewhere or that only its case tells apart", async () => {
    const named = { ...binding, account: "../A b/é." };
    (await store.open(named)).close();
    expect(store.locate?.(named)).toBe(join(directory, ...readdirSync(directory)));
    expect(readdirSync(directory)).toEqual(["some-venue.live.%2e%2e%2f%41%20b%2f%c3%a9%2e.sqlite"]);
  });

  it.each([
    { name: "in XDG_STATE_HOME", XDG_STATE_HOME: "state", place: "state/conn" },
    { name: "in the home where it is not set", XDG_STATE_HOME: undefined, place: ".local/state/conn" },
  ])("stand by default $name", async ({ XDG_STATE_HOME, place }) => {
    const env = { HOME: home, XDG_STATE_HOME: XDG_STATE_HOME && join(home, XDG_STATE_HOME) };
    const program = start(["open", ""], { env });
    await program.ended;
    expect(program.lines).toEqual(["created"]);
    expect(readdirSync(join(home, place))).toEqual([fileName]);
  });

  it("give space back when they are opened", async () => {
    let journal = await store.open(binding);
    journal.write(manyEntries(5_000, "x".repeat(500)));
    journal.close();
    const full = statSync(file).size;
    journal = await store.open(binding);
    journal.write(manyEntries(4_990, undefined));
    journal.close();
    journal = await store.open(binding);
    expect(statSync(file).size).toBeLessThan(full / 20);
    expect([...journal.entries("orders")]).toHaveLength(10);
    journal.close();
  });

  it("give space back, and do not grow, while they stay open", async () => {
    const journal = await store.open(binding);
    journal.write(manyEntries(5_000, "x".repeat(1_000)));
    journal.write(manyEntries(5_000, undefined));
    const full = statSync(file).size;
    expect(full).toBeGreaterThan(5_000_000);
    for (let index = 0; index < 10_000; index++) {
      journal.write([{ collection: "orders", key: String(index % 10), value: "x".repeat(index % 300) }]);
    }
    expect(statSync(file).size).toBeLessThan(full / 2);
    expect(statSync(`${file}-wal`).size).toBeLessThan(6_000_000);
    journal.close();
  });
});

describe("what is not ours", () => {
  it.each([
    { ...binding, venue: "other-venue" },
    { ...binding, environment: "testnet" },
    { ...binding, account: "sub" },
  ])("is refused if it belongs to another binding: %j", async (other) => {
    const journal = await store.open(other);
    journal.write(manyEntries(1, "theirs"));
    journal.close();
    const [name = ""] = readdirSync(directory);
    renameSync(join(directory, name), file);
    await expect(store.open(binding)).rejects.toMatchObject({ code: "JOURNAL_FOREIGN" });
    renameSync(file, join(directory, name));
    const again = await store.open(other);
    expect(again.get("orders", "0")).toBe("theirs");
    again.close();
  });

  it("is refused if it is another program's database, and left as it was", async () => {
    mkdirSync(directory, { recursive: true });
    const database = new DatabaseSync(file);
    database.exec("CREATE TABLE theirs (a); INSERT INTO theirs VALUES (1)");
    database.close();
    await expect(store.open(binding)).rejects.toMatchObject({ code: "JOURNAL_FOREIGN" });
    const again = new DatabaseSync(file);
    expect(again.prepare("PRAGMA journal_mode").get()).toEqual({ journal_mode: "delete" });
    expect(again.prepare("SELECT name FROM sqlite_schema").all()).toEqual([{ name: "theirs" }]);
    again.close();
  });

  it("is refused if a newer version wrote it", async () => {
    (await store.open(binding)).close();
    const database = new DatabaseSync(file);
    database.exec("PRAGMA user_version = 2");
    database.close();
    await expect(store.open(binding)).rejects.toMatchObject({ code: "JOURNAL_VERSION" });
  });

  it("is refused if it is no database", async () => {
    mkdirSync(directory, { recursive: true });
    writeFileSync(file, "no database at all, but some text that is long enough".repeat(100));
    await expect(store.open(binding)).rejects.toMatchObject({ code: "JOURNAL_CORRUPT" });
  });

  it.each(["binding", "entry"])("is refused if its table %s is gone", async (table) => {
    (await store.open(binding)).close();
    const database = new DatabaseSync(file);
    database.exec(`DROP TABLE ${table}`);
    database.close();
    await expect(store.open(binding)).rejects.toMatchObject({ code: "JOURNAL_CORRUPT" });
  });

  it("is refused if pages of it are damaged", async () => {
    const journal = await store.open(binding);
    journal.write(manyEntries(1_000, "x".repeat(100)));
    journal.close();
    const { size } = statSync(file);
    writeFileSync(file, Buffer.alloc(size - 20_000, 0xa5), { flag: "r+", flush: true });
    await expect(store.open(binding)).rejects.toMatchObject({ code: "JOURNAL_CORRUPT" });
  });

  it("is made anew from a file that is empty", async () => {
    mkdirSync(directory, { recursive: true });
    writeFileSync(file, "");
    const journal = await store.open(binding);
    expect(journal.created).toBe(true);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    journal.close();
  });
});

describe("a disk that does not serve", () => {
  it("is told when there is no folder to be had", async () => {
    writeFileSync(join(home, "below"), "a file");
    await expect(store.open(binding)).rejects.toMatchObject({
      code: "JOURNAL_UNAVAILABLE",
      venue: "some-venue",
      details: { path: file },
    });
  });

  it("is told when it may not be written", async () => {
    mkdirSync(directory, { recursive: true, mode: 0o500 });
    const program = start(["open without rights", directory]);
    await program.ended;
    expect(program.lines).toEqual(["JOURNAL_UNAVAILABLE"]);
    expect(readdirSync(directory)).toEqual([]);
  });

  it("is told when it is full, and what was confirmed is there", async () => {
    const program = start(["fill", directory], { maxFileBytes: 512 * 1024 });
    await program.ended;
    const [opened, first, second, state = ""] = program.lines;
    expect([opened, first, second]).toEqual(["created", "JOURNAL_UNAVAILABLE", "JOURNAL_UNAVAILABLE"]);
    const [confirmed, last, stored] = state.split(" ").map(Number);
    expect(confirmed).toBeGreaterThan(20);
    expect([last, stored]).toEqual([Number(confirmed) - 1, confirmed]);

    const journal = await store.open(binding);
    expect([...journal.entries("orders")]).toHaveLength(Number(confirmed));
    expect(journal.get("counter", "last")).toBe(String(last));
    journal.write(manyEntries(1, "there is room again"));
    journal.close();
  });
});

describe("the lock", () => {
  it("keeps other programs out, of a new journal and of one that was there", async () => {
    for (const created of [true, false]) {
      const journal = await store.open(binding);
      expect(journal.created).toBe(created);
      await expect(store.open(binding)).rejects.toMatchObject({ code: "JOURNAL_LOCKED" });
      const other = start(["open", directory]);
      await other.ended;
      expect(other.lines).toEqual(["JOURNAL_LOCKED"]);
      journal.write(manyEntries(1, "x"));
      journal.close();
    }
    const other = start(["open", directory]);
    await other.ended;
    expect(other.lines).toEqual(["opened"]);
    expect(other.errors()).toBe("");
  });

  it("is had by one of some programs that make a journal at once, and is free when that is killed", async () => {
    const rivals = [1, 2, 3].map(() => start(["hold", directory]));
    await Promise.all(rivals.map((program) => program.said(1)));
    expect(rivals.flatMap(({ lines }) => lines).sort()).toEqual([
      "JOURNAL_LOCKED",
      "JOURNAL_LOCKED",
      "created",
    ]);
    await expect(store.open(binding)).rejects.toMatchObject({ code: "JOURNAL_LOCKED" });
    const winner = rivals.find(({ lines }) => lines[0] === "created");
    winner?.child.kill("SIGKILL");
    await winner?.ended;
    const journal = await store.open(binding);
    expect(journal.created).toBe(false);
    journal.close();
  });
});

describe("a program that is killed", () => {
  it.each([
    { durability: "process", rounds: 10 },
    { durability: "power-loss", rounds: 3 },
  ])(
    "loses nothing that was confirmed, $rounds times (durability: $durability)",
    async ({ durability, rounds }) => {
      for (let round = 0; round < rounds; round++) {
        const program = start(["write", directory, durability]);
        await program.said(2 + Math.floor(Math.random() * 300));
        program.child.kill("SIGKILL");
        await program.ended;
        const [opened, ...confirmed] = program.lines;
        expect([opened, program.errors()]).toEqual([round === 0 ? "created" : "opened", ""]);

        const journal = await store.open(binding);
        const orders = [...journal.entries("orders")];
        const lastConfirmed = Number(confirmed.at(-1));
        expect(orders.length - (lastConfirmed + 1)).toBeOneOf([0, 1]);
        expect(orders).toEqual(orders.map((_, index) => [String(index), `order ${index}`]));
        expect([...journal.entries("fills")]).toEqual(
          orders.map((_, index) => [String(index), `fill of ${index}`]),
        );
        expect(journal.get("counter", "last")).toBe(String(orders.length - 1));
        journal.close();
      }
    },
    30_000,
  );
});

it("refuses a durability that it does not know", () => {
  // as: what a program without types can pass.
  expect(() => createSqliteJournals({ durability: "full" as "process" })).toThrow(TypeError);
});
