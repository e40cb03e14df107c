import {
  ASK,
  BID,
  type DepthMessage,
  defineKeys,
  type FrameSink,
  JsonScanner,
  ProtocolError,
  type UpdateId,
} from "@conn/core";
import { readTickers } from "./tickers.js";

const FRAME = defineKeys("id", "method", "code", "message", "result");
const [ID, METHOD, CODE, MESSAGE, RESULT] = [0, 1, 2, 3, 4];
const CHANNEL_DATA = defineKeys("instrument_name", "channel", "data");
const [INSTRUMENT, CHANNEL, DATA] = [0, 1, 2];
const BOOK = defineKeys("bids", "asks", "update", "t", "u", "pu");
const [BIDS, ASKS, UPDATE, TIME, LAST_ID, PREVIOUS_ID] = [0, 1, 2, 3, 4, 5];
const SIDES = defineKeys("bids", "asks");
const TRADE = defineKeys("d", "t", "p", "q", "s");
const [TRADE_ID, TRADE_TIME, PRICE, AMOUNT, SIDE] = [0, 1, 2, 3, 4];

/** Channels that are read. */
const CHANNELS: ReadonlySet<string> = new Set(["book", "book.update", "trade", "ticker"]);

/** One scanner for all frames: a frame is read from beginning to end in one go. */
const scanner = new JsonScanner();

/**
 * Reads one frame of the market connection. `begun` holds the instruments whose trades have come before:
 * the first trades of the others happened before the subscription.
 *
 * @throws {ProtocolError} MALFORMED_FRAME.
 * @see https://exchange-developer.crypto.com/exchange/v1/docs/api/websocket-common-api-reference
 */
export function parseMarketFrame(data: Uint8Array, sink: FrameSink, begun: Set<string>): void {
  let id: number | undefined;
  let method = "";
  let code = 0;
  let message = "";
  scanner.reset(data);
  scanner.enterObject();
  for (let key = scanner.nextKey(FRAME); key >= 0; key = scanner.nextKey(FRAME)) {
    if (key === ID) id = scanner.readInteger();
    else if (key === METHOD) method = scanner.readSymbol();
    else if (key === CODE) code = scanner.readInteger();
    else if (key === MESSAGE) message = scanner.readString();
    else if (key === RESULT) parseChannelData(sink, begun);
  }
  scanner.finish();
  if (method === "public/heartbeat") {
    // Unanswered for five seconds, it costs the connection.
    sink.add({ type: "heartbeat", reply: JSON.stringify({ id, method: "public/respond-heartbeat" }) });
  } else if (code !== 0) {
    // -1 is the id of a request that the venue could not read.
    const requestId = id === undefined || id < 0 ? undefined : id;
    sink.add({ type: "refused", requestId, venueCode: String(code), message });
  } else if (method !== "subscribe" && method !== "unsubscribe") {
    sink.add({ type: "unknown", what: `method ${method}` });
  } else if (id !== undefined && id >= 0) {
    // Trades come without an acknowledgement: their first frame is the answer, with the request's id.
    sink.add({ type: "acknowledged", requestId: id });
  }
}

/** Reads `result`, which may be without a channel's data, as in an answer to a request. */
function parseChannelData(sink: FrameSink, begun: Set<string>): void {
  if (scanner.peek() !== "object") {
    scanner.skip();
    return;
  }
  let exchangeSymbol: string | undefined;
  let channel: string | undefined;
  let hasData = false;
  const from = sink.messages.length;
  const rows: TradeRow[] = [];
  scanner.enterObject();
  for (let key = scanner.nextKey(CHANNEL_DATA); key >= 0; key = scanner.nextKey(CHANNEL_DATA)) {
    if (key === INSTRUMENT) exchangeSymbol = scanner.readSymbol();
    else if (key === CHANNEL) channel = scanner.readSymbol();
    else if (key === DATA) {
      hasData = true;
      // The venue writes the channel first; without it nobody could tell what the data are.
      if (channel === undefined) throw malformed("data before their channel");
      if (channel === "book" || channel === "book.update") parseBooks(channel, sink);
      else if (channel === "trade") parseTrades(rows);
      else if (channel === "ticker") for (const ticker of readTickers(scanner)) sink.add(ticker);
      else scanner.skip();
    }
  }
  if (!hasData) return;
  if (exchangeSymbol === undefined) throw malformed("channel data without instrument_name");
  if (channel === undefined || !CHANNELS.has(channel)) {
    sink.add({ type: "unknown", what: `channel ${channel}` });
    return;
  }
  for (const message of sink.messages.slice(from))
    if (message.type === "depth") message.exchangeSymbol = exchangeSymbol;
  const backlog = channel === "trade" && !begun.has(exchangeSymbol);
  if (backlog) begun.add(exchangeSymbol);
  // The venue writes the newest trade first.
  for (const row of rows.reverse()) sink.add({ type: "trade", exchangeSymbol, ...row, backlog });
}

