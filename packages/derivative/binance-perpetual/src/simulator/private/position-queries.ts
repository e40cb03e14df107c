import { type Decimal, ZERO } from "@conn/core";
import type { RestAnswer } from "../rest/rest-answer.js";
import {
  liquidationPrice,
  openOrderMargin,
  type PositionValue,
  valuePosition,
  valuePositions,
} from "./account-value.js";
import { type JsonValue, jsonText } from "./json-text.js";
import { maxNotionalAt } from "./leverage-brackets.js";
import { optionalMarket, type PrivateCall } from "./private-call.js";

const money = (amount: Decimal): string => amount.toFixed(8);

/** What is not written as 0 where there is nothing. */
const moneyOrZero = (amount: Decimal): string => (amount.isZero() ? "0" : money(amount));

/**
 * `GET /fapi/v3/positionRisk`: contracts with a position or open orders only; without leverage.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api/Position-Information-V3
 */
export function queryPositionsV3(call: PrivateCall): RestAnswer {
  const { context, account } = call;
  const rows = askedPositions(call)
    .filter(
      ({ value, orderMargin }) =>
        !value.position.amount.isZero() || !orderMargin.isZero() || hasOrders(call, value),
    )
    .map(({ value, orderMargin, others }): JsonValue => {
      const { position, market } = value;
      const marginAsset = market.contract.marginAsset;
      const wallet = context.core.ledger.balance(account.name, marginAsset).total;
      return {
        ...commonFields(call, value, wallet, others),
        isolatedMargin: "0",
        notional: moneyOrZero(value.notional),
        marginAsset,
        isolatedWallet: "0",
        initialMargin: moneyOrZero(value.initialMargin.plus(orderMargin)),
        maintMargin: moneyOrZero(value.maintMargin),
        positionInitialMargin: moneyOrZero(value.initialMargin),
        openOrderInitialMargin: moneyOrZero(orderMargin),
        adl: position.amount.isZero() ? 0 : 1,
        bidNotional: "0",
        askNotional: "0",
        updateTime: position.updatedAt,
      };
    });
  return jsonText(rows);
}

/**
 * `GET /fapi/v2/positionRisk`: all contracts, with leverage.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/trade/rest-api/Position-Information-V2
 */
export function queryPositionsV2(call: PrivateCall): RestAnswer {
  const { context, account } = call;
  const rows = askedPositions(call).map(({ value, others }): JsonValue => {
    const wallet = context.core.ledger.balance(account.name, value.market.contract.marginAsset).total;
    const { symbol, positionSide, ...rest } = commonFields(call, value, wallet, others);
    return {
      ...rest,
      marginType: "cross",
      isAutoAddMargin: "false",
      isolatedMargin: "0.00000000",
      leverage: String(value.position.leverage),
      maxNotionalValue: String(maxNotionalAt(value.position.leverage)),
      notional: moneyOrZero(value.notional),
      isolatedWallet: "0",
      symbol,
      positionSide,
      updateTime: value.position.updatedAt,
    };
  });
  return jsonText(rows);
}

function hasOrders({ context, account }: PrivateCall, { position }: PositionValue): boolean {
  return context.core.openOrders(account.name, position.symbol).length > 0;
}

interface AskedPosition {
  readonly value: PositionValue;
  readonly orderMargin: Decimal;
  /** The other positions that are margined in the same asset. */
  readonly others: readonly PositionValue[];
}

function askedPositions(call: PrivateCall): AskedPosition[] {
  const { context, account, at } = call;
  const asked = optionalMarket(call);
  const values = valuePositions(context, account.name, at);
  const markets = asked === undefined ? [...context.contracts.values()] : [asked];
  return markets.map((market) => {
    const name = context.instruments.nameOf(market);
    const value = values.find(({ position }) => position.symbol === name) ?? emptyPosition(call, name);
    const { marginAsset } = market.contract;
    return {
      value,
      orderMargin: openOrderMargin(context, account.name, name),
      others: values.filter((other) => other !== value && other.market.contract.marginAsset === marginAsset),
    };
  });
}

function emptyPosition({ context, account, at }: PrivateCall, symbol: string): PositionValue {
  return valuePosition(
    context,
    {
      account: account.name,
      symbol,
      positionSide: "both",
      amount: ZERO,
      entryPrice: undefined,
      cost: ZERO,
      realizedPnl: ZERO,
      leverage: context.core.leverage(account.name, symbol),
      initialMargin: ZERO,
      updatedAt: 0,
    },
    at,
  );
}

function commonFields(
  { context, account }: PrivateCall,
  value: PositionValue,
  walletBalance: Decimal,
  others: readonly PositionValue[],
): { readonly symbol: string; readonly positionSide: string } & Readonly<Record<string, JsonValue>> {
  const { position, market } = value;
  return {
    symbol: market.contract.exchangeSymbol,
    positionSide: "BOTH",
    positionAmt: position.amount.toFixed(market.contract.quantityPrecision),
    entryPrice: priceText(position.entryPrice),
    breakEvenPrice: priceText(context.breakEvenPrice(account.name, position.symbol)),
    markPrice: money(value.markPrice),
    unRealizedProfit: money(value.unrealizedProfit),
    liquidationPrice: priceText(liquidationPrice(value, walletBalance, others)),
  };
}

/** A price that was computed, to at most eleven decimals as the venue writes them. */
function priceText(price: Decimal | undefined): string {
  return price === undefined || price.isZero() ? "0.0" : price.toDecimalPlaces(11).toFixed();
}
