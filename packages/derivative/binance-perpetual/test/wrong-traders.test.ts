import {
  type Auth,
  type ErrorRule,
  type ExchangeDefinition,
  type FillUpdate,
  type OrderUpdate,
  type Ports,
  type RestCall,
  type TradingDefinition,
  type UserStreamMessage,
  ZERO,
} from "@conn/core";
import { runFailingCase } from "@conn/testkit";
import { expect, it } from "vitest";
import { plugin } from "../src/index.js";
import { simulator } from "./conformance-simulator.js";

type Change<Part> = (right: Part) => Partial<Part>;
type ChangeDefinition = Change<ExchangeDefinition>;

/** A mistake that this connector could make with orders and accounts, and the case that must notice it. */
interface Mistake {
  readonly what: string;
  readonly id: string;
  readonly change?: ChangeDefinition;
  readonly changePorts?: (ports: Ports) => Ports;
}

const trading =
  (change: Change<TradingDefinition>): ChangeDefinition =>
  (right) => ({ trading: { ...right.trading!, ...change(right.trading!) } });

const stream = (change: (message: UserStreamMessage) => UserStreamMessage | undefined): ChangeDefinition =>
  trading(({ userStream }) => ({
    userStream: {
      ...userStream!,
      parse: (data, context) => userStream!.parse(data, context).flatMap((message) => change(message) ?? []),
    },
  }));

/** Puts rules before those of the venue's errors. */
const errors =
  (...wrong: readonly ErrorRule[]): ChangeDefinition =>
  ({ rest }) => ({ rest: { ...rest, errors: [...wrong, ...(rest.errors ?? [])] } });

const withQuery = <Answer>(
  call: RestCall<Answer>,
  change: Readonly<Record<string, string | undefined>>,
): RestCall<Answer> => {
  const entries = Object.entries({ ...call.query, ...change });
  const query = Object.fromEntries(
    entries.flatMap(([name, text]) => (text === undefined ? [] : [[name, text]])),
  );
  return { ...call, query };
};

const withAnswer = <Answer>(
  call: RestCall<Answer>,
  change: (answer: Answer) => Answer,
): RestCall<Answer> => ({
  ...call,
  parse: (body) => change(call.parse(body)),
});

const place = (change: (call: RestCall<OrderUpdate>) => RestCall<OrderUpdate>): ChangeDefinition =>
  trading((right) => ({ place: (order) => change(right.place(order)) }));

const inFills =
  (change: (fill: FillUpdate) => readonly FillUpdate[]): Change<TradingDefinition> =>
  ({ fills }) => ({
    fills: {
      ...fills,
      call: (query) =>
        withAnswer(fills.call(query), (page) => ({
          ...page,
          fills: page.fills.flatMap((fill) => change(fill)),
        })),
    },
  });

const withAuth =
  (change: Change<Auth>): ChangeDefinition =>
  ({ auth }) => ({
    auth: { ...auth!, ...change(auth!) },
  });

