import { expect, test } from "vitest";
import { NetworkError, SessionError } from "../../src/errors/index.js";
import { replaySession } from "../../src/host/index.js";
import { definePlugin } from "../../src/plugin/index.js";
import type { SessionSink } from "../../src/session/index.js";
import { createFakeVenue } from "../support/fake-venue.js";

const KEY = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A";

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const eventsOf = (lines: readonly string[]): string[] =>
  lines.filter((line) => line.startsWith('{"type":"event"'));

/** A session with a lost frame and a cut connection, and its lines. */
async function record(options: Partial<SessionSink> = {}) {
  const lines: string[] = [];
  const venue = createFakeVenue({ recordTo: { write: (line) => lines.push(line), ...options } });
  const { host, plugin, time, webSocket } = venue;
  const connector = host.create(plugin, { tradingPairs: ["BTC-USDT"], channels: ["orderBook"] });
  const starting = connector.start();
  await time.advance(0);
  await starting;
  await venue.openStream();
  const diff = (previous: number, id: number): void =>
    webSocket.last.receive(JSON.stringify({ s: "BTCUSDT", previous, id, bids: [[98, id]], asks: [] }));
  for (const [previous, id] of [
    [10, 11],
    [11, 12],
    [13, 14],
  ] as const) {
    diff(previous, id);
    await nextTurn();
  }
  webSocket.last.end(1006, new NetworkError("NETWORK_RESET", "cut"));
  await time.advance(5_000);
  await venue.openStream();
  diff(10, 11);
  await nextTurn();
  return { ...venue, connector, lines };
}

test("a session replays to its events, and a file that grows meanwhile as far as it goes", async () => {
  const { connector, lines, plugin, time } = await record();
  const { state } = connector.orderBook("BTC-USDT").integrity;
  expect(state).toBe("live");
  await connector.stop();
  await time.advance(0);
  const all = eventsOf(lines);
  expect(all.join("\n")).toContain('"reason":"closed"');
  expect(all.join("\n")).toContain('"fault":"gap"');
  expect(await replaySession(lines, { plugin: () => plugin })).toMatchObject({
    events: all.length,
    difference: undefined,
  });
  for (const length of lines.keys()) {
    if (length === 0) continue;
    const kept = lines.slice(0, length);
    expect(await replaySession(kept, { plugin: () => plugin })).toMatchObject({
      events: eventsOf(kept).length,
      difference: undefined,
    });
    // The program was killed while it wrote the next line.
    const cut = [...kept, String(lines[length]).slice(0, -1)];
    expect(await replaySession(cut, { plugin: () => plugin })).toMatchObject({ difference: undefined });
  }
});

test("a change of what came in, or of what came of it, is found where it tells first", async () => {
  const { connector, lines, plugin, time } = await record();
  await connector.stop();
  await time.advance(0);
  const replayed = (changed: readonly string[]) => replaySession(changed, { plugin: () => plugin });
  const at = (part: string): number => lines.findIndex((line) => line.includes(part));
  const change = (part: string, from: string, to: string): string[] =>
    lines.with(at(part), String(lines[at(part)]).replace(from, to));

  const frame = '\\"previous\\":11,\\"id\\":12,\\"bids\\":[[98,12]]';
  expect(at(frame)).toBeGreaterThan(0);
  const event = lines.findIndex((line, index) => index > at(frame) && line.startsWith('{"type":"event"'));
  const amount = await replayed(change(frame, "[[98,12]]", "[[100,12]]"));
  expect(amount.difference).toMatchObject({ line: event + 1, expected: lines[event] });
  expect(amount.difference?.actual).toContain('"bestBid":"12 at 100"');

  const told = await replayed(lines.with(event, String(lines[event]).replace('"diffs":2', '"diffs":3')));
  expect(told.difference).toMatchObject({ line: event + 1, actual: lines[event] });

  // An event too many, and one that did not come.
  expect((await replayed(lines.toSpliced(event, 1))).difference?.actual).toBe(lines[event]);
  const twice = await replayed(lines.toSpliced(event, 0, String(lines[event])));
  expect(twice.difference).toEqual({ line: event + 2, expected: lines[event], actual: undefined });

  // A timer, a socket or a call that the engine never had.
  const unknown = await replayed(
    change(frame, /"of":\d+/.exec(String(lines[at(frame)]))?.[0] ?? "", '"of":999'),
  );
  expect(unknown.difference).toMatchObject({ line: at(frame) + 1, actual: undefined });
});

