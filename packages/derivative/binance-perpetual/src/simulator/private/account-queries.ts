import { type Decimal, ZERO } from "@conn/core";
import type { LedgerReason } from "@conn/simulator";
import type { ContractMarket } from "../market/contract-market.js";
import type { RestAnswer } from "../rest/rest-answer.js";
import { type AssetValue, valueAssets, valuePositions } from "./account-value.js";
import { idNumber, type JsonValue, jsonText } from "./json-text.js";
import { BRACKETS, maxNotionalAt } from "./leverage-brackets.js";
import { optionalInteger, readTimeWindow } from "./parameters.js";
import { type KeyedCall, optionalMarket, type PrivateCall, requiredMarket } from "./private-call.js";

const money = (amount: Decimal): string => amount.toFixed(8);
const sumOf = (assets: readonly AssetValue[], field: (asset: AssetValue) => Decimal): Decimal =>
  assets.reduce((total, asset) => total.plus(field(asset)), ZERO);

/**
 * `GET /fapi/v2/balance` and `GET /fapi/v3/balance`.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/account/rest-api/Futures-Account-Balance-V3
 */
export function queryBalance({ context, account, at }: PrivateCall): RestAnswer {
  const assets = valueAssets(context, account.name, valuePositions(context, account.name, at));
  return jsonText(
    assets.map((asset) => ({
      accountAlias: account.alias,
      asset: asset.asset,
      balance: money(asset.walletBalance),
      crossWalletBalance: money(asset.walletBalance),
      crossUnPnl: money(asset.unrealizedProfit),
      availableBalance: money(asset.availableBalance),
      maxWithdrawAmount: money(asset.availableBalance),
      marginAvailable: true,
      updateTime: asset.updatedAt,
    })),
  );
}

/**
 * `GET /fapi/v2/account`: all positions that could be, with their leverage.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/account/rest-api/Account-Information-V2
 */
export function queryAccountV2(call: PrivateCall): RestAnswer {
  const { context, account, at } = call;
  const values = valuePositions(context, account.name, at);
  const assets = valueAssets(context, account.name, values);
  const positions = [...context.contracts.values()].map((market): JsonValue => {
    const name = context.instruments.nameOf(market);
    const value = values.find(({ position }) => position.symbol === name);
    const leverage = context.core.leverage(account.name, name);
    return {
      symbol: market.contract.exchangeSymbol,
      initialMargin: value === undefined ? "0" : money(value.initialMargin),
      maintMargin: value === undefined ? "0" : money(value.maintMargin),
      unrealizedProfit: money(value?.unrealizedProfit ?? ZERO),
      positionInitialMargin: value === undefined ? "0" : money(value.initialMargin),
      openOrderInitialMargin: "0",
      leverage: String(leverage),
      isolated: false,
      entryPrice: (value?.position.entryPrice ?? ZERO).toFixed(Math.max(5, market.contract.pricePrecision)),
      maxNotional: String(maxNotionalAt(leverage)),
      bidNotional: "0",
      askNotional: "0",
      positionSide: "BOTH",
      positionAmt: (value?.position.amount ?? ZERO).toFixed(market.contract.quantityPrecision),
      updateTime: value?.position.updatedAt ?? 0,
    };
  });
  return jsonText({
    feeTier: 0,
    feeBurn: context.core.settingsOf(account.name).feeDiscount !== undefined,
    canTrade: true,
    canDeposit: true,
    canWithdraw: true,
    updateTime: 0,
    multiAssetsMargin: false,
    tradeGroupId: -1,
    ...totals(assets),
    assets: assets.map((asset) => ({
      ...assetFields(asset),
      marginAvailable: true,
      updateTime: asset.updatedAt,
    })),
    positions,
  });
}

/**
 * `GET /fapi/v3/account`: only assets and positions in use, without their leverage.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/account/rest-api/Account-Information-V3
 */
export function queryAccountV3({ context, account, at }: PrivateCall): RestAnswer {
  const values = valuePositions(context, account.name, at);
  const assets = valueAssets(context, account.name, values);
  return jsonText({
    ...totals(assets),
    assets: assets.map((asset) => ({ ...assetFields(asset), updateTime: asset.updatedAt })),
    positions: values
      .filter(({ position }) => !position.amount.isZero())
      .map(({ position, market, notional, unrealizedProfit, initialMargin, maintMargin }) => ({
        symbol: market.contract.exchangeSymbol,
        positionSide: "BOTH",
        positionAmt: position.amount.toFixed(market.contract.quantityPrecision),
        unrealizedProfit: money(unrealizedProfit),
        isolatedMargin: "0",
        notional: money(notional),
        isolatedWallet: "0",
        initialMargin: money(initialMargin),
        maintMargin: money(maintMargin),
        updateTime: position.updatedAt,
      })),
  });
}

