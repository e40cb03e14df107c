// A program of its own that uses a journal: `journal-program.ts <what> <directory> [durability]`. It says what it
// did on stdout, line by line.
import { readSync, writeSync } from "node:fs";
import { registerHooks } from "node:module";

// The sources import each other as they will be called once compiled.
registerHooks({
  resolve: (specifier, context, next) =>
    next(specifier.startsWith(".") ? specifier.replace(/\.js$/, ".ts") : specifier, context),
});
const { createSqliteJournals } = await import("../../../src/ports/adapters/sqlite-journals.js");

const [, , what = "", directory = "", durability] = process.argv;
const store = createSqliteJournals({
  ...(directory !== "" && { directory }),
  durability: durability === "power-loss" ? "power-loss" : "process",
});
const binding = { venue: "some-venue", environment: "live", account: "main" };

function say(line: string): void {
  for (;;) {
    try {
      writeSync(1, `${line}\n`);
      return;
    } catch (error) {
      // The pipe is full: whoever reads it is slower than we are.
      if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) throw error;
    }
  }
}

function codeOf(run: () => unknown): string {
  try {
    run();
    return "fine";
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : String(error);
  }
}

/** Blocks until the one who started this program lets go of stdin, or kills it. */
function waitForEnd(): void {
  readSync(0, Buffer.alloc(1));
}

async function run(): Promise<void> {
  // Rights do not bind the superuser.
  if (what === "open without rights" && process.getuid?.() === 0) process.setuid?.(65534);
  const journal = await store.open(binding);
  say(journal.created ? "created" : "opened");
  if (what === "hold") waitForEnd();
  if (what === "write") {
    for (let number = [...journal.entries("orders")].length; ; number++) {
      const key = String(number);
      journal.write([
        { collection: "orders", key, value: `order ${key}` },
        { collection: "fills", key, value: `fill of ${key}` },
        { collection: "counter", key: "last", value: key },
      ]);
      say(key);
    }
  }
  if (what === "fill") {
    const fill = (number: number): void =>
      journal.write([
        { collection: "counter", key: "last", value: String(number) },
        { collection: "orders", key: String(number), value: "x".repeat(2_000) },
      ]);
    let confirmed = 0;
    let code = "fine";
    while (code === "fine") {
      code = codeOf(() => fill(confirmed));
      if (code === "fine") confirmed += 1;
    }
    say(code);
    say(codeOf(() => fill(confirmed)));
    say(`${confirmed} ${journal.get("counter", "last")} ${[...journal.entries("orders")].length}`);
  }
}

run().catch((error: unknown) =>
  say(error instanceof Error && "code" in error ? String(error.code) : String(error)),
);
