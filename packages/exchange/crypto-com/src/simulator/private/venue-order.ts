import type { InstrumentMarket } from "../market/instrument-market.js";
import type { PreventionSettings, VenueAccount } from "./accounts.js";

/** An order as an account asks for it. Numbers are plain decimal texts. */
export interface OrderForm {
  readonly market: InstrumentMarket;
  readonly side: "BUY" | "SELL";
  readonly type: "LIMIT" | "MARKET";
  readonly price: string | undefined;
  /** Either this or `notional`. */
  readonly quantity: string | undefined;
  readonly notional: string | undefined;
  readonly timeInForce: "GOOD_TILL_CANCEL" | "IMMEDIATE_OR_CANCEL" | "FILL_OR_KILL";
  readonly postOnly: boolean;
  readonly prevention: PreventionSettings | undefined;
  readonly clientOid: string | undefined;
}

/**
 * An order from the moment when it is acknowledged. Until the engine has it (`sent`) or if it never gets there
 * (`lost`), no query knows it.
 */
export interface VenueOrder {
  readonly id: string;
  /** Its place among all orders of the venue, from 0 on. */
  readonly number: number;
  readonly account: VenueAccount;
  readonly form: OrderForm;
  /** When it was acknowledged, milliseconds since 1970. */
  readonly createdAt: number;
  /** The socket that it came by. */
  readonly connectionId: number | undefined;
  /** An amendment may change it. */
  clientOid: string;
  state: "sent" | "lost" | "accepted" | "rejected";
  /** The code of the refusal, or of what ended it, where the engine's word for it does not tell. */
  reason: number | undefined;
  /** When it was rejected. */
  rejectedAt: number | undefined;
}

/** All orders that were acknowledged. */
export interface VenueOrders {
  add(
    account: VenueAccount,
    form: OrderForm,
    from: { readonly clientOid: string; readonly at: number; readonly connectionId: number | undefined },
  ): VenueOrder;
  /** Of the account, oldest first. */
  of(account: VenueAccount): readonly VenueOrder[];
  /** Those of the account that are on their way to the engine. */
  sent(account: VenueAccount): readonly VenueOrder[];
  /** @throws {TypeError} if there is no such order. */
  get(id: string): VenueOrder;
  byId(account: VenueAccount, id: string): VenueOrder | undefined;
  /** The latest one that has the id. */
  byClientOid(account: VenueAccount, clientOid: string): VenueOrder | undefined;
  /** Gives an order another client id. */
  rename(order: VenueOrder, clientOid: string): void;
  /** Whether the account has ever given this client id itself. */
  isUsed(account: VenueAccount, clientOid: string): boolean;
  markUsed(account: VenueAccount, clientOid: string): void;
}

/** Ids of orders have nineteen digits at the venue: no number holds them. */
const FIRST_ORDER_ID = 6_530_219_466_236_720_401n;
/** Orders of others lie between two orders of ours. */
const ORDER_ID_STEP = 7n;

/** Makes the list, empty. */
export function createVenueOrders(): VenueOrders {
  const all = new Map<string, VenueOrder>();
  const byAccount = new Map<VenueAccount, VenueOrder[]>();
  const byClientOid = new Map<string, VenueOrder>();
  const used = new Set<string>();
  /** All that are on their way, and some that have arrived. */
  const sent = new Set<VenueOrder>();
  const nameOf = (account: VenueAccount, clientOid: string): string => `${account.id} ${clientOid}`;
  return {
    add(account, form, { clientOid, at, connectionId }) {
      const number = all.size;
      const order: VenueOrder = {
        id: String(FIRST_ORDER_ID + BigInt(number) * ORDER_ID_STEP),
        number,
        account,
        form,
        createdAt: at,
        connectionId,
        clientOid,
        state: "sent",
        reason: undefined,
        rejectedAt: undefined,
      };
      all.set(order.id, order);
      sent.add(order);
      const own = byAccount.get(account);
      if (own === undefined) byAccount.set(account, [order]);
      else own.push(order);
      byClientOid.set(nameOf(account, clientOid), order);
      return order;
    },
    sent(account) {
      for (const order of sent) if (order.state !== "sent") sent.delete(order);
      return [...sent].filter((order) => order.account === account);
    },
    of: (account) => byAccount.get(account) ?? [],
    get(id) {
      const order = all.get(id);
      if (order === undefined) throw new TypeError(`no order ${id}`);
      return order;
    },
    byId(account, id) {
      const order = all.get(id);
      return order?.account === account ? order : undefined;
    },
    byClientOid: (account, clientOid) => byClientOid.get(nameOf(account, clientOid)),
    rename(order, clientOid) {
      const { account } = order;
      const before = nameOf(account, order.clientOid);
      if (byClientOid.get(before) === order) byClientOid.delete(before);
      order.clientOid = clientOid;
      byClientOid.set(nameOf(account, clientOid), order);
    },
    isUsed: (account, clientOid) => used.has(nameOf(account, clientOid)),
    markUsed: (account, clientOid) => void used.add(nameOf(account, clientOid)),
  };
}
