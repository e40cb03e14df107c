import type { Connector, InFlightOrder } from "@conn/core";
import { balanceText, type KnownAccount, type KnownOrderText, orderText } from "./account-text.ts";

/** What a connector knows of its account, in texts. */
export function knownAccount(connector: Connector, orders: Iterable<InFlightOrder>): KnownAccount {
  return {
    orders: [...orders].map(
      (order): KnownOrderText =>
        orderText(order, connector.instruments.get(order.tradingPair)?.exchangeSymbol ?? ""),
    ),
    balances: Object.fromEntries(
      [...connector.balances.values()].map(({ asset, total, available }) => [
        asset,
        { total: balanceText(total), available: balanceText(available) },
      ]),
    ),
  };
}
