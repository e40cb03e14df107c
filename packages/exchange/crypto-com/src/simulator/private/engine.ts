import type { OrderRequest } from "@conn/simulator";
import { preventionOf, type VenueAccount } from "./accounts.js";
import { engineRefusal, objectionTo } from "./order-checks.js";
import type { PrivateContext } from "./private-context.js";
import type { Refusal } from "./refusal.js";
import type { OrderForm, VenueOrder } from "./venue-order.js";

/** What carries out commands once they have arrived. */
export interface Engine {
  create(order: VenueOrder, at: number): void;
  /** Its new price and quantity, and what it is called from then on. */
  amend(
    order: VenueOrder,
    change: { readonly price: string; readonly quantity: string; readonly clientOid: string },
    at: number,
  ): void;
  cancel(order: VenueOrder, at: number): void;
  /** The next `count` orders are rejected with this. */
  rejectNext(refusal: Refusal, count: number): void;
}

/** How to make it. */
export interface EngineOptions {
  readonly context: PrivateContext;
  /** Has the core call its next order so. */
  readonly nameNextOrder: (id: string) => void;
  /** Tells the account that an order was rejected. */
  readonly rejected: (order: VenueOrder) => void;
}

/** Makes the engine's front. */
export function createEngine({ context, nameNextOrder, rejected }: EngineOptions): Engine {
  const { core } = context;
  const scripted: Refusal[] = [];

  const reject = (order: VenueOrder, { code }: Refusal, at: number): void => {
    order.state = "rejected";
    order.reason = code;
    order.rejectedAt = at;
    rejected(order);
  };

  return {
    create(order, at) {
      core.advance(at);
      // It is no longer on the way when its account's orders are counted.
      order.state = "accepted";
      const objection = scripted.shift() ?? objectionTo(context, order.account, order.form);
      if (objection !== undefined) {
        reject(order, objection, at);
        return;
      }
      nameNextOrder(order.id);
      const result = core.submit(requestOf(context, order.account, order.form), at);
      if (!result.ok) reject(order, engineRefusal(result.reason), at);
    },
    amend(order, { price, quantity, clientOid }, at) {
      if (order.state !== "accepted") return;
      // An amendment cancels the order and creates another behind the scenes; if that fails, the first is gone:
      // https://exchange-docs.crypto.com/exchange/v1/rest-ws/index.html#private-amend-order
      const result = core.amend(order.account.name, { id: order.id }, { price, amount: quantity }, at);
      if (result.ok) context.orders.rename(order, clientOid);
      else if (result.reason !== "orderFinished" && result.reason !== "unknownOrder") {
        order.reason = engineRefusal(result.reason).code;
        core.cancelByVenue({ id: order.id }, at);
      }
    },
    cancel(order, at) {
      // What has ended meanwhile has been told.
      if (order.state === "accepted") core.cancel(order.account.name, { id: order.id }, at);
    },
    rejectNext(refusal, count) {
      for (let index = 0; index < count; index++) scripted.push(refusal);
    },
  };
}

function requestOf({ instruments }: PrivateContext, account: VenueAccount, form: OrderForm): OrderRequest {
  const timeInForce = ({ GOOD_TILL_CANCEL: "gtc", IMMEDIATE_OR_CANCEL: "ioc", FILL_OR_KILL: "fok" } as const)[
    form.timeInForce
  ];
  const shared = {
    account: account.name,
    symbol: instruments.nameOf(form.market),
    side: form.side === "BUY" ? "buy" : "sell",
    selfTradePrevention: preventionOf(form.prevention),
    ...(form.quantity === undefined ? {} : { amount: form.quantity }),
  } as const;
  if (form.type === "LIMIT") {
    return { ...shared, kind: "limit", price: form.price!, timeInForce, postOnly: form.postOnly };
  }
  return {
    ...shared,
    kind: "market",
    // A market order takes what there is; GOOD_TILL_CANCEL, the default, means nothing to it.
    timeInForce: timeInForce === "fok" && form.notional === undefined ? "fok" : "ioc",
    ...(form.notional === undefined ? {} : { quoteAmount: form.notional }),
  };
}
