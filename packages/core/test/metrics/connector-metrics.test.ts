import { describe, expect, it } from "vitest";
import { ConnectorCounts } from "../../src/metrics/connector-counts.js";
import { type ConnectorMetricsSource, connectorMetrics } from "../../src/metrics/connector-metrics.js";
import {
  COMMON_ATTRIBUTES,
  formatPrometheus,
  METRICS,
  type MetricPoint,
  type MetricsSnapshot,
} from "../../src/metrics/index.js";
import { readMetrics } from "../../src/metrics/metric.js";
import { createFakeVenue } from "../support/fake-venue.js";
import { parsePrometheus } from "../support/parse-prometheus.js";
import { settle } from "../support/virtual-time.js";

const BTC = { tradingPairs: ["BTC-USDT"] };
const diff = (previous: number, id: number): string =>
  JSON.stringify({ s: "BTCUSDT", previous, id, bids: [], asks: [] });

const pointsOf = ({ metrics }: MetricsSnapshot, name: string): readonly MetricPoint[] => {
  const found = metrics.find((metric) => metric.name === name);
  if (found === undefined) throw new Error(`no metric ${name}`);
  return found.points;
};
const firstValue = (snapshot: MetricsSnapshot, name: string): number | undefined =>
  pointsOf(snapshot, name)[0]?.value;

describe("definitions", () => {
  it("follow the rules of OpenTelemetry", () => {
    expect(new Set(METRICS.map(({ name }) => name)).size).toBe(METRICS.length);
    for (const { name, unit, description, attributes } of METRICS) {
      expect(name).toMatch(/^conn(\.[a-z][a-z0-9]*(_[a-z0-9]+)*){2}$/);
      expect(unit).toMatch(/^(s|\{[a-z]+\})$/);
      expect(description).toMatch(/^\S.*\.$/);
      for (const attribute of attributes) expect(COMMON_ATTRIBUTES).not.toContain(attribute);
    }
  });
});

