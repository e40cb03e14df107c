import { ASK, BID, defineKeys, type FrameSink, JsonScanner, ProtocolError, type UpdateId } from "@conn/core";
import { readReferencePrice, readTickerValue, readTime, type TickerValues } from "./market-info-values.js";

const ENVELOPE = defineKeys("data", "result", "id", "code", "msg", "error");
const [DATA, RESULT, ID, CODE, MSG, ERROR] = [0, 1, 2, 3, 4, 5];
const REFUSAL = defineKeys("code", "msg");
const EVENT = defineKeys(
  ...["e", "T", "s", "U", "u", "pu", "b", "a", "p", "q", "m"],
  // Of tickers and mark prices only.
  ...["E", "c", "o", "h", "l", "v", "i", "r"],
);
const [
  TYPE,
  TIME,
  SYMBOL,
  FIRST_ID,
  LAST_ID,
  PREVIOUS_ID,
  BIDS,
  ASKS_OR_ID,
  PRICE,
  AMOUNT,
  BUYER_IS_MAKER,
  EVENT_TIME,
  LAST_PRICE,
  OPEN_PRICE,
  HIGH_PRICE,
  LOW_PRICE,
  BASE_VOLUME,
  INDEX_PRICE,
  FUNDING_RATE,
] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18];
const SNAPSHOT = defineKeys("lastUpdateId", "T", "bids", "asks");

/** One scanner for all frames: a frame is read from beginning to end in one go. */
const scanner = new JsonScanner();

/**
 * Reads one frame of a combined stream: `{"stream", "data"}`, or the answer to a subscription request.
 *
 * @throws {ProtocolError} MALFORMED_FRAME.
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams
 */
export function parseMarketFrame(data: Uint8Array, sink: FrameSink): void {
  let requestId: number | undefined;
  let venueCode: string | undefined;
  let message = "";
  let kind: "event" | "acknowledged" | "refused" | undefined;
  scanner.reset(data);
  scanner.enterObject();
  for (let key = scanner.nextKey(ENVELOPE); key >= 0; key = scanner.nextKey(ENVELOPE)) {
    if (key === DATA) {
      kind = "event";
      parseEvent(sink);
    } else if (key === RESULT) {
      kind ??= "acknowledged";
    } else if (key === ID) {
      if (!scanner.tryNull()) requestId = scanner.readInteger();
    } else if (key === CODE) {
      kind = "refused";
      venueCode = String(scanner.readInteger());
    } else if (key === MSG) {
      message = scanner.readString();
    } else if (key === ERROR) {
      kind = "refused";
      scanner.enterObject();
      for (let part = scanner.nextKey(REFUSAL); part >= 0; part = scanner.nextKey(REFUSAL)) {
        if (part === 0) venueCode = String(scanner.readInteger());
        else message = scanner.readString();
      }
    }
  }
  scanner.finish();
  if (kind === "event") return;
  if (kind === "acknowledged" && requestId !== undefined) sink.add({ type: "acknowledged", requestId });
  else if (kind === "refused") sink.add({ type: "refused", requestId, venueCode: venueCode ?? "", message });
  else sink.add({ type: "unknown", what: "a frame without data" });
}

