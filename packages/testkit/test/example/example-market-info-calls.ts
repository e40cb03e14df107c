import {
  Decimal,
  type ExchangeDefinition,
  type FundingMessage,
  ProtocolError,
  type RestCall,
  type TickerMessage,
} from "@conn/core";

type Fields = Readonly<Record<string, unknown>>;
type MarketInfoCalls = Required<Pick<ExchangeDefinition, "tickers" | "fundingInfo" | "openInterest">>;

/** How the example venue is asked for tickers, funding and open interest: of one symbol, or of all. */
export const exampleMarketInfoCalls: MarketInfoCalls = {
  tickers: (symbols) => [listCall("/tickers", symbols, readTicker)],
  fundingInfo: (symbols) => [listCall("/funding", symbols, readFunding)],
  openInterest: (symbol) => ({
    ...get,
    path: "/open-interest",
    query: { symbol },
    parse: (body) => ({
      openInterest: new Decimal(String(readList(body)[0]?.amount)),
      exchangeTimestamp: undefined,
    }),
  }),
};

/** Reads a notice or a row of an answer. */
export function readTicker({ symbol, at, notice: _, ...values }: Fields): TickerMessage {
  return { type: "ticker", exchangeSymbol: String(symbol), exchangeTimestamp: Number(at), ...texts(values) };
}

/** Reads a notice or a row of an answer. */
export function readFunding({ symbol, at, notice: _, ...values }: Fields): FundingMessage {
  const { nextFundingTimestamp, fundingIntervalMs, ...rest } = values;
  return {
    type: "funding",
    exchangeSymbol: String(symbol),
    exchangeTimestamp: Number(at),
    ...texts(rest),
    ...(typeof nextFundingTimestamp === "number" && { nextFundingTimestamp }),
    ...(typeof fundingIntervalMs === "number" && { fundingIntervalMs }),
  };
}

const get = { method: "GET", cost: { requests: 1 } } as const;

function listCall<Message>(
  path: string,
  symbols: readonly string[],
  read: (fields: Fields) => Message,
): RestCall<readonly Message[]> {
  const [only, another] = symbols;
  return {
    ...get,
    path,
    ...(only !== undefined && another === undefined && { query: { symbol: only } }),
    parse: (body) => readList(body).map(read),
  };
}

/** The texts that are not empty: the venue's own names are those of the messages. */
function texts(fields: Fields): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) =>
      typeof value === "string" && value !== "" ? [[name, value] as const] : [],
    ),
  );
}

function readList(body: Uint8Array): readonly Fields[] {
  const list: unknown = JSON.parse(new TextDecoder().decode(body));
  if (!Array.isArray(list)) throw new ProtocolError("MALFORMED_ANSWER", "no list");
  return list as readonly Fields[];
}
