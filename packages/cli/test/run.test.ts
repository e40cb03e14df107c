import { readFileSync } from "node:fs";
import { beforeEach, expect, test } from "vitest";
import { run } from "../src/run.js";
import { CLI_VERSION } from "../src/version.js";
import { FakeIo } from "./support/fake-io.js";

let io: FakeIo;

beforeEach(() => {
  io = new FakeIo();
});

test("the version is that of the package", async () => {
  const manifest: { version: string } = JSON.parse(
    readFileSync(new URL("../package.json", import.meta.url), "utf8"),
  );
  expect(await run(["--version"], io)).toBe(0);
  expect(io.stdout.lines).toEqual([manifest.version]);
  expect(CLI_VERSION).toBe(manifest.version);
});

test.each([["--help"], ["-h"], ["help"]])("%s explains the program", async (argument) => {
  expect(await run([argument], io)).toBe(0);
  for (const word of ["watch", "list", "sim", "Exit codes", "130"]) expect(io.stdout.text).toContain(word);
});

test.each(["watch", "list", "sim"])("conn %s --help explains the command with examples", async (command) => {
  expect(await run([command, "--help"], io)).toBe(0);
  expect(io.stdout.text).toContain(`conn ${command}`);
  expect(io.stdout.text).toContain("Examples");
  const { text } = io.stdout;
  io = new FakeIo();
  await run(["help", command], io);
  expect(io.stdout.text).toBe(text);
});

test("without a command the program explains itself, and fails", async () => {
  expect(await run([], io)).toBe(2);
  expect(io.stderr.text).toContain("Usage");
  expect(io.stdout.text).toBe("");
});

test("an unknown command is refused, whatever it does to the terminal", async () => {
  expect(await run(["\u001b[2Jwatsch"], io)).toBe(2);
  expect(io.stderr.text).not.toContain("\u001b");
});
