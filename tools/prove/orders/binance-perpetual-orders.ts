import { plugin } from "@conn/binance-perpetual";
import { startSimulator, withoutCommission } from "@conn/binance-perpetual/simulator";
import { Decimal } from "@conn/core";
import type { Order } from "@conn/simulator";
import type { OrderSetup } from "./order-venue.ts";
import { drawFill, FOREIGN, MARKET, onStep, PLENTY, trueAccount, wasDone } from "./simulated-account.ts";

/** Orders at the simulated Binance USDⓈ-M futures. */
export const binancePerpetualOrders: OrderSetup = {
  plugin,
  tradingPairs: ["BTC-USDT", "ETH-USDT", "SOL-USDT", "DOGE-USDT"],
  async start(seed, ports) {
    const symbols = ["BTCUSDT", "ETHUSDT", "SOLUSDT", "DOGEUSDT"];
    const venue = await startSimulator({
      ports,
      seed,
      ...MARKET,
      limits: {
        weightPerMinute: PLENTY,
        ordersPerTenSeconds: PLENTY,
        ordersPerMinute: PLENTY,
        connectionsPerFiveMinutes: PLENTY,
        messagesPerSecond: PLENTY,
      },
    });
    const { machine, faults } = venue;
    const order = "/fapi/v1/order";
    const batch = "/fapi/v1/batchOrders";
    return {
      urls: venue.urls,
      faults,
      requests: {
        place: { method: "POST", kind: order },
        placeBatch: { method: "POST", kind: batch },
        cancel: { method: "DELETE", kind: order },
        cancelBatch: { method: "DELETE", kind: batch },
        amend: { method: "PUT", kind: order },
      },
      questions: [
        { method: "GET", kind: order },
        { method: "GET", kind: "/fapi/v1/openOrders" },
        { method: "GET", kind: "/fapi/v1/userTrades" },
        { method: "GET", kind: "/fapi/v3/balance" },
      ],
      orderEvents: { kind: "ORDER_TRADE_UPDATE" },
      userRoute: "private",
      // https://developers.binance.com/docs/derivatives/usds-margined-futures/general-info (503)
      unknownError: {
        status: 503,
        body: '{"code":-1000,"msg":"Unknown error, please check your request or try again later."}',
      },
      unavailable: { status: 503, body: '{"code":-1000,"msg":"Service Unavailable."}' },
      omitFee: () => faults.alter({ kind: "ORDER_TRADE_UPDATE", action: "TRADE" }, withoutCommission),
      openAccount(account) {
        machine.createAccount(account, { funds: { USDT: "100000000" } });
        for (const [index, symbol] of symbols.slice(0, 2).entries()) {
          const { tickSize, stepSize } = machine.contractOf(symbol);
          const price = onStep(new Decimal(machine.lastPriceOf(symbol)).times("0.96"), tickSize);
          machine.placeOrder(account, {
            symbol,
            side: "BUY",
            type: "LIMIT",
            timeInForce: "GTC",
            quantity: onStep(new Decimal(500).div(price), stepSize).toFixed(),
            price: price.toFixed(),
            newClientOrderId: `${FOREIGN}${index}`,
          });
        }
        return { ...machine.createApiKey(account), account };
      },
      expireStream: (account) => void machine.expireListenKey(account),
      fillOne(account, chance) {
        const { id, amount } = drawFill(machine.openOrdersOf(account), chance) ?? {};
        return id !== undefined && wasDone(() => machine.fillOrder(id, amount));
      },
      setRunning(isRunning) {
        for (const symbol of symbols)
          if (isRunning) machine.unfreeze(symbol);
          else machine.freeze(symbol);
      },
      truthOf: (account) =>
        trueAccount(machine, account, { tradeIdOf: ({ tradeId }) => String(tradeId), statusOf }),
      close: () => venue.close(),
    };
  },
};

/**
 * The state of an order, in this library's words: those that the venue calls canceled, or ends to keep an account from
 * trading with itself, are canceled, and what else it ends is expired.
 *
 * @see https://developers.binance.com/docs/derivatives/usds-margined-futures/common-definition
 */
function statusOf({ status, endCause }: Order): string {
  if (status === "filled" || status === "open" || status === "rejected") return status;
  const isCanceled = ["selfTrade", "user", "amended", "postOnly"].includes(endCause ?? "");
  return isCanceled ? "canceled" : "expired";
}