/** The data of a frame: one event. Its fields may stand in any order, but the venue writes `e` first. */
function parseEvent(sink: FrameSink): void {
  const from = sink.levels.length;
  let type: string | undefined;
  let exchangeSymbol: string | undefined;
  let exchangeTimestamp: number | undefined;
  let firstUpdateId: UpdateId | undefined;
  let lastUpdateId: UpdateId | undefined;
  let previousUpdateId: UpdateId | undefined;
  let hasBids = false;
  let hasAsks = false;
  let tradeId: UpdateId | undefined;
  let price: string | undefined;
  let amount: string | undefined;
  let buyerIsMaker: boolean | undefined;
  scanner.enterObject();
  for (let key = scanner.nextKey(EVENT); key >= 0; key = scanner.nextKey(EVENT)) {
    if (key === TYPE) {
      type = scanner.readSymbol();
      if (type === "depthUpdate" || type === "aggTrade") continue;
      if (type === "24hrTicker") parseTicker(sink);
      else if (type === "markPriceUpdate") parseMarkPrice(sink);
      else {
        // Other events use the same letters for other things.
        scanner.leave();
        sink.add({ type: "unknown", what: `event ${type}` });
      }
      return;
    }
    if (key === BIDS) {
      scanner.readLevels(sink.levels, BID);
      hasBids = true;
    } else if (key === ASKS_OR_ID) {
      // The asks of a depth update, the id of an aggregate trade.
      if (scanner.peek() === "array") {
        scanner.readLevels(sink.levels, ASK);
        hasAsks = true;
      } else {
        tradeId = scanner.readUpdateId();
      }
    } else if (key === SYMBOL) exchangeSymbol = scanner.readSymbol();
    else if (key === FIRST_ID) firstUpdateId = scanner.readUpdateId();
    else if (key === LAST_ID) lastUpdateId = scanner.readUpdateId();
    else if (key === PREVIOUS_ID) previousUpdateId = scanner.readUpdateId();
    else if (key === TIME) exchangeTimestamp = scanner.readInteger();
    else if (key === PRICE) price = scanner.readDecimal();
    else if (key === AMOUNT) amount = scanner.readDecimal();
    else if (key === BUYER_IS_MAKER) buyerIsMaker = scanner.readBoolean();
  }
  if (exchangeSymbol === undefined || exchangeTimestamp === undefined)
    throw malformed("an event without s or T");

  if (type === "depthUpdate") {
    if (firstUpdateId === undefined || lastUpdateId === undefined || previousUpdateId === undefined) {
      throw malformed("a depthUpdate without U, u or pu");
    }
    if (!hasBids || !hasAsks) throw malformed("a depthUpdate without b or a");
    if (firstUpdateId > lastUpdateId) throw malformed("a depthUpdate whose U is above its u");
    const message = sink.depth("diff", exchangeSymbol, from);
    message.firstUpdateId = firstUpdateId;
    message.lastUpdateId = lastUpdateId;
    message.previousUpdateId = previousUpdateId;
    message.exchangeTimestamp = exchangeTimestamp;
    return;
  }
  if (type !== "aggTrade") throw malformed("an event without e");
  addTrade(sink, { exchangeSymbol, tradeId, price, amount, exchangeTimestamp, buyerIsMaker });
}

/**
 * Reads the rest of a ticker event.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams/Individual-Symbol-Ticker-Streams
 */
function parseTicker(sink: FrameSink): void {
  let exchangeSymbol: string | undefined;
  let exchangeTimestamp: number | undefined;
  const told: TickerValues = {};
  for (let key = scanner.nextKey(EVENT); key >= 0; key = scanner.nextKey(EVENT)) {
    if (key === SYMBOL) exchangeSymbol = scanner.readSymbol();
    else if (key === EVENT_TIME) exchangeTimestamp = scanner.readInteger();
    else if (key === LAST_PRICE) told.lastPrice = readTickerValue(scanner, "lastPrice");
    else if (key === OPEN_PRICE) told.openPrice = readTickerValue(scanner, "openPrice");
    else if (key === HIGH_PRICE) told.highPrice = readTickerValue(scanner, "highPrice");
    else if (key === LOW_PRICE) told.lowPrice = readTickerValue(scanner, "lowPrice");
    else if (key === BASE_VOLUME) told.baseVolume = readTickerValue(scanner, "baseVolume");
    // `q`, the quantity of other events.
    else if (key === AMOUNT) told.quoteVolume = readTickerValue(scanner, "quoteVolume");
  }
  if (exchangeSymbol === undefined || exchangeTimestamp === undefined)
    throw malformed("a 24hrTicker without s or E");
  sink.add({ type: "ticker", exchangeSymbol, exchangeTimestamp, ...told });
}

/**
 * Reads the rest of a mark price event. A field may be missing or empty, as funding is for contracts without it.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/websocket-market-streams/Mark-Price-Stream
 */
function parseMarkPrice(sink: FrameSink): void {
  let exchangeSymbol: string | undefined;
  let exchangeTimestamp: number | undefined;
  let markPrice: string | undefined;
  let indexPrice: string | undefined;
  let fundingRate: string | undefined;
  let nextFundingTimestamp: number | undefined;
  for (let key = scanner.nextKey(EVENT); key >= 0; key = scanner.nextKey(EVENT)) {
    if (key === SYMBOL) exchangeSymbol = scanner.readSymbol();
    else if (key === EVENT_TIME) exchangeTimestamp = scanner.readInteger();
    else if (key === PRICE) markPrice = readReferencePrice(scanner);
    else if (key === INDEX_PRICE) indexPrice = readReferencePrice(scanner);
    else if (key === FUNDING_RATE) fundingRate = scanner.readOptionalDecimal();
    else if (key === TIME) nextFundingTimestamp = readTime(scanner);
  }
  if (exchangeSymbol === undefined || exchangeTimestamp === undefined)
    throw malformed("a markPriceUpdate without s or E");
  sink.add({
    type: "funding",
    exchangeSymbol,
    exchangeTimestamp,
    markPrice,
    indexPrice,
    fundingRate,
    nextFundingTimestamp,
  });
}