describe("a connector's metrics", () => {
  it("are there before the start, without what is not known", () => {
    const { host, plugin } = createFakeVenue();
    const snapshot = host.create(plugin, BTC).metrics();
    expect(snapshot.metrics.map(({ name }) => name)).toEqual(METRICS.map(({ name }) => name));
    expect(pointsOf(snapshot, "conn.connector.ready")).toEqual([
      { value: 0, attributes: { connector: "fake", environment: "live" } },
    ]);
    expect(pointsOf(snapshot, "conn.order_book.age")).toEqual([]);
    expect(pointsOf(snapshot, "conn.clock.offset")).toEqual([]);
    expect(pointsOf(snapshot, "conn.rate_limit.headroom")).toEqual([]);
  });

  it("tell what happened to books, connections and calls", async () => {
    const { time, host, plugin, webSocket, openStream, answerWith, respond } = createFakeVenue();
    const connector = host.create(plugin, BTC);
    await connector.start();
    await time.advance(0);
    expect(pointsOf(connector.metrics(), "conn.order_book.age")).toEqual([]);
    await openStream();
    webSocket.last.receive(diff(5, 20));
    await connector.whenReady();
    await time.advance(2_000);
    const attributes = { connector: "fake", environment: "live" };
    const ofBook = { ...attributes, trading_pair: "BTC-USDT" };
    let now = connector.metrics();
    expect(pointsOf(now, "conn.connector.ready")).toEqual([{ value: 1, attributes }]);
    expect(pointsOf(now, "conn.order_book.live")).toEqual([{ value: 1, attributes: ofBook }]);
    expect(pointsOf(now, "conn.order_book.age")).toEqual([{ value: 2, attributes: ofBook }]);
    expect(pointsOf(now, "conn.order_book.levels")).toEqual([
      { value: 1, attributes: { ...ofBook, side: "bid" } },
      { value: 1, attributes: { ...ofBook, side: "ask" } },
    ]);
    expect(pointsOf(now, "conn.socket.open")).toEqual([
      { value: 1, attributes: { ...attributes, route: "stream" } },
    ]);
    expect(firstValue(now, "conn.order_book.gaps")).toBe(0);
    expect(firstValue(now, "conn.order_book.snapshots")).toBe(1);
    const pools = pointsOf(now, "conn.rate_limit.headroom").map((point) => [
      point.attributes.pool,
      point.value,
    ]);
    expect(pools).toEqual([
      ["weight", 89],
      ["dials", 99],
    ]);

    webSocket.last.receive(diff(25, 30));
    expect(firstValue(connector.metrics(), "conn.order_book.live")).toBe(0);
    expect(firstValue(connector.metrics(), "conn.order_book.gaps")).toBe(1);
    expect(firstValue(connector.metrics(), "conn.order_book.resyncs")).toBe(1);

    webSocket.last.end();
    await time.advance(1_000);
    await openStream();
    answerWith(() => respond(500));
    await expect(connector.checkNetwork()).rejects.toBeDefined();
    now = connector.metrics();
    expect(firstValue(now, "conn.socket.open")).toBe(1);
    expect(firstValue(now, "conn.socket.dials")).toBe(2);
    expect(firstValue(now, "conn.socket.reconnects")).toBe(1);
    expect(pointsOf(now, "conn.socket.losses")).toEqual([
      { value: 1, attributes: { ...attributes, route: "stream", reason: "closed" } },
    ]);
    expect(pointsOf(now, "conn.rest.failures")).toContainEqual({
      value: 1,
      attributes: { ...attributes, "error.type": "VENUE_UNAVAILABLE" },
    });
    expect(parsePrometheus(formatPrometheus(now)).get("conn_order_book_resyncs_total")?.samples).toEqual([
      { labels: { connector: "fake", environment: "live", trading_pair: "BTC-USDT" }, value: 1 },
    ]);
    await connector.stop();
    expect(firstValue(connector.metrics(), "conn.socket.open")).toBe(0);
    expect(pointsOf(connector.metrics(), "conn.order_book.live")).toEqual([]);
  });

  it("have the names and attributes that are defined, and no others", async () => {
    const { time, host, plugin, openStream, webSocket } = createFakeVenue();
    const connector = host.create(plugin, BTC);
    await connector.start();
    await time.advance(0);
    await openStream();
    webSocket.last.receive("{");
    for (const { name, attributes, points } of connector.metrics().metrics) {
      const known = [...COMMON_ATTRIBUTES, ...attributes];
      for (const point of points)
        expect([name, Object.keys(point.attributes).filter((key) => !known.includes(key))]).toEqual([
          name,
          [],
        ]);
    }
    expect(pointsOf(connector.metrics(), "conn.connector.problems")).toHaveLength(1);
    await connector.stop();
  });

  it("correct the lag by the venue's clock, and tell none where that is not known", () => {
    const { host, plugin } = createFakeVenue();
    const connector = host.create(plugin);
    const integrity = { state: "live", receivedTimestamp: 1_000_000, exchangeTimestamp: 1_000_150 };
    const source = (measured: boolean): ConnectorMetricsSource => ({
      ready: true,
      // as: all that a lag is read from.
      orderBooks: new Map([["BTC-USDT", { integrity }]]) as unknown as ConnectorMetricsSource["orderBooks"],
      counts: new ConnectorCounts(),
      venueTime: () => ({ timestamp: 0, offsetMs: 200, uncertaintyMs: 5, measured }),
      headroom: () => [],
    });
    const lag = connectorMetrics.filter(({ name }) => name === "conn.order_book.lag");
    const read = (measured: boolean) =>
      readMetrics(lag, [{ source: source(measured), attributes: {} }], 0).metrics[0]?.points;
    expect(read(true)).toEqual([{ value: 0.05, attributes: { trading_pair: "BTC-USDT" } }]);
    expect(read(false)).toEqual([]);
    expect(connector.metrics().timestamp).toBeGreaterThan(0);
  });
});

describe("a host's metrics", () => {
  it("tell running connectors of one name apart, and forget those that stopped", async () => {
    const { host, plugin } = createFakeVenue();
    const [first, second, third] = [host.create(plugin), host.create(plugin), host.create(plugin)];
    const instances = () =>
      pointsOf(host.metrics(), "conn.connector.ready").map((point) => point.attributes.instance);
    expect(instances()).toEqual([]);
    await first?.start();
    await second?.start();
    expect(instances()).toEqual([1, 2]);
    expect(
      parsePrometheus(formatPrometheus(host.metrics())).get("conn_connector_ready")?.samples,
    ).toHaveLength(2);
    await first?.stop();
    expect(instances()).toEqual([2]);
    await third?.start();
    expect(instances()).toEqual([2, 1]);
    await second?.stop();
    await third?.stop();
    await settle();
    expect(instances()).toEqual([]);
  });
});
