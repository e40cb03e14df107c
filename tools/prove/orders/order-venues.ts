import { plugin as binancePerpetual } from "@conn/binance-perpetual";
import {
  startSimulator as startBinancePerpetual,
  withoutCommission,
} from "@conn/binance-perpetual/simulator";
import type { ConnectorPlugin, Credentials, Ports } from "@conn/core";
import { Decimal } from "@conn/core";
import type { Fault, Faults, FrameFilter, Order, RequestFilter, RequestRejection } from "@conn/simulator";
import {
  balanceText,
  type FillText,
  feesText,
  type OrderText,
  sortedFills,
  type TrueAccount,
} from "./account-text.ts";

/** Requests of a venue, by what they do. */
export type OrderRequestKind = "place" | "placeBatch" | "cancel" | "cancelBatch" | "amend";

/** A simulated venue on loopback, as far as orders are concerned. */
export interface OrderVenue {
  readonly urls: Readonly<Record<string, string>>;
  readonly faults: Faults;
  readonly requests: Readonly<Record<OrderRequestKind, RequestFilter>>;
  /** Questions after orders, fills and balances. */
  readonly questions: readonly RequestFilter[];
  /** Events that tell of orders. */
  readonly orderEvents: FrameFilter;
  /** Route of the private stream. */
  readonly userRoute: string;
  /** The venue's words that it does not know what it did, and that it did nothing. */
  readonly unknownError: RequestRejection;
  readonly unavailable: RequestRejection;
  /** The next fill is told without its fee. */
  omitFee(): Fault;
  /** Opens an account with money, in which another program has orders. */
  openAccount(account: string): Credentials;
  /** Ends the access to the account's stream, where it needs to be kept alive. */
  expireStream(account: string): void;
  /** Somebody fills a share of one of the account's open orders, drawn by a number from 0 to 1; false if there is none. */
  fillOne(account: string, chance: number): boolean;
  /** Lets the market go on, or stand still. */
  setRunning(isRunning: boolean): void;
  truthOf(account: string): TrueAccount;
  close(): Promise<void>;
}

/** A connector that trades, and its venue. */
export interface OrderSetup {
  readonly plugin: ConnectorPlugin;
  readonly tradingPairs: readonly string[];
  start(seed: number, ports: Ports): Promise<OrderVenue>;
}

/** Before the client order ids of another program. */
const FOREIGN = "other-";
const MARKET = { levels: 60, eventsPerSecond: 5, historySize: 256 };
const PLENTY = 1_000_000_000;

/** Every connector that trades and whose simulated venue has accounts. */
export const orderSetups: readonly OrderSetup[] = [
  {
    plugin: binancePerpetual,
    tradingPairs: ["BTC-USDT", "ETH-USDT", "SOL-USDT", "DOGE-USDT"],
    async start(seed, ports) {
      const symbols = ["BTCUSDT", "ETHUSDT", "SOLUSDT", "DOGEUSDT"];
      const venue = await startBinancePerpetual({
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
          const open = machine
            .openOrdersOf(account)
            .filter(({ clientOrderId }) => !clientOrderId?.startsWith(FOREIGN));
          const drawn = chance * open.length;
          const chosen = open[Math.floor(drawn)];
          if (chosen === undefined) return false;
          const { stepSize } = machine.contractOf(chosen.symbol);
          const { remainingAmount = new Decimal(0) } = chosen;
          const part = onStep(remainingAmount.times((drawn % 1).toFixed(2)), stepSize);
          try {
            machine.fillOrder(chosen.id, (part.isZero() ? remainingAmount : part).toFixed());
            return true;
          } catch (error) {
            // The market may have filled it in the meantime.
            if (error instanceof TypeError) return false;
            throw error;
          }
        },
        setRunning(isRunning) {
          for (const symbol of symbols)
            if (isRunning) machine.unfreeze(symbol);
            else machine.freeze(symbol);
        },
        truthOf(account) {
          const fills = Map.groupBy(machine.fillsOf(account), ({ orderId }) => orderId);
          const orders = machine.ordersOf(account).map(
            (each): OrderText => ({
              ...textOf(each),
              fills: sortedFills(
                (fills.get(each.id) ?? []).map(
                  ({ tradeId, price, amount, fee, feeAsset }): FillText => ({
                    tradeId: String(tradeId),
                    price: price.toFixed(),
                    amount: amount.toFixed(),
                    fees: feesText([{ asset: feeAsset, amount: fee }]),
                  }),
                ),
              ),
            }),
          );
          return { ...divided(orders), ...moneyOf(machine, account) };
        },
        close: () => venue.close(),
      };
    },
  },
];

type Venue = Awaited<ReturnType<typeof startBinancePerpetual>>["machine"];

/** Balances, and the ledger that must add up to them. */
function moneyOf(
  machine: Pick<Venue, "balancesOf" | "ledgerOf">,
  account: string,
): Pick<TrueAccount, "balances" | "feesPaid" | "contradictions"> {
  const ledger = machine.ledgerOf(account);
  const balances = machine.balancesOf(account);
  const contradictions: string[] = [];
  for (const { asset, total } of balances) {
    const sum = ledger
      .filter((entry) => entry.asset === asset)
      .reduce((all, { amount }) => all.plus(amount), new Decimal(0));
    if (!sum.eq(total)) contradictions.push(`the ledger of ${asset} adds up to ${sum}, not to ${total}`);
  }
  const fees = Map.groupBy(
    ledger.filter(({ reason }) => reason === "fee"),
    ({ orderId = "" }) => orderId,
  );
  return {
    contradictions,
    balances: Object.fromEntries(
      balances.map(({ asset, total, available }) => [
        asset,
        { total: balanceText(total), available: balanceText(available) },
      ]),
    ),
    feesPaid: Object.fromEntries(
      [...fees].map(([id, entries]) => [
        id,
        feesText(entries.map(({ asset, amount }) => ({ asset, amount: amount.neg() }))),
      ]),
    ),
  };
}

function divided(orders: readonly OrderText[]): Pick<TrueAccount, "orders" | "foreignOrders"> {
  const isForeign = ({ clientOrderId }: OrderText): boolean => clientOrderId.startsWith(FOREIGN);
  return {
    orders: orders.filter((order) => !isForeign(order)),
    foreignOrders: orders.filter(isForeign),
  };
}

function textOf(order: Order): Omit<OrderText, "fills"> {
  return {
    clientOrderId: order.clientOrderId ?? "",
    exchangeOrderId: order.id,
    exchangeSymbol: order.symbol,
    side: order.side,
    status: statusOf(order),
    price: order.price?.toFixed(),
    amount: order.amount?.toFixed(),
    filledAmount: order.filledAmount.toFixed(),
    fees: feesText([...order.fees].map(([asset, amount]) => ({ asset, amount }))),
  };
}

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

function onStep(value: Decimal, step: string): Decimal {
  return value.div(step).floor().times(step);
}
