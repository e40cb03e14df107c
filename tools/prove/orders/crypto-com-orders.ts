import { Decimal } from "@conn/core";
import { plugin } from "@conn/crypto-com";
import { startSimulator } from "@conn/crypto-com/simulator";
import type { OrderSetup } from "./order-venue.ts";
import { drawFill, FOREIGN, MARKET, onStep, PLENTY, trueAccount, wasDone } from "./simulated-account.ts";

const SYMBOLS = ["BTC_USDT", "ETH_USDT", "BTC_USD"];
const FUNDS = { USDT: "10000000", USD: "10000000", BTC: "1000", ETH: "10000" };
/** What the venue calls the first fill; it numbers those of all accounts. */
const FIRST_TRADE_ID = 5_755_600_460_443_882_762n;
const OFTEN = { requests: PLENTY, intervalMs: 1_000 };

const request = (method: string) => ({ method: "POST", kind: `private/${method}` });
// https://exchange-developer.crypto.com/exchange/v1/docs/api/rest-common-api-reference (response and reason codes)
const refusal = (status: number, code: number, message: string) => ({
  status,
  body: JSON.stringify({ id: -1, method: "", code, message }),
});

/** Orders at the simulated Crypto.com Exchange. */
export const cryptoComOrders: OrderSetup = {
  plugin,
  tradingPairs: ["BTC-USDT", "ETH-USDT", "BTC-USD"],
  async start(seed, ports) {
    const venue = await startSimulator({
      ports,
      seed,
      ...MARKET,
      limits: {
        requestsPerSecond: PLENTY,
        messagesPerSecond: PLENTY,
        userMessagesPerSecond: PLENTY,
        methodRequests: {},
        otherMethodRequests: OFTEN,
      },
    });
    const { machine, faults } = venue;
    return {
      urls: venue.urls,
      faults,
      requests: {
        place: request("create-order"),
        placeBatch: request("create-order-list"),
        cancel: request("cancel-order"),
        cancelBatch: request("cancel-order-list"),
        amend: request("amend-order"),
      },
      questions: ["get-order-detail", "get-open-orders", "get-trades", "user-balance"].map(request),
      orderEvents: { kind: "user.order" },
      userRoute: "user",
      unknownError: refusal(500, 50001, "ERR_INTERNAL"),
      unavailable: refusal(503, 9010001, "SYSTEM_MAINTENANCE"),
      // It tells every fee with its fill: a fill is lost instead.
      omitFee: () => faults.lose({ kind: "user.trade" }),
      openAccount(account) {
        machine.createAccount(account, { funds: FUNDS });
        for (const [index, symbol] of SYMBOLS.slice(0, 2).entries()) {
          const { priceTickSize, quantityTickSize, referencePrice } = machine.instrumentOf(symbol);
          const last = new Decimal(machine.lastPriceOf(symbol) ?? referencePrice);
          const price = onStep(last.times("0.96"), priceTickSize);
          machine.placeOrder(account, {
            instrument_name: symbol,
            side: "BUY",
            type: "LIMIT",
            quantity: onStep(new Decimal(500).div(price), quantityTickSize).toFixed(),
            price: price.toFixed(),
            client_oid: `${FOREIGN}${index}`,
          });
        }
        return { ...machine.createApiKey(account), account };
      },
      // Its stream logs in, and stays.
      expireStream: () => void faults.drop({ route: "user" }),
      fillOne(account, chance) {
        const { id, amount } = drawFill(machine.openOrdersOf(account), chance) ?? {};
        return id !== undefined && wasDone(() => machine.fillOrder(id, amount));
      },
      setRunning(isRunning) {
        for (const symbol of SYMBOLS)
          if (isRunning) machine.unfreeze(symbol);
          else machine.freeze(symbol);
      },
      truthOf: (account) =>
        trueAccount(machine, account, {
          tradeIdOf: ({ index }) => String(FIRST_TRADE_ID + BigInt(index)),
          // Its words are those of the records.
          statusOf: ({ status }) => status,
        }),
      close: () => venue.close(),
    };
  },
};
