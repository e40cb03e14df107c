import {
  type BalanceListing,
  Decimal,
  type Instrument,
  type KeyPermissions,
  ProtocolError,
  parseJson,
  type RestCall,
  type TradingFees,
} from "@conn/core";
import * as v from "valibot";
import { REQUEST_WEIGHT, WALLET_URL } from "../constants.js";
import { decimal } from "./order-words.js";

const weight = (units: number): Readonly<Record<string, number>> => ({ [REQUEST_WEIGHT.id]: units });

const BALANCES = v.array(v.object({ asset: v.string(), balance: decimal, availableBalance: decimal }));

/** @see https://developers.binance.com/docs/derivatives/usds-margined-futures/account/rest-api/Futures-Account-Balance-V3 */
export const balances: RestCall<BalanceListing> = {
  method: "GET",
  path: "/fapi/v3/balance",
  access: "signed",
  cost: weight(5),
  parse: (body) => ({
    balances: v.parse(BALANCES, parseJson(body)).map(({ asset, balance, availableBalance }) => ({
      asset,
      total: balance,
      available: availableBalance,
      // Its `updateTime` is that of the last change of the total, and says nothing of what is available.
      exchangeTimestamp: undefined,
    })),
    exchangeTimestamp: undefined,
  }),
};

const RATES = v.object({ makerCommissionRate: decimal, takerCommissionRate: decimal });

/** @see https://developers.binance.com/docs/derivatives/usds-margined-futures/account/rest-api/User-Commission-Rate */
export function tradingFees({
  exchangeSymbol,
}: Instrument): RestCall<Pick<TradingFees, "makerRate" | "takerRate">> {
  return {
    method: "GET",
    path: "/fapi/v1/commissionRate",
    query: { symbol: exchangeSymbol },
    access: "signed",
    cost: weight(20),
    parse(body) {
      const { makerCommissionRate, takerCommissionRate } = v.parse(RATES, parseJson(body));
      return { makerRate: makerCommissionRate, takerRate: takerCommissionRate };
    },
  };
}

const CONFIGS = v.array(v.object({ symbol: v.string(), leverage: v.number() }));

/** @see https://developers.binance.com/docs/derivatives/usds-margined-futures/account/rest-api/Symbol-Config */
export function leverage({ exchangeSymbol }: Instrument): RestCall<Decimal> {
  return {
    method: "GET",
    path: "/fapi/v1/symbolConfig",
    query: { symbol: exchangeSymbol },
    access: "signed",
    cost: weight(5),
    parse(body) {
      const config = v.parse(CONFIGS, parseJson(body)).find(({ symbol }) => symbol === exchangeSymbol);
      if (config === undefined)
        throw new ProtocolError("MALFORMED_ANSWER", `symbolConfig does not tell of ${exchangeSymbol}`);
      return new Decimal(config.leverage);
    },
  };
}

const RESTRICTIONS = v.object({
  ipRestrict: v.boolean(),
  enableWithdrawals: v.boolean(),
  enableFutures: v.boolean(),
});

/**
 * What the key may do. The futures API has nothing of the kind: `canWithdraw` of its accounts is whether the account may.
 *
 * @see https://developers.binance.com/docs/wallet/account/api-key-permission
 */
export const keyPermissions: RestCall<KeyPermissions> = {
  method: "GET",
  path: "/sapi/v1/account/apiRestrictions",
  host: WALLET_URL,
  access: "signed",
  // The wallet API counts apart, 12,000 a minute: one question in a while is not worth a pool.
  cost: {},
  parse(body) {
    const { ipRestrict, enableWithdrawals, enableFutures } = v.parse(RESTRICTIONS, parseJson(body));
    return { canTrade: enableFutures, canWithdraw: enableWithdrawals, ipRestricted: ipRestrict };
  },
};
