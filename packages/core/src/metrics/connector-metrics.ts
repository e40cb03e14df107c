import type { OrderBook } from "../order-book/order-book.js";
import type { PoolGauge } from "../rate-limit/index.js";
import type { VenueTime } from "../transport/index.js";
import type { ConnectorCounts } from "./connector-counts.js";
import type { MetricDefinition, ReadableMetric } from "./metric.js";

/** What of a connector its metrics are read from. */
export interface ConnectorMetricsSource {
  readonly ready: boolean;
  readonly orderBooks: ReadonlyMap<string, OrderBook>;
  readonly counts: ConnectorCounts;
  venueTime(): VenueTime;
  /** How the venue's limits stand; empty before the start. */
  headroom(): readonly PoolGauge[];
}

type ConnectorMetric = ReadableMetric<ConnectorMetricsSource>;

const PAIR = ["trading_pair"];
const POOL = ["pool", "scope", "of"];

/** Every metric of a connector, and how it is read. One more is one more entry. */
export const connectorMetrics: readonly ConnectorMetric[] = [
  {
    name: "conn.connector.ready",
    kind: "gauge",
    unit: "{connector}",
    description: "1 if the connector is ready, else 0.",
    attributes: [],
    read: ({ ready }, observe) => observe(ready ? 1 : 0),
  },
  {
    name: "conn.connector.problems",
    kind: "counter",
    unit: "{problem}",
    description: "Problem events, by the code of their error.",
    attributes: ["error.type"],
    read({ counts }, observe) {
      for (const [code, count] of counts.problems) observe(count, { "error.type": code });
    },
  },
  {
    name: "conn.order_book.live",
    kind: "gauge",
    unit: "{book}",
    description: "1 if the book is live, else 0.",
    attributes: PAIR,
    read: ofBooks(({ integrity }) => (integrity.state === "live" ? 1 : 0)),
  },
  {
    name: "conn.order_book.age",
    kind: "gauge",
    unit: "s",
    description: "Time since the last frame of the book arrived; absent before the first.",
    attributes: PAIR,
    read: ofBooks(({ ageMs }) => (Number.isFinite(ageMs) ? ageMs / 1_000 : undefined)),
  },
  {
    name: "conn.order_book.lag",
    kind: "gauge",
    unit: "s",
    description:
      "How late the last frame of a live book was here, by the venue's time of it and the measured offset of the venue's clock; absent where one of them is unknown.",
    attributes: PAIR,
    read({ orderBooks, venueTime }, observe) {
      const { measured, offsetMs } = venueTime();
      if (!measured) return;
      for (const [tradingPair, { integrity }] of orderBooks) {
        const { state, receivedTimestamp, exchangeTimestamp } = integrity;
        if (state !== "live" || exchangeTimestamp === undefined) continue;
        const lagMs = receivedTimestamp + offsetMs - exchangeTimestamp;
        observe(lagMs / 1_000, { trading_pair: tradingPair });
      }
    },
  },
  {
    name: "conn.order_book.levels",
    kind: "gauge",
    unit: "{level}",
    description: "Price levels in the book.",
    attributes: [...PAIR, "side"],
    read({ orderBooks }, observe) {
      for (const [tradingPair, { bidCount, askCount }] of orderBooks) {
        observe(bidCount, { trading_pair: tradingPair, side: "bid" });
        observe(askCount, { trading_pair: tradingPair, side: "ask" });
      }
    },
  },
  integrityCounter("snapshots", "{snapshot}", "Snapshots put into the book."),
  integrityCounter("diffs", "{diff}", "Diffs applied to the book."),
  integrityCounter("staleDiffs", "{diff}", "Diffs that were older than the book and changed nothing."),
  integrityCounter("gaps", "{gap}", "Times that a diff did not follow its predecessor."),
  integrityCounter(
    "resyncs",
    "{resync}",
    "Times that the book had to be built again after it had been live.",
  ),
  integrityCounter(
    "checksumFailures",
    "{failure}",
    "Times that the venue's checksum did not match the book.",
  ),
  integrityCounter("crossed", "{change}", "Changes that left the best bid at or above the best ask."),
  integrityCounter("audits", "{audit}", "Times that the book was compared with one built anew beside it."),
  integrityCounter("auditMismatches", "{audit}", "Audits that found the two to differ."),
  {
    name: "conn.socket.open",
    kind: "gauge",
    unit: "{connection}",
    description: "Stream connections that are open.",
    attributes: ["route"],
    read({ counts }, observe) {
      for (const [route, { open }] of counts.sockets) observe(open, { route });
    },
  },
  {
    name: "conn.socket.dials",
    kind: "counter",
    unit: "{dial}",
    description: "Dials of stream connections.",
    attributes: ["route"],
    read({ counts }, observe) {
      for (const [route, { dials }] of counts.sockets) observe(dials, { route });
    },
  },
  {
    name: "conn.socket.reconnects",
    kind: "counter",
    unit: "{connection}",
    description: "Times that a stream connection that had been lost was open again.",
    attributes: ["route"],
    read({ counts }, observe) {
      for (const [route, { reconnects }] of counts.sockets) observe(reconnects, { route });
    },
  },
  {
    name: "conn.socket.losses",
    kind: "counter",
    unit: "{connection}",
    description: "Stream connections that were open and were lost, by the reason.",
    attributes: ["route", "reason"],
    read({ counts }, observe) {
      for (const [route, { losses }] of counts.sockets)
        for (const [reason, count] of losses) observe(count, { route, reason });
    },
  },
  {
    name: "conn.rest.calls",
    kind: "counter",
    unit: "{call}",
    description: "REST calls that have ended.",
    attributes: [],
    read: ({ counts }, observe) => observe(counts.restCalls),
  },
  {
    name: "conn.rest.failures",
    kind: "counter",
    unit: "{call}",
    description: "REST calls that failed, by the code of their error.",
    attributes: ["error.type"],
    read({ counts }, observe) {
      for (const [code, count] of counts.restFailures) observe(count, { "error.type": code });
    },
  },
  poolGauge("limit", "{weight}", "Weight that the venue allows.", ({ limit }) => limit),
  poolGauge("used", "{weight}", "Weight spent, as far as is known.", ({ used }) => used),
  poolGauge("headroom", "{weight}", "Weight that a query may have at this moment.", ({ free }) => free),
  poolGauge("waiting", "{call}", "Calls that wait for the pool.", ({ waiting }) => waiting),
  poolGauge(
    "stopped",
    "{pool}",
    "1 if the venue has demanded a pause of the pool, else 0.",
    ({ isStopped }) => (isStopped ? 1 : 0),
  ),
  {
    name: "conn.clock.offset",
    kind: "gauge",
    unit: "s",
    description: "How far the venue's clock is ahead of this machine's; absent until it is measured.",
    attributes: [],
    read({ venueTime }, observe) {
      const { measured, offsetMs } = venueTime();
      if (measured) observe(offsetMs / 1_000);
    },
  },
  {
    name: "conn.clock.uncertainty",
    kind: "gauge",
    unit: "s",
    description: "How far the measured time of the venue may be wrong; absent until it is measured.",
    attributes: [],
    read({ venueTime }, observe) {
      const { measured, uncertaintyMs } = venueTime();
      if (measured) observe(uncertaintyMs / 1_000);
    },
  },
];

