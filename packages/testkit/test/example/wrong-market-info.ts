import {
  Decimal,
  type ExchangeDefinition,
  type FrameMessage,
  type FundingMessage,
  type RestCall,
  type TickerMessage,
} from "@conn/core";

type Change = (definition: ExchangeDefinition) => ExchangeDefinition;
type Message = TickerMessage | FundingMessage;

/** A mistake with tickers, funding or open interest, and the cases that must notice it. */
export interface MarketInfoMistake {
  readonly what: string;
  readonly cases: readonly string[];
  readonly change: Change;
}

/** Does something to each message of a type, whether it comes by REST or by the stream. */
function messages<Type extends Message["type"]>(
  type: Type,
  damage: (message: Extract<Message, { type: Type }>) => Extract<Message, { type: Type }>,
  { only }: { readonly only?: "rest" | "stream" } = {},
): Change {
  // as: compared with the type that is wanted.
  const damaged = <One extends FrameMessage>(message: One): One =>
    message.type === type
      ? (damage(message as unknown as Extract<Message, { type: Type }>) as unknown as One)
      : message;
  const calls = <One extends Message>(
    list: readonly RestCall<readonly One[]>[],
  ): RestCall<readonly One[]>[] =>
    list.map((call) => ({ ...call, parse: (body) => call.parse(body).map(damaged) }));
  return (definition) => ({
    ...definition,
    ...(only !== "stream" && {
      tickers: (symbols) => calls(definition.tickers?.(symbols) ?? []),
      fundingInfo: (symbols) => calls(definition.fundingInfo?.(symbols) ?? []),
    }),
    orderBooks: {
      ...definition.orderBooks,
      parse(data, sink, context) {
        definition.orderBooks.parse(data, sink, context);
        if (only === "rest") return;
        for (const [index, message] of sink.messages.entries()) sink.messages[index] = damaged(message);
      },
    },
  });
}

const times = (text: string | undefined, factor: number): string | undefined =>
  text === undefined ? undefined : new Decimal(text).times(factor).toFixed();

export const MARKET_INFO_MISTAKES: readonly MarketInfoMistake[] = [
  {
    what: "writes zero for what a ticker does not tell",
    cases: ["M05"],
    change: messages("ticker", (message) => ({ quoteVolume: "0", ...message })),
  },
  {
    what: "swaps best bid and best ask",
    cases: ["M05"],
    change: messages("ticker", (message) => ({
      ...message,
      bestBid: message.bestAsk,
      bestAsk: message.bestBid,
    })),
  },
  {
    what: "reads the last price of a ticker's stream elsewhere",
    cases: ["M05"],
    change: messages("ticker", (message) => ({ ...message, lastPrice: message.bestBid }), { only: "stream" }),
  },
  {
    what: "gives tickers of one pair whatever it is asked for",
    cases: ["M05"],
    change: messages("ticker", (message) => ({ ...message, exchangeSymbol: "AAA" }), { only: "rest" }),
  },
  {
    what: "gives funding rates in percent",
    cases: ["M40"],
    change: messages("funding", (message) => ({ ...message, fundingRate: times(message.fundingRate, 100) })),
  },
  {
    what: "takes what a funding message does not say for zero",
    cases: ["M40"],
    change: messages("funding", (message) => ({ markPrice: "0", fundingRate: "0", ...message })),
  },
  {
    what: "does not say how old a funding message is",
    cases: ["M40"],
    change: messages("funding", (message) => ({ ...message, exchangeTimestamp: undefined })),
  },
  {
    what: "rounds prices to doubles",
    cases: ["M40"],
    change: messages("funding", (message) => ({
      ...message,
      indexPrice: message.indexPrice && String(Number(message.indexPrice)),
    })),
  },
  {
    what: "swaps mark and index",
    cases: ["M40"],
    change: messages("funding", (message) => ({
      ...message,
      markPrice: message.indexPrice,
      indexPrice: message.markPrice,
    })),
  },
  {
    what: "gives the next funding time in seconds",
    cases: ["M40"],
    change: messages("funding", ({ nextFundingTimestamp, ...message }) => ({
      ...message,
      ...(nextFundingTimestamp !== undefined && { nextFundingTimestamp: nextFundingTimestamp / 1_000 }),
    })),
  },
  {
    what: "never hears of a later funding time",
    cases: ["M40"],
    change: messages("funding", ({ nextFundingTimestamp: _, ...message }) => message, { only: "stream" }),
  },
  {
    what: "does not understand what REST says of mark prices",
    cases: ["M40"],
    change: messages("funding", ({ markPrice: _, ...message }) => message, { only: "rest" }),
  },
  {
    what: "never understands mark prices",
    cases: ["L01", "M40"],
    change: messages("funding", ({ markPrice: _, ...message }) => message),
  },
  {
    what: "gives always the same open interest",
    cases: ["M41"],
    change: (definition) => ({
      ...definition,
      openInterest: () => ({
        method: "GET",
        path: "/ping",
        cost: {},
        parse: () => ({ openInterest: new Decimal(5), exchangeTimestamp: undefined }),
      }),
    }),
  },
];
