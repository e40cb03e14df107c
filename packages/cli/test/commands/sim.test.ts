import { NetworkError, type SimulatorModule } from "@conn/core";
import { beforeEach, expect, test, vi } from "vitest";
import { run } from "../../src/run.js";
import { FakeIo } from "../support/fake-io.js";

let io: FakeIo;
let started: Parameters<SimulatorModule["startSimulator"]>[0][];
let closed: number;

beforeEach(() => {
  io = new FakeIo();
  started = [];
  closed = 0;
  io.simulatorModule = {
    startSimulator: async (options) => {
      started.push(options);
      return {
        urls: { rest: "http://127.0.0.1:9001", public: "ws://127.0.0.1:9001/public" },
        close: async () => {
          closed += 1;
        },
      };
    },
  };
});

test("one line says where the venue listens; it runs until it is told to end, and closes", async () => {
  const ended = run(["sim", "fake-venue", "--port", "9001", "--seed", "7"], io);
  await vi.waitFor(() => expect(io.stdout.lines).toHaveLength(1));
  expect(JSON.parse(io.stdout.text)).toEqual({
    type: "sim",
    connector: "fake-venue",
    urls: { rest: "http://127.0.0.1:9001", public: "ws://127.0.0.1:9001/public" },
    seed: 7,
  });
  expect(started).toMatchObject([{ port: 9_001, seed: 7 }]);
  expect(closed).toBe(0);
  io.interrupt();
  expect(await ended).toBe(0);
  expect(closed).toBe(1);
});

test("a free port and a seed are chosen where none is given, and the seed is told", async () => {
  const ended = run(["sim", "fake-venue", "--json"], io);
  await vi.waitFor(() => expect(io.stdout.lines).toHaveLength(1));
  expect(started).toMatchObject([{ port: 0, seed: 1 }]);
  expect(JSON.parse(io.stdout.text)).toMatchObject({ seed: 1 });
  io.interrupt();
  await ended;
});

test("a port that is taken is a failure", async () => {
  io.simulatorModule = {
    startSimulator: async () => {
      throw new NetworkError("NETWORK_REFUSED", "the port is taken");
    },
  };
  expect(await run(["sim", "fake-venue", "--port", "9001"], io)).toBe(1);
});

test.each([
  ["no connector", []],
  ["two connectors", ["fake-venue", "fake-venue"]],
  ["an unknown connector", ["nowhere"]],
  ["no port", ["fake-venue", "--port", "0"]],
  ["no seed", ["fake-venue", "--seed", "x"]],
])("%s is a fault of the command line", async (_name, args) => {
  expect(await run(["sim", ...args], io)).toBe(2);
  expect(io.stderr.text).not.toBe("");
  expect(started).toEqual([]);
});
