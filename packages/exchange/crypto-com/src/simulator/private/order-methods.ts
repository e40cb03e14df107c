import { Decimal, ZERO } from "@conn/core";
import type { Order } from "@conn/simulator";
import type { VenueAccount } from "./accounts.js";
import type { Engine } from "./engine.js";
import { isList, isObject, type JsonObject } from "./json-value.js";
import { isMultiple, isTooDear, objectionTo } from "./order-checks.js";
import { readClientOid, readOrderForm, requiredNumber } from "./order-form.js";
import { optionalMarket, type PrivateCall } from "./private-context.js";
import { optionalText, requiredText } from "./private-request.js";
import { type Refusal, Refused, refusals, refuse } from "./refusal.js";
import type { VenueOrder } from "./venue-order.js";

/** What a method answers with: a result, or nothing but its code. */
export type MethodAnswer = { readonly result?: unknown; readonly message?: string };

/** Orders of one list. @see https://exchange-docs.crypto.com/exchange/v1/rest-ws/index.html#private-create-order-list-list */
const MOST_IN_A_LIST = 10;

/** The methods that trade. All are asynchronous: an answer confirms that the request was received. */
export interface OrderMethods {
  createOrder(call: PrivateCall): MethodAnswer;
  amendOrder(call: PrivateCall): MethodAnswer;
  cancelOrder(call: PrivateCall): MethodAnswer;
  cancelAllOrders(call: PrivateCall): MethodAnswer;
  createOrderList(call: PrivateCall): MethodAnswer;
  cancelOrderList(call: PrivateCall): MethodAnswer;
}

/** Makes the methods. */
export function createOrderMethods(engine: Engine): OrderMethods {
  /** Takes an order in and sends it on its way. */
  const receive = (call: PrivateCall, params: JsonObject, answersRefusals: boolean): VenueOrder => {
    const { context, account, at, connectionId, nonce } = call;
    const form = readOrderForm(call, params);
    const { clientOid } = form;
    if (clientOid !== undefined && context.orders.isUsed(account, clientOid)) {
      refuse(refusals.duplicateClientOid);
    }
    if (answersRefusals) {
      const objection =
        objectionTo(context, account, form) ??
        (isTooDear(context, account, form) ? refusals.insufficientBalance : undefined);
      if (objection !== undefined) refuse(objection);
    }
    if (clientOid !== undefined) context.orders.markUsed(account, clientOid);
    // An order without an id of the client gets the nonce for one, which other orders may have too.
    const order = context.orders.add(account, form, { clientOid: clientOid ?? nonce, at, connectionId });
    context.commands.send(
      account,
      {
        kind: "create",
        run: (dueAt) => engine.create(order, dueAt),
        lost() {
          order.state = "lost";
        },
      },
      at,
    );
    return order;
  };

  const sendCancel = ({ context, account, at }: PrivateCall, order: VenueOrder): void =>
    context.commands.send(account, { kind: "cancel", run: (dueAt) => engine.cancel(order, dueAt) }, at);

  /** The order that a command names, if it can still be changed. */
  const activeOrder = (call: PrivateCall, params: JsonObject, clientOidName: string): VenueOrder => {
    const order = findOrder(call, params, clientOidName) ?? refuse(refusals.invalidOrderId);
    if (
      order.state === "rejected" ||
      (order.state === "accepted" && coreOrder(call, order)?.status !== "open")
    ) {
      refuse(refusals.noActiveOrder);
    }
    return order;
  };

  return {
    createOrder(call) {
      const order = receive(call, call.params, call.context.answersRefusals);
      return { result: { client_oid: order.clientOid, order_id: order.id } };
    },
    amendOrder(call) {
      const { context, account, params, at, id } = call;
      const price = requiredNumber(params, "new_price", refusals.invalidPrice);
      const quantity = requiredNumber(params, "new_quantity", refusals.invalidQuantity);
      const clientOid = readClientOid(params, "client_oid");
      const order = activeOrder(call, params, "orig_client_oid");
      if (order.form.type === "MARKET") refuse(refusals.noActiveOrder);
      if (clientOid !== undefined && clientOid !== order.clientOid) {
        if (context.orders.isUsed(account, clientOid)) refuse(refusals.duplicateClientOid);
        context.orders.markUsed(account, clientOid);
      }
      const { priceTickSize, quantityTickSize } = order.form.market.instrument;
      if (!isMultiple(price, priceTickSize)) refuse(refusals.invalidPrice);
      if (!isMultiple(quantity, quantityTickSize)) refuse(refusals.invalidQuantity);
      const before = sizeOf(order, coreOrder(call, order));
      // One of them must be new.
      if (before.price.eq(price) && before.quantity.eq(quantity)) refuse(refusals.missingArgument);
      if (costsMore(call, order, before, { price, quantity })) refuse(refusals.insufficientBalance);
      // Without another id it is called by the id of the request, as in the venue's example:
      // https://exchange-docs.crypto.com/exchange/v1/rest-ws/index.html#private-amend-order
      const newClientOid = clientOid ?? id;
      context.commands.send(
        account,
        {
          kind: "amend",
          run: (dueAt) => engine.amend(order, { price, quantity, clientOid: newClientOid }, dueAt),
        },
        at,
      );
      return { result: { client_oid: newClientOid, order_id: order.id } };
    },
    cancelOrder(call) {
      const order = activeOrder(call, call.params, "client_oid");
      sendCancel(call, order);
      return { result: { client_oid: order.clientOid, order_id: order.id }, message: "NO_ERROR" };
    },
    cancelAllOrders(call) {
      const { context, account, params, at } = call;
      const type = optionalText(params, "type") ?? "ALL";
      if (type !== "LIMIT" && type !== "TRIGGER" && type !== "ALL") refuse(refusals.missingArgument);
      const market = optionalMarket(call);
      // There are no trigger orders here.
      if (type !== "TRIGGER") {
        const run = (dueAt: number): void => {
          const filter = market === undefined ? {} : { symbol: context.instruments.nameOf(market) };
          context.core.cancelAll(account.name, filter, dueAt);
        };
        context.commands.send(account, { kind: "cancel", run }, at);
      }
      return {};
    },
    createOrderList(call) {
      return {
        result: readList(call.params).map((params, index) => {
          const clientOid = optionalText(params, "client_oid");
          const named = clientOid === undefined ? {} : { client_oid: clientOid };
          return leg(index, named, () => {
            // The venue's example has codes of balances and of ids in the answer.
            const order = receive(call, params, true);
            return { client_oid: order.clientOid, order_id: order.id };
          });
        }),
      };
    },
    cancelOrderList(call) {
      return {
        result: readList(call.params).map((params, index) =>
          leg(index, {}, () => {
            sendCancel(call, activeOrder(call, params, "client_oid"));
            return {};
          }),
        ),
      };
    },
  };
}