/**
 * Reads the answer to `GET /fapi/v1/depth`.
 *
 * @throws {ProtocolError} MALFORMED_FRAME.
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Order-Book
 */
export function parseDepthSnapshot(body: Uint8Array, exchangeSymbol: string, sink: FrameSink): void {
  const from = sink.levels.length;
  let lastUpdateId: UpdateId | undefined;
  let exchangeTimestamp: number | undefined;
  let sides = 0;
  scanner.reset(body);
  scanner.enterObject();
  for (let key = scanner.nextKey(SNAPSHOT); key >= 0; key = scanner.nextKey(SNAPSHOT)) {
    if (key === 0) lastUpdateId = scanner.readUpdateId();
    else if (key === 1) exchangeTimestamp = scanner.readInteger();
    else {
      scanner.readLevels(sink.levels, key === 2 ? BID : ASK);
      sides += 1;
    }
  }
  scanner.finish();
  if (lastUpdateId === undefined || sides !== 2)
    throw malformed("a snapshot without lastUpdateId, bids or asks");
  const message = sink.depth("snapshot", exchangeSymbol, from);
  message.lastUpdateId = lastUpdateId;
  message.exchangeTimestamp = exchangeTimestamp;
}

const AGGREGATE_TRADE = defineKeys("a", "p", "q", "T", "m");

/**
 * Reads the answer to `GET /fapi/v1/aggTrades`, oldest first.
 *
 * @throws {ProtocolError} MALFORMED_FRAME.
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Compressed-Aggregate-Trades-List
 */
export function parseAggregateTrades(body: Uint8Array, exchangeSymbol: string, sink: FrameSink): void {
  scanner.reset(body);
  scanner.enterArray();
  while (scanner.nextElement()) {
    let tradeId: UpdateId | undefined;
    let price: string | undefined;
    let amount: string | undefined;
    let exchangeTimestamp: number | undefined;
    let buyerIsMaker: boolean | undefined;
    scanner.enterObject();
    for (let key = scanner.nextKey(AGGREGATE_TRADE); key >= 0; key = scanner.nextKey(AGGREGATE_TRADE)) {
      if (key === 0) tradeId = scanner.readUpdateId();
      else if (key === 1) price = scanner.readDecimal();
      else if (key === 2) amount = scanner.readDecimal();
      else if (key === 3) exchangeTimestamp = scanner.readInteger();
      else buyerIsMaker = scanner.readBoolean();
    }
    addTrade(sink, { exchangeSymbol, tradeId, price, amount, exchangeTimestamp, buyerIsMaker });
  }
  scanner.finish();
}

interface AggregateTrade {
  readonly exchangeSymbol: string;
  readonly tradeId: UpdateId | undefined;
  readonly price: string | undefined;
  readonly amount: string | undefined;
  readonly exchangeTimestamp: number | undefined;
  readonly buyerIsMaker: boolean | undefined;
}

function addTrade(sink: FrameSink, trade: AggregateTrade): void {
  const { exchangeSymbol, tradeId, price, amount, exchangeTimestamp, buyerIsMaker } = trade;
  if (tradeId === undefined || price === undefined || amount === undefined || buyerIsMaker === undefined) {
    throw malformed("an aggregate trade without a, p, q or m");
  }
  if (exchangeTimestamp === undefined) throw malformed("an aggregate trade without T");
  // The buyer was waiting in the book, so the taker sold.
  const side = buyerIsMaker ? "sell" : "buy";
  sink.add({
    type: "trade",
    exchangeSymbol,
    tradeId: String(tradeId),
    side,
    price,
    amount,
    exchangeTimestamp,
  });
}

function malformed(what: string): ProtocolError {
  return new ProtocolError("MALFORMED_FRAME", `the venue sent ${what}`);
}
