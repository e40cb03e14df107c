import { defineKeys, JsonScanner, ProtocolError, type RestCall, type TickerMessage } from "@conn/core";
import { publicRequest, refusal } from "./rest.js";

const ENVELOPE = defineKeys("code", "message", "result");
const [CODE, MESSAGE] = [0, 1];
const RESULT = defineKeys("data");
const TICKER = defineKeys("i", "t", "a", "b", "bs", "k", "ks", "h", "l", "v");
/** What the keys from the third on tell. */
const VALUES = [
  "lastPrice",
  "bestBid",
  "bestBidAmount",
  "bestAsk",
  "bestAskAmount",
  "highPrice",
  "lowPrice",
  "baseVolume",
] as const;

const answerScanner = new JsonScanner();

/**
 * Tickers of one instrument or of all. `vv`, the volume's value, is in dollars whatever the quote is, so that it is
 * no volume of quote.
 *
 * @see https://exchange-developer.crypto.com/exchange/v1/docs/api/rest/public-get-tickers
 */
export function tickers(exchangeSymbols: readonly string[]): RestCall<readonly TickerMessage[]>[] {
  const [only, another] = exchangeSymbols;
  const query = only !== undefined && another === undefined ? { instrument_name: only } : {};
  return [{ ...publicRequest("public/get-tickers", query), parse: parseTickers }];
}

/** @throws {VenueError} VENUE_REFUSED, or {ProtocolError} if the body is not what the venue documents. */
function parseTickers(body: Uint8Array): readonly TickerMessage[] {
  let code: number | undefined;
  let message = "";
  let tickers: readonly TickerMessage[] | undefined;
  answerScanner.reset(body);
  answerScanner.enterObject();
  for (let key = answerScanner.nextKey(ENVELOPE); key >= 0; key = answerScanner.nextKey(ENVELOPE)) {
    if (key === CODE) code = answerScanner.readInteger();
    else if (key === MESSAGE) message = answerScanner.readString();
    else if (answerScanner.peek() === "object") {
      answerScanner.enterObject();
      while (answerScanner.nextKey(RESULT) >= 0) tickers = readTickers(answerScanner);
    }
  }
  answerScanner.finish();
  if (code !== undefined && code !== 0) throw refusal(String(code), message);
  if (code === undefined || tickers === undefined) throw malformed("tickers without code or data");
  return tickers;
}

/** Reads a list of tickers, as answers and frames have it. */
export function readTickers(scanner: JsonScanner): TickerMessage[] {
  const tickers: TickerMessage[] = [];
  scanner.enterArray();
  while (scanner.nextElement()) tickers.push(readTicker(scanner));
  return tickers;
}

function readTicker(scanner: JsonScanner): TickerMessage {
  let exchangeSymbol: string | undefined;
  let exchangeTimestamp: number | undefined;
  const told: { [Value in (typeof VALUES)[number]]?: string | null | undefined } = {};
  scanner.enterObject();
  for (let key = scanner.nextKey(TICKER); key >= 0; key = scanner.nextKey(TICKER)) {
    const value = VALUES[key - 2];
    if (value !== undefined) told[value] = readValue(scanner, value);
    else if (key === 0) exchangeSymbol = scanner.readSymbol();
    else exchangeTimestamp = scanner.readInteger();
  }
  if (exchangeSymbol === undefined || exchangeTimestamp === undefined)
    throw malformed("a ticker without i or t");
  return { type: "ticker", exchangeSymbol, exchangeTimestamp, ...told };
}

/** Reads a value; `null` where there is none, as before the first trade or of a side without orders. */
function readValue(scanner: JsonScanner, value: (typeof VALUES)[number]): string | null | undefined {
  if (scanner.tryNull()) return null;
  const text = scanner.readOptionalDecimal();
  return text === undefined || value === "baseVolume" || /[1-9]/.test(text) ? text : null;
}

function malformed(what: string): ProtocolError {
  return new ProtocolError("MALFORMED_ANSWER", `the venue sent ${what}`);
}
