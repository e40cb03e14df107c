import type { Random } from "@conn/core";
import type { RequestFilter } from "@conn/simulator";
import type { OrderRequestKind, OrderVenue } from "./order-venues.ts";

/** What was drawn for a fault. */
export interface OrderFaultFacts {
  readonly account: string;
  /** The request that is met. */
  readonly request: RequestFilter;
  /** How late what is late comes, in ms of the venue's time. */
  readonly delayMs: number;
}

/** Something that goes wrong once with the next request, event or connection that it fits. */
type OrderFault = (venue: OrderVenue, facts: OrderFaultFacts) => unknown;

const BAD_GATEWAY = { status: 502, headers: { "content-type": "text/html" }, body: "<html>502</html>" };

/** What goes wrong with requests, by name. */
export const requestFaults: Readonly<Record<string, OrderFault>> = {
  requestLost: ({ faults }, { request }) => faults.loseRequest(request),
  answerLost: ({ faults }, { request }) => faults.loseAnswer(request),
  badGatewayAfterwards: ({ faults }, { request }) => faults.replaceAnswer(request, BAD_GATEWAY),
  unavailable: ({ faults, unavailable }, { request }) => faults.rejectRequest(request, unavailable),
  unknownErrorBefore: ({ faults, unknownError }, { request }) => faults.rejectRequest(request, unknownError),
  unknownErrorAfterwards: ({ faults, unknownError }, { request }) =>
    faults.replaceAnswer(request, unknownError),
  resetBefore: ({ faults }, { request }) => faults.rejectRequest(request, "reset"),
  resetAfterwards: ({ faults }, { request }) => faults.replaceAnswer(request, "reset"),
  answerLate: ({ faults }, { request, delayMs }) => faults.delayAnswer(request, delayMs),
  answerUnreadable: ({ faults }, { request }) => faults.corruptAnswer(request, "<html>"),
};

/** What goes wrong with the connection of the private stream, by name. */
export const connectionFaults: Readonly<Record<string, OrderFault>> = {
  streamReset: ({ faults, userRoute }) => faults.drop({ route: userRoute }),
  streamClosed: ({ faults, userRoute }) => faults.drop({ route: userRoute }, { code: 1001 }),
  streamRefused({ faults, userRoute }) {
    faults.rejectUpgrade({ route: userRoute }, "reset");
    faults.drop({ route: userRoute });
  },
  accessExpired: (venue, { account }) => venue.expireStream(account),
};

/** What goes wrong with events of the private stream, by name. */
export const eventFaults: Readonly<Record<string, OrderFault>> = {
  eventLost: ({ faults, orderEvents }) => faults.lose(orderEvents),
  eventTwice: ({ faults, orderEvents }) => faults.duplicate(orderEvents),
  eventsReordered: ({ faults, orderEvents }) => faults.reorder(orderEvents),
  eventLate: ({ faults, orderEvents }, { delayMs }) => faults.delay(orderEvents, delayMs),
  feeMissing: (venue) => venue.omitFee(),
};

/** Of the faults that are drawn, most are of requests, and few of connections: each of those takes a while. */
const REQUESTS = 0.6;
const EVENTS = 0.37;
/** Of what is asked, less goes wrong than of what is ordered. */
const QUESTIONS = 0.15;
const LONGEST_DELAY_MS = 3_000;
/** Faults that found nothing to meet must not gather. */
const MOST_PENDING = 20;

/** Orders a fault drawn from random numbers, for a command that is to be given among others; returns its name. */
export function orderFault(
  venue: OrderVenue,
  { account, command, random }: { account: string; command: OrderRequestKind; random: Random },
): string {
  const pick = <Item>(items: readonly Item[]): Item | undefined =>
    items[Math.floor(random.next() * items.length)];
  const drawn = random.next();
  const faults =
    drawn < REQUESTS ? requestFaults : drawn < REQUESTS + EVENTS ? eventFaults : connectionFaults;
  const name = pick(Object.keys(faults)) ?? "";
  const question = random.next() < QUESTIONS ? pick(venue.questions) : undefined;
  const pending = venue.faults.pending();
  for (const oldest of pending.slice(0, Math.max(0, pending.length - MOST_PENDING))) oldest.cancel();
  faults[name]?.(venue, {
    account,
    request: question ?? venue.requests[command],
    delayMs: LONGEST_DELAY_MS * random.next(),
  });
  return name;
}
