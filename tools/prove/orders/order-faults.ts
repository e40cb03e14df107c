import type { RequestFilter } from "@conn/simulator";
import type { OrderVenue } from "./order-venues.ts";

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

/** What goes wrong with the private stream, by name. */
export const streamFaults: Readonly<Record<string, OrderFault>> = {
  streamReset: ({ faults, userRoute }) => faults.drop({ route: userRoute }),
  streamClosed: ({ faults, userRoute }) => faults.drop({ route: userRoute }, { code: 1001 }),
  streamRefused({ faults, userRoute }) {
    faults.rejectUpgrade({ route: userRoute }, "reset");
    faults.drop({ route: userRoute });
  },
  accessExpired: (venue, { account }) => venue.expireStream(account),
  eventLost: ({ faults, orderEvents }) => faults.lose(orderEvents),
  eventTwice: ({ faults, orderEvents }) => faults.duplicate(orderEvents),
  eventsReordered: ({ faults, orderEvents }) => faults.reorder(orderEvents),
  eventLate: ({ faults, orderEvents }, { delayMs }) => faults.delay(orderEvents, delayMs),
  feeMissing: (venue) => venue.omitFee(),
};
