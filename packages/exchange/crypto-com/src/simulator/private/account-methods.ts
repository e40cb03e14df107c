import { Decimal, ZERO } from "@conn/core";
import type { VenueAccount } from "./accounts.js";
import { readPrevention } from "./order-form.js";
import type { MethodAnswer } from "./order-methods.js";
import { dollarsOf, type PrivateCall, type PrivateContext, requiredMarket } from "./private-context.js";
import { optionalText } from "./private-request.js";
import { refusals, refuse } from "./refusal.js";

/** Balances. @see https://exchange-docs.crypto.com/exchange/v1/rest-ws/index.html#private-user-balance */
export function userBalance({ context, account }: PrivateCall): MethodAnswer {
  return { result: { data: [balanceFields(context, account)] } };
}

/**
 * All that an account has, as one object that replaces the one before. The totals are in US dollars, by latest prices;
 * without positions, haircuts and loans they are sums of what is there.
 *
 * @see https://exchange-developer.crypto.com/exchange/v1/docs/api/websocket/ws-channel-user-balance
 */
export function balanceFields(context: PrivateContext, account: VenueAccount): Record<string, unknown> {
  let total: Decimal = ZERO;
  let available: Decimal = ZERO;
  const balances = context.core.ledger.balances(account.name).map((balance) => {
    const dollars = new Decimal(dollarsOf(context, balance.asset) ?? 0);
    const value = balance.total.times(dollars);
    total = total.plus(value);
    available = available.plus(balance.available.times(dollars));
    return {
      instrument_name: balance.asset,
      quantity: balance.total.toFixed(),
      market_value: money(value),
      collateral_eligible: String(dollars.gt(0)),
      haircut: "0",
      collateral_amount: money(value),
      max_withdrawal_balance: balance.available.toFixed(),
      reserved_qty: balance.held.toFixed(),
      hourly_interest_rate: "0",
    };
  });
  return {
    total_available_balance: money(available),
    total_margin_balance: money(total),
    total_initial_margin: "0",
    total_maintenance_margin: "0",
    total_position_cost: "0",
    total_cash_balance: money(total),
    total_collateral_value: money(total),
    total_session_unrealized_pnl: "0",
    instrument_name: "USD",
    total_session_realized_pnl: "0",
    is_liquidating: false,
    total_effective_leverage: "0",
    position_limit: "3000000",
    used_position_limit: "0",
    total_isolated_cash_balance: "0",
    position_balances: balances,
    isolated_positions: [],
  };
}

function money(amount: Decimal): string {
  return amount.toDecimalPlaces(8).toFixed();
}

/** Rates of the account. @see https://exchange-docs.crypto.com/exchange/v1/rest-ws/index.html#private-get-fee-rate */
export function getFeeRate({ context, account }: PrivateCall): MethodAnswer {
  const { maker, taker } = context.core.settingsOf(account.name).fees;
  return {
    result: {
      spot_tier: "1",
      deriv_tier: "1",
      effective_spot_maker_rate_bps: basisPoints(maker),
      effective_spot_taker_rate_bps: basisPoints(taker),
      effective_deriv_maker_rate_bps: "1.5",
      effective_deriv_taker_rate_bps: "3",
    },
  };
}

/** Rates of the account in one pair. @see https://exchange-docs.crypto.com/exchange/v1/rest-ws/index.html#private-get-instrument-fee-rate */
export function getInstrumentFeeRate(call: PrivateCall): MethodAnswer {
  const { context, account } = call;
  const market = requiredMarket(call, call.params);
  const settings = context.core.settingsOf(account.name);
  const { maker, taker } = settings.feesOf?.[context.instruments.nameOf(market)] ?? settings.fees;
  return {
    result: {
      instrument_name: market.instrument.exchangeSymbol,
      effective_maker_rate_bps: basisPoints(maker),
      effective_taker_rate_bps: basisPoints(taker),
    },
  };
}

function basisPoints(rate: string): string {
  return new Decimal(rate).times(10_000).toFixed();
}

/** The account; there are no subaccounts here. @see https://exchange-docs.crypto.com/exchange/v1/rest-ws/index.html#private-get-accounts */
export function getAccounts({ account }: PrivateCall): MethodAnswer {
  return {
    result: {
      master_account: {
        uuid: account.id,
        user_uuid: account.userId,
        enabled: true,
        tradable: true,
        name: account.name,
        margin_access: "DISABLED",
        derivatives_access: "DISABLED",
        create_time: account.createdAt,
        update_time: account.createdAt,
        two_fa_enabled: true,
        suspended: false,
        terminated: false,
      },
      sub_account_list: [],
    },
  };
}

/**
 * Currencies and their networks: those of the instruments, none of which can be sent from here to anywhere.
 *
 * @see https://exchange-docs.crypto.com/exchange/v1/rest-ws/index.html#private-get-currency-networks
 */
export function getCurrencyNetworks({ context, at }: PrivateCall): MethodAnswer {
  const currencies = new Set<string>();
  for (const { instrument } of context.markets.values()) {
    currencies.add(instrument.baseCurrency);
    currencies.add(instrument.quoteCurrency);
  }
  const entries = Array.from(currencies, (name) => [
    name,
    { full_name: name, default_network: null, network_list: [] },
  ]);
  return { result: { update_time: at, currency_map: Object.fromEntries(entries) } };
}

/** Prevention of self-trades. @see https://exchange-docs.crypto.com/exchange/v1/rest-ws/index.html#private-get-account-settings */
export function getAccountSettings({ account }: PrivateCall): MethodAnswer {
  const { prevention, leverage } = account;
  const settings =
    prevention === undefined
      ? {}
      : { stp_id: prevention.id, stp_scope: prevention.scope, stp_inst: prevention.instruction };
  return { result: [{ leverage, ...settings }] };
}

/**
 * Changes prevention of self-trades for orders that name none; `D` takes it back.
 *
 * @see https://exchange-docs.crypto.com/exchange/v1/rest-ws/index.html#private-change-account-settings
 */
export function changeAccountSettings({ account, params }: PrivateCall): MethodAnswer {
  const leverage = optionalText(params, "leverage");
  if (
    leverage !== undefined &&
    !(/^\d{1,2}$/.test(leverage) && Number(leverage) >= 1 && Number(leverage) <= 50)
  ) {
    refuse(refusals.missingArgument);
  }
  const resets = optionalText(params, "stp_scope") === "D";
  const prevention = resets ? undefined : readPrevention(params);
  if (leverage !== undefined) account.leverage = Number(leverage);
  if (resets || prevention !== undefined) account.prevention = prevention;
  return {};
}
