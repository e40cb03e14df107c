import { expect, test } from "vitest";
import { createLiveDisplay, type LiveDisplay } from "../../src/display/live-display.js";
import { FakeConnector } from "../support/fake-connector.js";
import { FakeIo } from "../support/fake-io.js";
import { levels } from "../support/fixtures.js";
import { readTerminal } from "../support/read-terminal.js";

function open(io: FakeIo): { connector: FakeConnector; display: LiveDisplay; quits: number[] } {
  const connector = new FakeConnector();
  connector.addTradingPair("BTC-USDT");
  const quits: number[] = [];
  const display = createLiveDisplay({
    connector: connector.asConnector(),
    tradingPairs: ["BTC-USDT"],
    io,
    title: "fake-venue sim",
    onQuit: () => quits.push(1),
  });
  return { connector, display, quits };
}

const shown = (io: FakeIo): string => readTerminal(io.stdout.text).lines.join("\n");

test("a terminal shows the book as it is, a few times a second and no more", () => {
  const io = new FakeIo({ terminal: true });
  const { connector, display } = open(io);
  expect(display.isScreen).toBe(true);
  connector.setLevels("BTC-USDT", { bids: levels([["10.5", "1"]]), asks: levels([["11.5", "2"]]) });
  connector.setState("BTC-USDT", { state: "live" });
  display.setBanner({ tone: "busy", text: "something will happen" });
  display.setRemark("BTC-USDT", { tone: "good", text: "as it should be" });
  let frames = 0;
  const write = io.stdout.write.bind(io.stdout);
  io.stdout.write = (text) => {
    frames += 1;
    return write(text);
  };
  for (let tenth = 0; tenth < 10; tenth += 1) {
    for (let change = 0; change < 100; change += 1) {
      connector.setLevels("BTC-USDT", {
        bids: levels([["10.5", String(tenth * 100 + change)]]),
        asks: levels([["11.5", "2"]]),
      });
    }
    io.time.advance(100);
  }
  expect(frames).toBeGreaterThan(5);
  expect(frames).toBeLessThanOrEqual(20);
  for (const text of [
    "10.5",
    "999.000",
    "11.5",
    "live",
    "something will happen",
    "as it should be",
    "fake-venue sim",
  ]) {
    expect(shown(io)).toContain(text);
  }
  display.close();
  expect(readTerminal(io.stdout.text)).toMatchObject({ alternate: false, cursor: true });
  expect(io.time.pending).toBe(0);
  expect(io.cleanups.size).toBe(0);
  expect(io.typists.size).toBe(0);
  expect(io.stdout.listenerCount("resize")).toBe(0);
});

test("a terminal that changes its size gets a page of the new size at once", () => {
  const io = new FakeIo({ terminal: true });
  const { display } = open(io);
  io.stdout.columns = 60;
  io.stdout.rows = 18;
  io.stdout.text = "";
  io.stdout.emit("resize");
  const { lines } = readTerminal(io.stdout.text);
  expect(lines.length).toBeLessThanOrEqual(18);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(60);
  expect(lines.join("\n")).toContain("BTC-USDT");
  display.close();
});

test("the terminal is given back should the program die", () => {
  const io = new FakeIo({ terminal: true });
  open(io);
  for (const cleanup of io.cleanups) cleanup();
  expect(readTerminal(io.stdout.text)).toMatchObject({ alternate: false, cursor: true, wrap: true });
});

test("q leaves, and nothing else that is typed does", () => {
  const io = new FakeIo({ terminal: true });
  const { display, quits } = open(io);
  io.type("x");
  io.type("\u001bOq\u001b[A\u001bq");
  expect(quits).toEqual([]);
  io.type("xyq");
  expect(quits).toEqual([1]);
  display.close();
});

test.each([
  ["NO_COLOR", { NO_COLOR: "1" }, false],
  ["nothing", {}, true],
])("with %s in the environment colors are right", (_name, env, colored) => {
  const io = new FakeIo({ terminal: true });
  Object.assign(io.env, env);
  const { display } = open(io);
  expect(io.stdout.text.includes("\u001b[1m")).toBe(colored);
  display.close();
});

test("what is not a terminal gets plain lines: one for each event and one for each second", () => {
  const io = new FakeIo();
  const { connector, display } = open(io);
  connector.setLevels("BTC-USDT", { bids: levels([["10.5", "1"]]), asks: levels([["11.5", "2"]]) });
  io.time.advance(400);
  connector.setState("BTC-USDT", { state: "live", lastUpdateId: 77 });
  display.setRemark("BTC-USDT", { tone: "good", text: "as it should be" });
  io.time.advance(600);
  connector.setState("BTC-USDT", { state: "resyncing", lastFault: "gap", gaps: 1 });
  connector.orderBook("BTC-USDT").ageMs = 1_640;
  io.time.advance(1_000);
  expect(io.stdout.lines).toMatchInlineSnapshot(`
    [
      "03:04:05 live after 400 ms",
      "03:04:06 BTC-USDT live  bid 10.5 x 1.000  ask 11.5 x 2.000  spread 1.0 (909.09 bps)  id 77  age –  gaps 0  resyncs 0  crossed 0  updates –  as it should be",
      "03:04:06 lost a change (gap): fetching a new snapshot",
      "03:04:07 BTC-USDT resyncing  bid 10.5 x 1.000  ask 11.5 x 2.000  spread 1.0 (909.09 bps)  id 77  age 1.6 s  gaps 1  resyncs 0  crossed 0  updates 0.0/s  as it should be",
    ]
  `);
  display.close();
  io.time.advance(5_000);
  expect(io.stdout.lines).toHaveLength(4);
});

test("a dumb terminal and a tiny one get plain lines too", () => {
  const dumb = new FakeIo({ terminal: true });
  dumb.env.TERM = "dumb";
  expect(open(dumb).display.isScreen).toBe(false);
  const tiny = new FakeIo({ terminal: true });
  tiny.stdout.rows = 5;
  expect(open(tiny).display.isScreen).toBe(false);
});
