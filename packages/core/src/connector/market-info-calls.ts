import { NotSupportedError } from "../errors/index.js";
import type { Instrument } from "../instrument/index.js";
import { type FundingMessage, MarketInfo, type TickerMessage } from "../market-data/index.js";
import type { FundingInfo, OpenInterest, Ticker } from "../model/index.js";
import type { Clock } from "../ports/index.js";
import type { RestCall } from "../transport/index.js";
import { CallScope } from "./call-scope.js";
import type { Capabilities } from "./capabilities.js";
import type { ExchangeDefinition } from "./exchange-definition.js";

/** What the calls work with. */
export interface MarketInfoCallsOptions {
  readonly venue: string;
  readonly supports: Capabilities;
  readonly definition: Pick<ExchangeDefinition, "tickers" | "fundingInfo" | "openInterest">;
  readonly clock: Clock;
  /** The instruments of these pairs, or of all that trade. @throws {InstrumentError | LifecycleError} */
  instrumentsOf(tradingPairs: readonly string[] | undefined): readonly Instrument[];
  call<Answer>(call: RestCall<Answer>, signal: AbortSignal | undefined): Promise<Answer>;
}

type Message = TickerMessage | FundingMessage;
type Signal = { readonly signal?: AbortSignal };

/** The REST side of tickers, funding and open interest. */
export class MarketInfoCalls {
  readonly #options: MarketInfoCallsOptions;

  constructor(options: MarketInfoCallsOptions) {
    this.#options = options;
  }

  tickers(tradingPairs: readonly string[] | undefined, options: Signal): Promise<Map<string, Ticker>> {
    return this.#fetch("tickers", tradingPairs, options, (info, pair) => info.ticker(pair));
  }

  fundingInfo(
    tradingPairs: readonly string[] | undefined,
    options: Signal,
  ): Promise<Map<string, FundingInfo>> {
    return this.#fetch("fundingInfo", tradingPairs, options, (info, pair) => info.fundingInfo(pair));
  }

  async openInterest(tradingPair: string, { signal }: Signal): Promise<OpenInterest> {
    const describe = this.#supported("openInterest");
    const { clock, call, instrumentsOf } = this.#options;
    // as: one pair, one instrument.
    const [instrument] = instrumentsOf([tradingPair]) as [Instrument];
    const answer = await call(describe(instrument.exchangeSymbol), signal);
    return { tradingPair, ...answer, receivedTimestamp: clock.now() };
  }

  /** What the venue tells of the funding of these symbols. */
  fundingMessages(exchangeSymbols: readonly string[], signal: AbortSignal): Promise<FundingMessage[]> {
    return this.#callAll(this.#supported("fundingInfo")(exchangeSymbols), signal);
  }

  async #fetch<Info>(
    what: "tickers" | "fundingInfo",
    tradingPairs: readonly string[] | undefined,
    { signal }: Signal,
    read: (info: MarketInfo, tradingPair: string) => Info | undefined,
  ): Promise<Map<string, Info>> {
    const describe = this.#supported(what);
    const { clock, instrumentsOf } = this.#options;
    const pairs = new Map(
      instrumentsOf(tradingPairs).map(({ exchangeSymbol, tradingPair }) => [exchangeSymbol, tradingPair]),
    );
    const found = new Map<string, Info>();
    if (pairs.size === 0) return found;
    const messages = await this.#callAll<Message>(describe([...pairs.keys()]), signal);
    const receivedTimestamp = clock.now();
    const info = new MarketInfo({ onTicker: () => undefined, onFundingInfo: () => undefined });
    for (const message of messages) {
      const pair = pairs.get(message.exchangeSymbol);
      if (pair !== undefined) info.merge(pair, message, receivedTimestamp);
    }
    for (const pair of pairs.values()) {
      const known = read(info, pair);
      if (known !== undefined) found.set(pair, known);
    }
    return found;
  }

  /** Makes calls side by side; when one fails, the others are given up. */
  async #callAll<Told>(calls: readonly RestCall<readonly Told[]>[], signal?: AbortSignal): Promise<Told[]> {
    const scope = new CallScope();
    const make = (call: RestCall<readonly Told[]>): Promise<readonly Told[]> =>
      scope.run(signal, (either) => this.#options.call(call, either));
    try {
      return (await Promise.all(calls.map(make))).flat();
    } catch (error) {
      scope.abort(error);
      throw error;
    }
  }

  /** How the venue is asked for something. @throws {NotSupportedError} if it cannot be. */
  #supported<What extends "tickers" | "fundingInfo" | "openInterest">(
    what: What,
  ): NonNullable<ExchangeDefinition[What]> {
    const { venue, supports, definition } = this.#options;
    const describe = definition[what];
    if (supports[what] && describe !== undefined) return describe;
    throw new NotSupportedError(`${venue} has no ${what}`, { venue, details: { capability: what } });
  }
}
