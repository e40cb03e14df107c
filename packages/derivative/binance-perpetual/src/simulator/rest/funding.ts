import { formatFixed } from "@conn/simulator";
import { isPerpetual } from "../contracts/contract.js";
import type { ContractMarket, FundingEvent } from "../market/contract-market.js";
import type { RestAnswer } from "./rest-answer.js";
import { integerParameter, isRefusal, type RestRequest, requestedMarket } from "./venue-data.js";

/**
 * `GET /fapi/v1/premiumIndex`: mark price, index price and funding, of one contract or of all that are listed.
 * Funding is empty for contracts that expire.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Mark-Price
 */
export function premiumIndex(request: RestRequest): RestAnswer {
  const market = requestedMarket(request);
  if (isRefusal(market)) return market;
  if (market !== undefined) return premiumRow(market, request.at);
  const rows = Array.from(request.venue.contracts.values(), (one) => {
    one.advance(request.at);
    return premiumRow(one, request.at);
  });
  return `[${rows.join(",")}]`;
}

/** Mark price, index price and funding as the venue writes them; time and rate are 0 and empty without funding. */
export interface FundingTexts {
  readonly markPrice: string;
  readonly indexPrice: string;
  readonly fundingRate: string;
  /** Milliseconds since 1970. */
  readonly nextFundingTime: number;
}

/** What the venue says of a contract at a time to which its market has advanced. */
export function fundingTexts(market: ContractMarket, at: number): FundingTexts {
  const perpetual = isPerpetual(market.contract);
  return {
    markPrice: formatFixed(market.markPrice(), 8),
    indexPrice: formatFixed(market.indexPrice(at), 8),
    fundingRate: perpetual ? formatFixed(market.fundingRate(at), 8) : "",
    nextFundingTime: perpetual ? market.nextFundingTime(at) : 0,
  };
}

function premiumRow(market: ContractMarket, at: number): string {
  const { contract } = market;
  const { markPrice, indexPrice, fundingRate, nextFundingTime } = fundingTexts(market, at);
  return (
    `{"symbol":"${contract.exchangeSymbol}","markPrice":"${markPrice}"` +
    `,"indexPrice":"${indexPrice}","estimatedSettlePrice":"${indexPrice}"` +
    `,"lastFundingRate":"${fundingRate}"` +
    `,"interestRate":"${isPerpetual(contract) ? contract.interestRate : ""}"` +
    `,"nextFundingTime":${nextFundingTime}` +
    `,"time":${Math.floor(at / 1000) * 1000}}`
  );
}

/**
 * `GET /fapi/v1/fundingInfo`: contracts whose interval, cap or floor was adjusted.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Get-Funding-Rate-Info
 */
export function fundingInfo({ venue }: RestRequest): string {
  const rows = [...venue.contracts.values()].flatMap(({ contract: { exchangeSymbol, funding } }) =>
    funding === undefined
      ? []
      : [
          {
            symbol: exchangeSymbol,
            adjustedFundingRateCap: funding.cap,
            adjustedFundingRateFloor: `-${funding.cap}`,
            fundingIntervalHours: funding.intervalHours,
            disclaimer: false,
            updateTime: funding.updateTime,
          },
        ],
  );
  return JSON.stringify(rows);
}

/**
 * `GET /fapi/v1/fundingRate`: payments of the past, oldest first: in a time window, or the latest. Without a
 * symbol, the latest of all.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/market-data/rest-api/Get-Funding-Rate-History
 */
export function fundingRate(request: RestRequest): RestAnswer {
  const limit = integerParameter(request.query, "limit", { min: 1, max: 1000 });
  if (typeof limit === "object") return limit;
  const anyTime = { min: 0, max: Number.MAX_SAFE_INTEGER };
  const startTime = integerParameter(request.query, "startTime", anyTime);
  if (typeof startTime === "object") return startTime;
  const endTime = integerParameter(request.query, "endTime", anyTime);
  if (typeof endTime === "object") return endTime;
  const market = requestedMarket(request);
  if (isRefusal(market)) return market;

  const markets = market === undefined ? [...request.venue.contracts.values()] : [market];
  const events = markets
    .flatMap((one): [string, FundingEvent][] => {
      one.advance(request.at);
      return one.fundingEvents.map((event) => [one.contract.exchangeSymbol, event]);
    })
    .filter(
      ([, event]) =>
        event.fundingTime <= Math.min(endTime ?? request.at, request.at) &&
        event.fundingTime >= (startTime ?? 0),
    )
    .sort(([, a], [, b]) => a.fundingTime - b.fundingTime);
  const most = limit ?? 100;
  const chosen = startTime === undefined ? events.slice(-most) : events.slice(0, most);
  const rows = chosen.map(([symbol, event]) => ({
    symbol,
    fundingTime: event.fundingTime,
    fundingRate: formatFixed(event.rate, 8),
    markPrice: formatFixed(event.markPrice, 8),
    rateType: "Regular",
  }));
  return JSON.stringify(rows);
}