const MISTAKES: readonly Mistake[] = [
  {
    what: "sells where it should buy",
    id: "O10",
    change: place((call) => withQuery(call, { side: call.query?.side === "BUY" ? "SELL" : "BUY" })),
  },
  {
    what: "makes client order ids that are too long",
    id: "O10",
    change: trading(({ clientOrderIds }) => ({
      clientOrderIds: { ...clientOrderIds, prefix: "conn-orders-of-this-program-", maxLength: 64 },
    })),
  },
  {
    what: "does not say that an order may only make",
    id: "O12",
    change: place((call) =>
      withQuery(call, { timeInForce: call.query?.timeInForce === "GTX" ? "GTC" : call.query?.timeInForce }),
    ),
  },
  {
    what: "leaves out when an order expires",
    id: "O14",
    change: place((call) =>
      withQuery(call, {
        goodTillDate: undefined,
        timeInForce: call.query?.timeInForce?.replace("GTD", "GTC"),
      }),
    ),
  },
  {
    what: "leaves out that an order may only reduce",
    id: "O15",
    change: place((call) => withQuery(call, { reduceOnly: undefined })),
  },
  {
    what: "takes the stream's cancellations for expiries",
    id: "O30",
    change: stream((message) =>
      message.type === "order" && message.update.status === "canceled"
        ? { ...message, update: { ...message.update, status: "expired" } }
        : message,
    ),
  },
  {
    what: "takes it for nothing that an order to cancel is not there",
    id: "O33",
    change: errors({ codes: ["-2011"], kind: "noChange", outcome: "rejected" }),
  },
  {
    what: "takes the answers of a batch for those of other orders",
    id: "O35",
    change: trading(({ placeBatch }) => ({
      placeBatch: {
        ...placeBatch!,
        call: (orders) => withAnswer(placeBatch!.call(orders), (answers) => answers.toReversed()),
      },
    })),
  },
  {
    what: "amends to the amount that was",
    id: "O36",
    change: trading((right) => ({
      amend: (command) => withQuery(right.amend!(command), { quantity: command.order.amount!.toFixed() }),
    })),
  },
  {
    what: "turns the sign of fees",
    id: "O40",
    change: stream((message) =>
      message.type === "fill" && message.fill.fees !== undefined
        ? {
            ...message,
            fill: {
              ...message.fill,
              fees: message.fill.fees.map(({ asset, amount }) => ({ asset, amount: amount.neg() })),
            },
          }
        : message,
    ),
  },
  {
    what: "does not read the fills of the stream",
    id: "O41",
    change: stream((message) => (message.type === "fill" ? undefined : message)),
  },
  {
    what: "loses fills that come without a client order id",
    id: "O42",
    change: trading(inFills((fill) => (fill.clientOrderId === undefined ? [] : [fill]))),
  },
  {
    what: "gives every fill a trade id of its own",
    id: "O42",
    change: trading(inFills((fill) => [{ ...fill, tradeId: `rest-${fill.tradeId}` }])),
  },
  {
    what: "does not read how much is filled",
    id: "O46",
    change: trading((right) => ({
      query: (order) => withAnswer(right.query(order), ({ filledAmount: _, ...update }) => update),
      openOrders: right.openOrders,
      fills: {
        ...right.fills,
        call: (query) => withAnswer(right.fills.call(query), () => ({ fills: [], cursor: undefined })),
      },
    })),
  },
  {
    what: "takes a gateway's 502 for the venue's refusal",
    id: "O50",
    change: errors({ httpStatus: 502, kind: "maintenance", outcome: "rejected" }),
  },
  {
    what: "believes that the venue forgets orders at once",
    id: "O50",
    change: trading(({ times }) => ({ times: { ...times, retentionMs: 0 } })),
  },
  {
    what: "does not say until when a request is valid",
    id: "O50",
    change: withAuth(({ signRequest }) => ({
      async signRequest(request, context) {
        const { validUntil: _, ...signed } = await signRequest(request, context);
        return signed;
      },
    })),
  },
  {
    what: "takes the amount of an acknowledged order for filled",
    id: "O68",
    change: place((call) =>
      withAnswer(call, (update) => ({ ...update, status: "open", filledAmount: update.amount ?? ZERO })),
    ),
  },
  {
    what: "takes refusals in a batch for acceptances",
    id: "O54",
    change: trading(({ placeBatch }) => ({
      placeBatch: {
        ...placeBatch!,
        call: (orders) =>
          withAnswer(placeBatch!.call(orders), (answers) =>
            answers.map(
              (answer, index): OrderUpdate =>
                "exchangeSymbol" in answer
                  ? answer
                  : {
                      exchangeSymbol: orders[index]!.instrument.exchangeSymbol,
                      clientOrderId: orders[index]!.order.clientOrderId,
                      exchangeOrderId: undefined,
                      status: "open",
                      exchangeTimestamp: undefined,
                    },
            ),
          ),
      },
    })),
  },
  {
    what: "takes a duplicate client order id for a refusal",
    id: "O55",
    change: errors({ codes: ["-4116"], kind: "invalidOrder", outcome: "rejected" }),
  },
  {
    what: "believes that the venue finds an order as soon as it has it",
    id: "O56",
    change: trading(({ times }) => ({ times: { ...times, queryLagMs: 0 } })),
  },
  {
    what: "takes no answer to a question for no order",
    id: "O60",
    change: trading((right) => ({ query: (order) => withQuery(right.query(order), { orderId: "1" }) })),
  },
  {
    what: "does not list the orders of others",
    id: "O62",
    change: trading((right) => ({
      openOrders: (instrument) =>
        withAnswer(right.openOrders(instrument), (all) =>
          all.filter(({ clientOrderId }) => clientOrderId?.startsWith("conn-")),
        ),
    })),
  },
  {
    what: "takes a status that the venue does not know itself for a refusal",
    id: "O67",
    change: errors({ httpStatus: 503, kind: "maintenance", outcome: "retryable" }),
  },
  {
    what: "takes all of a balance for available",
    id: "A03",
    change: trading(({ balances }) => ({
      balances: withAnswer(balances, (listing) => ({
        ...listing,
        balances: listing.balances.map((balance) => ({ ...balance, available: balance.total })),
      })),
    })),
  },
  {
    what: "does not read balances of the stream",
    id: "A02",
    change: stream((message) => (message.type === "balances" ? { type: "ignored" } : message)),
  },
  {
    what: "never keeps its listen key alive",
    id: "A10",
    change: trading(({ userStream }) => ({
      userStream: {
        ...userStream!,
        access:
          userStream!.access.kind === "listenKey"
            ? { ...userStream!.access, keepAliveMs: 86_400_000, validMs: 2 * 86_400_000 }
            : userStream!.access,
      },
    })),
  },
  {
    what: "takes a malformed event for nothing",
    id: "A12",
    change: trading(({ userStream }) => ({
      userStream: {
        ...userStream!,
        parse(data, context) {
          try {
            return userStream!.parse(data, context);
          } catch {
            return [{ type: "ignored" }];
          }
        },
      },
    })),
  },
  {
    what: "confuses the rates of makers and takers",
    id: "A20",
    change: trading((right) => ({
      tradingFees: (instrument) =>
        withAnswer(right.tradingFees!(instrument), ({ makerRate, takerRate }) => ({
          makerRate: takerRate,
          takerRate: makerRate,
        })),
    })),
  },
  {
    what: "does not count its orders",
    id: "R02",
    change: place(({ cost: _, ...call }) => ({ ...call, cost: {} })),
  },
  {
    what: "shows in its log what it sends",
    id: "S01",
    changePorts: (ports) => ({
      ...ports,
      http: {
        async open(options) {
          const client = await ports.http.open(options);
          return {
            request(request) {
              ports.logger.debug("sends", { url: request.url });
              return client.request(request);
            },
            close: () => client.close(),
          };
        },
      },
    }),
  },
  {
    what: "takes a refused key for a venue in maintenance",
    id: "S02",
    change: errors({ codes: ["-2015", "-1022"], kind: "maintenance", outcome: "retryable" }),
  },
];

it.each(MISTAKES)(
  "a connector that $what fails $id",
  { timeout: 60_000 },
  async ({ id, change, changePorts }) => {
    const wrong = {
      ...plugin,
      create(options: unknown) {
        const right: ExchangeDefinition = plugin.create(options);
        return { ...right, ...change?.(right) };
      },
    };
    const packageFolder = new URL("..", import.meta.url);
    const report = await runFailingCase(
      { plugin: wrong, simulator, packageFolder, seed: 1, hours: 2, ...(changePorts && { changePorts }) },
      id,
    );
    expect(report).toMatch(new RegExp(`^${id} .*\\n(expected: |.* did not come about)`));
  },
);