function totals(all: readonly AssetValue[]): Readonly<Record<string, JsonValue>> {
  // In single-asset mode the totals are those of USDT.
  const assets = all.filter(({ asset }) => asset === "USDT");
  const wallet = sumOf(assets, ({ walletBalance }) => walletBalance);
  const unrealized = sumOf(assets, ({ unrealizedProfit }) => unrealizedProfit);
  const positionMargin = sumOf(assets, ({ positionInitialMargin }) => positionInitialMargin);
  const orderMargin = sumOf(assets, ({ openOrderInitialMargin }) => openOrderInitialMargin);
  const available = sumOf(assets, ({ availableBalance }) => availableBalance);
  return {
    totalInitialMargin: money(positionMargin.plus(orderMargin)),
    totalMaintMargin: money(sumOf(assets, ({ maintMargin }) => maintMargin)),
    totalWalletBalance: money(wallet),
    totalUnrealizedProfit: money(unrealized),
    totalMarginBalance: money(wallet.plus(unrealized)),
    totalPositionInitialMargin: money(positionMargin),
    totalOpenOrderInitialMargin: money(orderMargin),
    totalCrossWalletBalance: money(wallet),
    totalCrossUnPnl: money(unrealized),
    availableBalance: money(available),
    maxWithdrawAmount: money(available),
  };
}

function assetFields(asset: AssetValue): Readonly<Record<string, JsonValue>> {
  return {
    asset: asset.asset,
    walletBalance: money(asset.walletBalance),
    unrealizedProfit: money(asset.unrealizedProfit),
    marginBalance: money(asset.walletBalance.plus(asset.unrealizedProfit)),
    maintMargin: money(asset.maintMargin),
    initialMargin: money(asset.positionInitialMargin.plus(asset.openOrderInitialMargin)),
    positionInitialMargin: money(asset.positionInitialMargin),
    openOrderInitialMargin: money(asset.openOrderInitialMargin),
    crossWalletBalance: money(asset.walletBalance),
    crossUnPnl: money(asset.unrealizedProfit),
    availableBalance: money(asset.availableBalance),
    maxWithdrawAmount: money(asset.availableBalance),
  };
}

/**
 * `GET /fapi/v1/symbolConfig`.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/account/rest-api/Symbol-Config
 */
export function querySymbolConfig(call: PrivateCall): RestAnswer {
  const { context, account } = call;
  return jsonText(
    askedMarkets(call).map((market) => {
      const leverage = context.core.leverage(account.name, context.instruments.nameOf(market));
      return {
        symbol: market.contract.exchangeSymbol,
        marginType: "CROSSED",
        isAutoAddMargin: false,
        leverage,
        maxNotionalValue: String(maxNotionalAt(leverage)),
      };
    }),
  );
}

/** The contract that `symbol` names, or all of them. */
function askedMarkets(call: PrivateCall): ContractMarket[] {
  const market = optionalMarket(call);
  return market === undefined ? [...call.context.contracts.values()] : [market];
}

/**
 * `GET /fapi/v1/accountConfig`.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/account/rest-api/Account-Config
 */
export function queryAccountConfig(): RestAnswer {
  return jsonText({
    feeTier: 0,
    canTrade: true,
    canDeposit: true,
    canWithdraw: true,
    dualSidePosition: false,
    updateTime: 0,
    multiAssetsMargin: false,
    tradeGroupId: -1,
  });
}

/**
 * `GET /fapi/v1/commissionRate`. RPI orders are not simulated; their rate is the maker's.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/account/rest-api/User-Commission-Rate
 */
export function queryCommissionRate(call: PrivateCall): RestAnswer {
  const market = requiredMarket(call);
  const { fees, feesOf } = call.context.core.settingsOf(call.account.name);
  const { maker, taker } = feesOf?.[call.context.instruments.nameOf(market)] ?? fees;
  return jsonText({
    symbol: market.contract.exchangeSymbol,
    makerCommissionRate: maker,
    takerCommissionRate: taker,
    rpiCommissionRate: maker,
  });
}

/**
 * `GET /fapi/v1/leverageBracket`.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/account/rest-api/Notional-and-Leverage-Brackets
 */
