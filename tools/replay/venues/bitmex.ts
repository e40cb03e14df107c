import type { Decoder } from "@conn/cli";
import { ASK, BID, defineKeys, type FrameSink, JsonScanner, type UpdateId } from "@conn/core";
import { isText, nextField, readIsoTime, readText } from "../json-reading.ts";
import { malformed } from "../malformed.ts";

const FRAME = defineKeys("table", "action", "data", "filter", "error", "status", "success", "info");
const FILTER = defineKeys("symbol");
const ROW = defineKeys("symbol", "id", "side", "size", "price", "timestamp");

/** The tables of whole price levels: all of them, or the best 25, of which the venue deletes what falls out. */
const BOOKS = new Set(["orderBookL2", "orderBookL2_25"]);
const ACTIONS = new Set(["partial", "insert", "update", "delete"]);

const frame = new JsonScanner();
/** For what can only be read when the rest of the frame is known. */
const part = new JsonScanner();

/** BitMEX, which names levels by id. */
export const bitmex: Decoder = {
  hosts: ["www.bitmex.com", "ws.bitmex.com", "testnet.bitmex.com"],
  sequence: {
    source: "https://blog.bitmex.com/api_announcement/removing-id-schema-on-orderbook-feeds/",
    rules: [
      "A partial is the whole table; what arrives before it is to be ignored (https://www.bitmex.com/app/wsAPI).",
      "insert brings a new id with its price; update and delete name it by id, which is arbitrary.",
      "There is no sequence: an update or a delete of an id that no row has brought proves that one was missed.",
    ],
    scope: "book",
    snapshot: "firstFrame",
    bridge: "follows",
    steady: "none",
    olderSnapshot: "apply",
    levelsBy: "id",
    crossed: "resync",
    recovery: "resubscribe",
  },
  parse: parseFrame,
};

function parseFrame(data: Uint8Array, sink: FrameSink): void {
  if (isText(data, "pong")) return;
  let table: string | undefined;
  let action = "";
  let rows: Uint8Array | undefined;
  let filteredSymbol: string | undefined;
  let refusal: string | undefined;
  let status = "";
  let isAnswer = false;
  frame.reset(data);
  frame.enterObject();
  for (let name = nextField(frame, FRAME); name !== undefined; name = nextField(frame, FRAME)) {
    if (name === "table") table = frame.readSymbol();
    else if (name === "action") action = frame.readSymbol();
    else if (name === "data") rows = frame.readRaw();
    else if (name === "filter") filteredSymbol = readFilter();
    else if (name === "error") refusal = frame.readString();
    else if (name === "status") status = readText(frame);
    else isAnswer = true;
  }
  frame.finish();
  if (refusal !== undefined) {
    sink.add({ type: "refused", requestId: undefined, venueCode: status, message: refusal });
  } else if (table === undefined) {
    if (!isAnswer) sink.add({ type: "unknown", what: "a frame without a table" });
  } else if (BOOKS.has(table)) {
    if (!ACTIONS.has(action)) throw malformed(`an order book with action ${action}`);
    if (rows === undefined) throw malformed("an order book without data");
    parseRows(rows, sink, action, filteredSymbol);
  }
}

function readFilter(): string | undefined {
  let symbol: string | undefined;
  frame.enterObject();
  for (let name = nextField(frame, FILTER); name !== undefined; name = nextField(frame, FILTER)) {
    symbol = frame.readSymbol();
  }
  return symbol;
}

function parseRows(
  rows: Uint8Array,
  sink: FrameSink,
  action: string,
  filteredSymbol: string | undefined,
): void {
  const kind = action === "partial" ? "snapshot" : "diff";
  let from = sink.levels.length;
  let symbol: string | undefined;
  let exchangeTimestamp: number | undefined;
  // A frame of a subscription to the whole table has rows of many symbols, grouped by symbol.
  const close = (): void => {
    if (symbol === undefined) return;
    sink.depth(kind, symbol, from).exchangeTimestamp = exchangeTimestamp;
    from = sink.levels.length;
  };
  part.reset(rows);
  part.enterArray();
  while (part.nextElement()) {
    const row = readRow();
    if (row.symbol !== symbol) {
      close();
      symbol = row.symbol;
    }
    exchangeTimestamp = row.timestamp;
    pushRow(sink, action, row);
  }
  // The book of a symbol may be empty.
  if (symbol === undefined && kind === "snapshot") symbol = filteredSymbol;
  close();
}

interface Row {
  symbol: string;
  id: UpdateId | undefined;
  side: string;
  size: string | undefined;
  price: string | undefined;
  timestamp: number | undefined;
}

function readRow(): Row {
  const row: Row = {
    symbol: "",
    id: undefined,
    side: "",
    size: undefined,
    price: undefined,
    timestamp: undefined,
  };
  part.enterObject();
  for (let name = nextField(part, ROW); name !== undefined; name = nextField(part, ROW)) {
    if (name === "symbol") row.symbol = part.readSymbol();
    else if (name === "id") row.id = part.readUpdateId();
    else if (name === "side") row.side = part.readSymbol();
    else if (name === "size") row.size = part.readDecimal();
    else if (name === "price") row.price = part.readDecimal();
    else row.timestamp = readIsoTime(part);
  }
  return row;
}

function pushRow(sink: FrameSink, action: string, { symbol, id, side, size, price }: Row): void {
  const isNew = action === "partial" || action === "insert";
  const amount = action === "delete" ? "0" : size;
  if (symbol === "" || id === undefined || amount === undefined || (isNew && price === undefined)) {
    throw malformed(`an order book row without symbol, id, size or price in ${action}`);
  }
  if (side !== "Buy" && side !== "Sell") throw malformed(`an order book row of side ${side}`);
  // Since 2023 update and delete tell the price too. The id is what they change: only so is a lost insert seen.
  if (!sink.levels.pushById(side === "Buy" ? BID : ASK, id, isNew ? price : undefined, amount)) {
    throw malformed("a row that is no level");
  }
}