/** What every metric is, without its reading: for instruments that are made beforehand. */
export const METRICS: readonly MetricDefinition[] = connectorMetrics.map(
  ({ read: _, ...definition }) => definition,
);

/** Attributes that all points of a connector have; `instance` only in what the host tells. */
export const COMMON_ATTRIBUTES = ["connector", "environment", "instance"] as const;

function ofBooks(read: (book: OrderBook) => number | undefined): ConnectorMetric["read"] {
  return ({ orderBooks }, observe) => {
    for (const [tradingPair, book] of orderBooks) {
      const value = read(book);
      if (value !== undefined) observe(value, { trading_pair: tradingPair });
    }
  };
}

/** A counter that the book's own record keeps. */
function integrityCounter(
  field:
    | "snapshots"
    | "diffs"
    | "staleDiffs"
    | "gaps"
    | "resyncs"
    | "checksumFailures"
    | "crossed"
    | "audits"
    | "auditMismatches",
  unit: string,
  description: string,
): ConnectorMetric {
  const name = field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return {
    name: `conn.order_book.${name}`,
    kind: "counter",
    unit,
    description,
    attributes: PAIR,
    read: ofBooks(({ integrity }) => integrity[field]),
  };
}

function poolGauge(
  name: string,
  unit: string,
  description: string,
  read: (pool: PoolGauge) => number,
): ConnectorMetric {
  return {
    name: `conn.rate_limit.${name}`,
    kind: "gauge",
    unit,
    description,
    attributes: POOL,
    read({ headroom }, observe) {
      for (const gauge of headroom()) {
        const { pool, scope, of } = gauge;
        observe(read(gauge), { pool, scope, ...(of !== undefined && { of }) });
      }
    },
  };
}