test("what is no session, and one of a later version, is refused", async () => {
  const { connector, lines, plugin } = await record();
  await connector.stop();
  const refused = async (changed: readonly string[]): Promise<unknown> => {
    const error: unknown = await replaySession(changed, { plugin: () => plugin }).catch((thrown) => thrown);
    return error instanceof SessionError ? error.code : error;
  };
  expect(await refused([])).toBe("MALFORMED_SESSION");
  expect(await refused(['{"n":1}'])).toBe("MALFORMED_SESSION");
  expect(await refused([String(lines[0]).replace('"format":1', '"format":2')])).toBe(
    "UNKNOWN_SESSION_FORMAT",
  );
  expect(await refused(lines.with(3, "{"))).toBe("MALFORMED_SESSION");
  expect(await refused(lines.with(1, '{"type":"call","id":1}'))).toBe("MALFORMED_SESSION");
});

test("no secret is in the file, and it replays without them", async () => {
  const lines: string[] = [];
  const venue = createFakeVenue({ recordTo: { write: (line) => lines.push(line) } });
  const { host, plugin, time, webSocket } = venue;
  venue.answerWith(({ url }) =>
    venue.respond(200, url.includes("/instruments") ? ["BTC-USDT"] : { listenKey: KEY }, {
      "set-cookie": KEY,
    }),
  );
  const keyed = definePlugin({
    ...plugin,
    optionsSchema: {
      "~standard": {
        version: 1,
        vendor: "test",
        validate: (value) => ({ value: value as { apiKey: string } }),
      },
    },
    create: ({ apiKey }) => {
      const definition = plugin.create({});
      return {
        ...definition,
        networkCheck: { ...definition.networkCheck, query: { apiKey, note: `of ${apiKey}` } },
        subscriptions: {
          ...definition.subscriptions,
          formatSubscribe: (topics, id) => JSON.stringify({ sub: topics, id, token: apiKey }),
        },
      };
    },
  });
  const connector = host.create(keyed, {
    apiKey: KEY,
    tradingPairs: ["BTC-USDT"],
    proxy: "http://someone:hunter2hunter2@proxy.example:8080",
  });
  const starting = connector.start();
  await time.advance(0);
  await starting;
  webSocket.last.open();
  webSocket.last.receive(JSON.stringify({ refused: 1, token: KEY, seen: KEY }));
  await connector.checkNetwork();
  await time.advance(100);
  await connector.stop();
  const text = lines.join("\n");
  expect(webSocket.sockets[0]?.sent.join()).toContain(KEY);
  expect(text).toContain('"type":"sent"');
  expect(text).not.toContain(KEY);
  expect(text).not.toContain("hunter2");
  expect(await replaySession(lines, { plugin: () => keyed })).toMatchObject({
    events: eventsOf(lines).length,
    difference: undefined,
  });
});

test("out of the engine's turns the clock shows the time: a book that nobody feeds grows old", async () => {
  const { connector, time } = await record();
  const book = connector.orderBook("BTC-USDT");
  await nextTurn();
  time.sleep(4_321);
  expect(book.ageMs).toBe(4_321);
  expect(() => book.requireFresh(1_000)).toThrow();
  await connector.stop();
});

test("a call whose signal is aborted already is not made, recorded or not", async () => {
  const { connector, requests, lines, plugin } = await record();
  const asked = requests.length;
  await expect(connector.fetchInstruments({ signal: AbortSignal.abort() })).rejects.toThrow();
  expect(requests).toHaveLength(asked);
  await connector.stop();
  expect((await replaySession(lines, { plugin: () => plugin })).difference).toBeUndefined();
});

test("a sink that fails is asked no more, and the connector goes on", async () => {
  let written = 0;
  const { connector } = await record({
    write: () => {
      written += 1;
      if (written === 20) throw new Error("the disk is full");
    },
  });
  expect(connector.orderBook("BTC-USDT").integrity.state).toBe("live");
  expect(written).toBe(20);
  await connector.stop();
});