/** One of several: its code, and what it is called. */
function leg(index: number, named: object, run: () => object): object {
  try {
    return { code: 0, index, ...run() };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const { code, message }: Refusal = error.refusal;
    return { code, index, ...named, message };
  }
}

function readList(params: JsonObject): readonly JsonObject[] {
  if (requiredText(params, "contingency_type") !== "LIST") refuse(refusals.missingArgument);
  const list = params.order_list;
  if (!isList(list) || list.length === 0 || list.length > MOST_IN_A_LIST)
    return refuse(refusals.missingArgument);
  return list.map((one) => (isObject(one) ? one : refuse(refusals.missingArgument)));
}

/** The order that `order_id`, or else a client id, names. */
export function findOrder(
  { context, account }: Pick<PrivateCall, "context" | "account">,
  params: JsonObject,
  clientOidName: string,
): VenueOrder | undefined {
  const id = optionalText(params, "order_id");
  const clientOid = optionalText(params, clientOidName);
  if (id === undefined && clientOid === undefined) refuse(refusals.missingArgument);
  return id === undefined
    ? context.orders.byClientOid(account, clientOid!)
    : context.orders.byId(account, id);
}

function coreOrder({ context }: PrivateCall, { account, id }: VenueOrder): Order | undefined {
  return context.core.order(account.name, { id });
}

function sizeOf({ form }: VenueOrder, order: Order | undefined): { price: Decimal; quantity: Decimal } {
  return {
    price: order?.price ?? new Decimal(form.price ?? 0),
    quantity: order?.amount ?? new Decimal(form.quantity ?? 0),
  };
}

/** Whether an amendment needs more than there is. */
function costsMore(
  { context }: PrivateCall,
  order: VenueOrder,
  before: { readonly price: Decimal; readonly quantity: Decimal },
  after: { readonly price: string; readonly quantity: string },
): boolean {
  const account: VenueAccount = order.account;
  const { baseCurrency, quoteCurrency } = order.form.market.instrument;
  const buys = order.form.side === "BUY";
  const needed = buys
    ? new Decimal(after.price).times(after.quantity).minus(before.price.times(before.quantity))
    : new Decimal(after.quantity).minus(before.quantity);
  const asset = buys ? quoteCurrency : baseCurrency;
  return needed.gt(ZERO) && context.core.ledger.balance(account.name, asset).available.lt(needed);
}
