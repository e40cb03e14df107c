import type { Fill } from "@conn/simulator";
import { findOrder, type MethodAnswer } from "./order-methods.js";
import {
  createTimeNs,
  fillFields,
  fillTimeNs,
  orderFields,
  type StatusWord,
  statusWord,
} from "./order-texts.js";
import { optionalMarket, type PrivateCall, type PrivateContext } from "./private-context.js";
import { optionalText } from "./private-request.js";
import { refusals, refuse } from "./refusal.js";
import type { VenueOrder } from "./venue-order.js";

const DAY_NS = 86_400_000_000_000n;
/** Most rows of an answer, and how many there are when nothing is asked for. */
const MOST_ROWS = 100;

/** An order as an answer or an event has it; `undefined` if the engine does not have it yet. */
function orderNow(
  context: PrivateContext,
  venueOrder: VenueOrder,
  reasonAs: "number" | "text",
): { readonly fields: Record<string, unknown>; readonly status: StatusWord } | undefined {
  if (venueOrder.state === "sent" || venueOrder.state === "lost") return undefined;
  const order =
    venueOrder.state === "accepted"
      ? context.core.order(venueOrder.account.name, { id: venueOrder.id })
      : undefined;
  const status = order === undefined ? "REJECTED" : statusWord(venueOrder, order);
  return { fields: orderFields(context, venueOrder, order, status, reasonAs), status };
}

/** Open orders, oldest first. @see https://exchange-docs.crypto.com/exchange/v1/rest-ws/index.html#private-get-open-orders */
export function getOpenOrders(call: PrivateCall): MethodAnswer {
  const market = optionalMarket(call);
  return { result: { data: openOrderFields(call, market?.instrument.exchangeSymbol) } };
}

/** Open orders of an account, of one instrument or of all. */
export function openOrderFields(
  call: Pick<PrivateCall, "context" | "account" | "at">,
  exchangeSymbol: string | undefined,
): Record<string, unknown>[] {
  const { context, account } = call;
  return context.core
    .openOrders(account.name)
    .map(({ id }) => context.orders.get(id))
    .filter(
      (one) =>
        isTold(call, one.createdAt) &&
        (exchangeSymbol === undefined || one.form.market.instrument.exchangeSymbol === exchangeSymbol),
    )
    .flatMap((one) => {
      const now = orderNow(context, one, "text");
      return now === undefined ? [] : [now.fields];
    });
}

/**
 * One order. What is not known is NOT_FOUND with status 200, and so is an order that the engine does not have yet; an
 * id that is none is 212.
 *
 * @see https://exchange-docs.crypto.com/exchange/v1/rest-ws/index.html#private-get-order-detail
 * @see https://exchange-developer.crypto.com/exchange/v1/docs/api/rest-common-api-reference Response and Reason Codes
 */
export function getOrderDetail(call: PrivateCall): MethodAnswer {
  const id = optionalText(call.params, "order_id");
  if (id !== undefined && !/^\d{1,19}$/.test(id)) refuse(refusals.invalidOrderId);
  const order = findOrder(call, call.params, "client_oid");
  const now =
    order === undefined || !isTold(call, order.createdAt)
      ? undefined
      : orderNow(call.context, order, "number");
  return { result: (now ?? refuse(refusals.notFound)).fields };
}

/** Orders that have ended, latest first. @see https://exchange-docs.crypto.com/exchange/v1/rest-ws/index.html#private-get-order-history */
export function getOrderHistory(call: PrivateCall): MethodAnswer {
  const market = optionalMarket(call);
  const window = readWindow(call);
  const data = [...call.context.orders.of(call.account)]
    .reverse()
    .filter(
      (one) =>
        (market === undefined || one.form.market === market) &&
        isInside(createTimeNs(one), window) &&
        isTold(call, one.createdAt),
    )
    .flatMap((one) => {
      const now = orderNow(call.context, one, "number");
      return now === undefined || now.status === "ACTIVE" ? [] : [now.fields];
    });
  return { result: { data: data.slice(0, window.limit) } };
}

/** Fills, latest first. @see https://exchange-docs.crypto.com/exchange/v1/rest-ws/index.html#private-get-trades */
export function getTrades(call: PrivateCall): MethodAnswer {
  const { context, account } = call;
  const market = optionalMarket(call);
  const window = readWindow(call);
  const filter = market === undefined ? {} : { symbol: context.instruments.nameOf(market) };
  const data = context.core
    .fills(account.name, filter)
    .reverse()
    .filter((fill) => isInside(fillTimeNs(fill), window) && isTold(call, fill.at))
    .slice(0, window.limit)
    .map((fill) => fillNow(context, fill));
  return { result: { data } };
}

/** A fill as an answer or an event has it. */
export function fillNow(context: PrivateContext, fill: Fill): Record<string, unknown> {
  return fillFields(context.orders.get(fill.orderId), fill, context.publicTradeOf(fill));
}

function isTold({ context, at }: Pick<PrivateCall, "context" | "at">, madeAt: number): boolean {
  return madeAt <= at - context.queryLagMs;
}

interface Window {
  readonly start: bigint;
  readonly end: bigint;
  readonly limit: number;
}

/**
 * The window of a question in nanoseconds: its start is inside, its end is not, and it is the day before the end unless
 * told. Nanoseconds are recommended and milliseconds taken.
 */
function readWindow({ params, at }: PrivateCall): Window {
  const limitText = optionalText(params, "limit") ?? String(MOST_ROWS);
  const limit = /^\d{1,3}$/.test(limitText) ? Number(limitText) : 0;
  if (limit < 1 || limit > MOST_ROWS) refuse(refusals.missingArgument);
  const end = readTime(optionalText(params, "end_time")) ?? BigInt(at + 1) * 1_000_000n;
  const start = readTime(optionalText(params, "start_time")) ?? end - DAY_NS;
  if (start > end) refuse(refusals.invalidDate);
  return { start, end, limit };
}

/** In our days milliseconds have 13 digits, microseconds 16, nanoseconds 19. */
function readTime(text: string | undefined): bigint | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,19}$/.test(text)) return refuse(refusals.invalidDate);
  return BigInt(text) * (text.length > 17 ? 1n : text.length > 14 ? 1_000n : 1_000_000n);
}

function isInside(nanoseconds: string, { start, end }: Window): boolean {
  const time = BigInt(nanoseconds);
  return time >= start && time < end;
}