export function queryLeverageBrackets(call: PrivateCall): RestAnswer {
  const rows = askedMarkets(call).map((market) => ({
    symbol: market.contract.exchangeSymbol,
    brackets: BRACKETS.map(({ bracket, initialLeverage, notionalCap, notionalFloor, ...rest }) => ({
      bracket,
      initialLeverage,
      notionalCap,
      notionalFloor,
      maintMarginRatio: idNumber(rest.maintMarginRatio),
      cum: idNumber(rest.cum),
    })),
  }));
  return jsonText(rows);
}

/** `GET /fapi/v1/positionSide/dual`: one-way mode is all that is simulated. */
export function queryPositionMode(): RestAnswer {
  return jsonText({ dualSidePosition: false });
}

/** `GET /fapi/v1/multiAssetsMargin`. */
export function queryMultiAssetsMode(): RestAnswer {
  return jsonText({ multiAssetsMargin: false });
}

/**
 * `GET /fapi/v1/rateLimit/order`.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/account/rest-api/Query-Rate-Limit
 */
export function queryOrderLimits({ context }: PrivateCall): RestAnswer {
  return jsonText(
    context.orderLimits.limits.map(({ interval, intervalNum, limit }) => ({
      rateLimitType: "ORDERS",
      interval,
      intervalNum,
      limit,
    })),
  );
}

/** Words of the venue for why a balance changed. */
const INCOME_TYPES: Readonly<Record<LedgerReason, string>> = {
  deposit: "TRANSFER",
  withdrawal: "TRANSFER",
  transfer: "TRANSFER",
  trade: "REALIZED_PNL",
  fee: "COMMISSION",
  realizedPnl: "REALIZED_PNL",
  funding: "FUNDING_FEE",
  liquidationFee: "INSURANCE_CLEAR",
  insurance: "INSURANCE_CLEAR",
};

/** The ledger's entries have small numbers; the venue's are ten digits long. */
const FIRST_TRANSACTION_ID = 9_689_322_000;

/**
 * `GET /fapi/v1/income`: what changed the balances, oldest first.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/account/rest-api/Get-Income-History
 */
export function queryIncome(call: PrivateCall): RestAnswer {
  const { context, account, parameters, at } = call;
  const market = optionalMarket(call);
  const symbol = market === undefined ? undefined : context.instruments.nameOf(market);
  const incomeType = parameters.get("incomeType");
  const window = readTimeWindow(parameters, 92, at);
  const from = parameters.has("startTime") || parameters.has("endTime") ? window.from : at - 7 * 86_400_000;
  const limit = optionalInteger(parameters, "limit", { min: 1, max: 1000 }) ?? 100;
  const page = optionalInteger(parameters, "page", { min: 1, max: 1_000_000 }) ?? 1;
  const rows = context.core.ledger
    .entries(account.name)
    .filter((entry) => entry.at >= from && entry.at <= window.to)
    .filter((entry) => symbol === undefined || entry.symbol === symbol)
    .filter(({ reason }) => incomeType === undefined || INCOME_TYPES[reason] === incomeType)
    .slice((page - 1) * limit, page * limit)
    .map((entry) => ({
      symbol: entry.symbol === undefined ? "" : context.instruments.exchangeSymbol(entry.symbol),
      incomeType: INCOME_TYPES[entry.reason],
      income: money(entry.amount),
      asset: entry.asset,
      info: entry.tradeId === undefined ? INCOME_TYPES[entry.reason] : String(entry.tradeId),
      time: entry.at,
      tranId: FIRST_TRANSACTION_ID + entry.id,
      tradeId: entry.tradeId === undefined ? "" : String(entry.tradeId),
    }));
  return jsonText(rows);
}

/**
 * `GET /sapi/v1/account/apiRestrictions`: what the key that asks may do. The futures API itself has nothing of the
 * kind; at the venue this is on api.binance.com.
 *
 * @see https://developers.binance.com/docs/wallet/account/api-key-permission
 */
export function queryKeyPermissions({ key }: KeyedCall): RestAnswer {
  return jsonText({
    ipRestrict: key.addresses !== undefined,
    createTime: key.createdAt,
    enableReading: true,
    enableWithdrawals: key.withdraw,
    enableInternalTransfer: key.withdraw,
    enableMargin: false,
    enableFutures: key.trade,
    permitsUniversalTransfer: key.withdraw,
    enableVanillaOptions: false,
    enableFixApiTrade: false,
    enableFixReadOnly: false,
    enableSpotAndMarginTrading: false,
    enablePortfolioMarginTrading: false,
  });
}
