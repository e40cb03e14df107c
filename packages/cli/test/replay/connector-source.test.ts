import { createDefinition } from "@conn/core";
import {
  createConnectorSource,
  type RecordedLine,
  readInstruments,
  requestMatcher,
  routeOf,
} from "@conn/simulator";
import { expect, test } from "vitest";
import { instrument } from "../support/fixtures.js";
import { toyPlugin } from "../support/toy-exchange.js";

const definition = createDefinition(toyPlugin());

const request = { method: "GET", path: "/v1/book", query: { symbol: "A/B", limit: "5" }, cost: {} } as const;

test.each([
  ["its own base", "https://host/v1/book?symbol=A%2FB&limit=5", "GET", true],
  ["another base", "http://127.0.0.1:9/proxy/v1/book?limit=5&symbol=A/B", "GET", true],
  ["more parameters", "https://host/v1/book?symbol=A%2FB&limit=5&nonce=1", "GET", true],
  ["a method that is not known", "https://host/v1/book?symbol=A%2FB&limit=5", undefined, true],
  ["another method", "https://host/v1/book?symbol=A%2FB&limit=5", "POST", false],
  ["another value", "https://host/v1/book?symbol=A&limit=5", "GET", false],
  ["no value", "https://host/v1/book?limit=5", "GET", false],
  ["another path", "https://host/v1/books?symbol=A%2FB&limit=5", "GET", false],
  ["no URL", "", "GET", false],
])("a recorded request is the connector's or not: %s", (_what, url, method, expected) => {
  expect(requestMatcher({ url, method })(request)).toBe(expected);
});

test.each([
  ["wss://stream.host/public/stream", "public"],
  ["wss://stream.host/market/stream?streams=a", "market"],
  ["ws://127.0.0.1:9/market/stream", "market"],
  ["wss://test.host/ws/public/stream", "public"],
  ["wss://elsewhere/other", ""],
  ["", ""],
])("a recorded URL leads to a route: %s", (url, expected) => {
  const urls = {
    live: { rest: "https://host", public: "wss://stream.host/public", market: "wss://stream.host/market" },
    testnet: { rest: "https://test.host", public: "wss://test.host/ws/public" },
  };
  const limits = { maxFrames: 1, framesPerMs: 1, maxMessageBytes: 1 };
  const route = { path: "/stream", maxTopics: 1, limits };
  expect(routeOf({ urls, routes: { public: route, market: route } }, url)).toBe(expected);
  expect(routeOf({ urls, routes: { market: route } }, url)).toBe("market");
});

const answer = (body: string, url = "https://rest.toy.example/api/instruments"): RecordedLine => ({
  ...{ n: 1, ts: 1, dir: "http", url, conn: undefined, raw: body },
});

test("instruments are those of the recorded answers, one of which may have been a refusal", () => {
  const lines = [
    answer("busy"),
    answer('["A-B"]'),
    answer('["C-D"]', "https://host/other"),
    answer('["A-B","E-F"]'),
  ];
  expect(readInstruments(definition, lines).map(({ exchangeSymbol }) => exchangeSymbol)).toEqual([
    "AB",
    "EF",
  ]);
});

test("the books that a frame names are known, and whose snapshot an answer is", () => {
  const source = createConnectorSource(definition, ["A-B", "C-D", "E-F"].map(instrument), ["C-D", "X-Y"]);
  expect(source.symbolsNamedIn?.('{"id":1,"subscribe":["book.AB","book.EF","book.AB","other"]}')).toEqual([
    ...["AB", "EF"],
  ]);
  expect(source.symbols).toEqual(["CD"]);
  expect(source.instrumentOf?.("CD")?.tradingPair).toBe("C-D");
  const symbolOf = (query: string): string | undefined =>
    source.snapshotSymbol?.(`http://127.0.0.1/book?${query}`, new Uint8Array(), "GET");
  expect(symbolOf("symbol=EF")).toBe("EF");
  expect(symbolOf("symbol=ZZ")).toBeUndefined();
});