function parseBooks(channel: "book" | "book.update", sink: FrameSink): void {
  scanner.enterArray();
  while (scanner.nextElement()) {
    const from = sink.levels.length;
    let exchangeTimestamp: number | undefined;
    let lastUpdateId: UpdateId | undefined;
    let previousUpdateId: UpdateId | undefined;
    let sides = 0;
    const readSide = (isBids: boolean): void => {
      scanner.readLevels(sink.levels, isBids ? BID : ASK);
      sides += 1;
    };
    scanner.enterObject();
    for (let key = scanner.nextKey(BOOK); key >= 0; key = scanner.nextKey(BOOK)) {
      if (key === BIDS || key === ASKS) readSide(key === BIDS);
      else if (key === UPDATE) {
        scanner.enterObject();
        for (let side = scanner.nextKey(SIDES); side >= 0; side = scanner.nextKey(SIDES))
          readSide(side === 0);
      } else if (key === TIME) exchangeTimestamp = scanner.readInteger();
      else if (key === LAST_ID) lastUpdateId = scanner.readUpdateId();
      else if (key === PREVIOUS_ID) previousUpdateId = scanner.readUpdateId();
    }
    if (sides !== 2 || lastUpdateId === undefined) throw malformed("a book without bids, asks or u");
    if (channel === "book.update" && previousUpdateId === undefined)
      throw malformed("a book update without pu");
    const message: DepthMessage = sink.depth(channel === "book" ? "snapshot" : "diff", "", from);
    message.lastUpdateId = lastUpdateId;
    message.previousUpdateId = previousUpdateId;
    message.exchangeTimestamp = exchangeTimestamp;
  }
}

interface TradeRow {
  readonly tradeId: string;
  readonly side: "buy" | "sell";
  readonly price: string;
  readonly amount: string;
  readonly exchangeTimestamp: number;
}

function parseTrades(rows: TradeRow[]): void {
  scanner.enterArray();
  while (scanner.nextElement()) {
    let tradeId: string | undefined;
    let exchangeTimestamp: number | undefined;
    let price: string | undefined;
    let amount: string | undefined;
    let taker: string | undefined;
    scanner.enterObject();
    for (let key = scanner.nextKey(TRADE); key >= 0; key = scanner.nextKey(TRADE)) {
      if (key === TRADE_ID) tradeId = String(scanner.readUpdateId());
      else if (key === TRADE_TIME) exchangeTimestamp = scanner.readInteger();
      else if (key === PRICE) price = scanner.readDecimal();
      else if (key === AMOUNT) amount = scanner.readDecimal();
      else if (key === SIDE) taker = scanner.readSymbol();
    }
    if (
      tradeId === undefined ||
      exchangeTimestamp === undefined ||
      price === undefined ||
      amount === undefined
    ) {
      throw malformed("a trade without d, t, p or q");
    }
    if (taker !== "BUY" && taker !== "SELL") throw malformed("a trade whose s is neither BUY nor SELL");
    rows.push({ tradeId, side: taker === "BUY" ? "buy" : "sell", price, amount, exchangeTimestamp });
  }
}

function malformed(what: string): ProtocolError {
  return new ProtocolError("MALFORMED_FRAME", `the venue sent ${what}`);
}
