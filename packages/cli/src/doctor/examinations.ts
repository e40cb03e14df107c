import {
  ConfigurationError,
  ConnError,
  type Connector,
  type KeyPermissions,
  LifecycleError,
  type MetricPoint,
} from "@conn/core";
import type { CommandIo } from "../process/command-io.js";
import type { Finding } from "./finding.js";

const ROUND_TRIPS = 3;
/** The venue's clock is asked after this often, in ms, while it has not answered yet. */
const POLL_MS = 50;
/** A clock that is further off than this is worth a look at the machine, in ms. Orders are signed with the venue's time. */
const MUCH_OFFSET_MS = 1_000;
/** Beyond this, requests may be refused for their time, in ms. */
const MUCH_UNCERTAINTY_MS = 1_000;
/** A slow answer, in ms. */
const SLOW_MS = 1_000;
/** Of a limit, the part that should be free. */
const LITTLE_HEADROOM = 0.1;

/** What examinations work with. */
export interface Patient {
  /** Started. */
  readonly connector: Connector;
  readonly io: Pick<CommandIo, "ports" | "signal">;
  /** Longest wait of one examination, in ms. */
  readonly waitMs: number;
}

/** How long the venue takes to answer. */
export async function examineRest({ connector, io }: Patient): Promise<Finding> {
  const { clock } = io.ports;
  const tripsMs: number[] = [];
  for (let trip = 0; trip < ROUND_TRIPS; trip += 1) {
    const begunAt = clock.monotonic();
    await connector.checkNetwork({ signal: io.signal });
    tripsMs.push(clock.monotonic() - begunAt);
  }
  const medianMs = tripsMs.sort((a, b) => a - b)[Math.floor(ROUND_TRIPS / 2)] ?? 0;
  return {
    check: "rest",
    verdict: medianMs > SLOW_MS ? "warning" : "ok",
    text: `round trip ${format(medianMs)} (median of ${ROUND_TRIPS})`,
    facts: { medianMs, tripsMs },
  };
}

/** How far this machine's clock is from the venue's. */
export async function examineClock(patient: Patient, tellsTime: boolean): Promise<Finding> {
  const check = "clock";
  if (!tellsTime) return { check, verdict: "skipped", text: "the venue does not tell its time" };
  const { connector, io, waitMs } = patient;
  const deadline = io.ports.clock.monotonic() + waitMs;
  while (!connector.venueTime().measured && io.ports.clock.monotonic() < deadline && !io.signal.aborted)
    await pause(io, POLL_MS);
  const { measured, offsetMs, uncertaintyMs } = connector.venueTime();
  if (!measured) return { check, verdict: "failed", text: `not measured within ${format(waitMs)}` };
  const where = offsetMs < 0 ? "behind" : "ahead of";
  const text = `the venue's is ${format(Math.abs(offsetMs))} ${where} this machine's, ± ${format(uncertaintyMs)}`;
  const facts = { offsetMs, uncertaintyMs };
  if (uncertaintyMs > MUCH_UNCERTAINTY_MS)
    return { check, verdict: "warning", text: `${text}: too unsure for signed requests`, facts };
  if (Math.abs(offsetMs) > MUCH_OFFSET_MS)
    return { check, verdict: "warning", text: `${text}; it is corrected for, but set this machine's`, facts };
  return { check, verdict: "ok", text, facts };
}

/** How much of each rate limit is left. */
export function examineLimits({ connector }: Patient): Finding {
  const { metrics } = connector.metrics();
  const pointsOf = (name: string): readonly MetricPoint[] =>
    metrics.find((metric) => metric.name === name)?.points ?? [];
  const keyOf = ({ attributes }: MetricPoint): string =>
    JSON.stringify([attributes.pool, attributes.scope, attributes.of]);
  const limits = new Map(pointsOf("conn.rate_limit.limit").map((point) => [keyOf(point), point.value]));
  const pools = pointsOf("conn.rate_limit.headroom").map((point) => ({
    pool: point.attributes.pool,
    headroom: point.value,
    limit: limits.get(keyOf(point)),
  }));
  const isTight = pools.some(({ headroom, limit = 0 }) => headroom < limit * LITTLE_HEADROOM);
  return {
    check: "rateLimits",
    verdict: isTight ? "warning" : "ok",
    text: pools.map(({ pool, headroom, limit }) => `${pool} ${headroom} of ${limit} free`).join(", "),
    facts: { pools },
  };
}

/** How long a book takes to be live. */
export async function examineBook(patient: Patient, tradingPair: string): Promise<Finding> {
  const { connector, io, waitMs } = patient;
  const check = "orderBook";
  const begunAt = io.ports.clock.monotonic();
  const book = connector.addTradingPair(tradingPair);
  const isLive = (): boolean => book?.integrity.state === "live";
  await becomes(patient, "orderBookState", isLive);
  const afterMs = io.ports.clock.monotonic() - begunAt;
  if (isLive())
    return {
      check,
      verdict: "ok",
      text: `${tradingPair} live after ${format(afterMs)}`,
      facts: { tradingPair, afterMs },
    };
  const state = book?.integrity.state;
  const text = `${tradingPair} not live within ${format(waitMs)}, but ${state}`;
  return { check, verdict: "failed", text, facts: { tradingPair, state } };
}

/** Whether the account's stream is up and the account in step with the venue. */
export async function examineAccount(patient: Patient): Promise<Finding> {
  const { connector, io, waitMs } = patient;
  const check = "account";
  const begunAt = io.ports.clock.monotonic();
  await becomes(patient, "accountSync", () => connector.status.account);
  const facts = { account: connector.account, openOrders: connector.orders.size };
  if (!connector.status.account)
    return { check, verdict: "failed", text: `not in step with the venue within ${format(waitMs)}`, facts };
  const afterMs = io.ports.clock.monotonic() - begunAt;
  const text = `${connector.account}: in step after ${format(afterMs)}, ${connector.orders.size} open orders of this program`;
  return { check, verdict: "ok", text, facts: { ...facts, afterMs } };
}

/** What the key may do. */
export async function examineKey({ connector, io }: Patient): Promise<Finding> {
  const check = "keyPermissions";
  if (connector.supports.trading?.keyPermissions !== true)
    return { check, verdict: "skipped", text: "the venue's API does not tell; see its web page" };
  let facts: KeyPermissions;
  try {
    facts = await connector.fetchKeyPermissions({ signal: io.signal });
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const { option } = error.details;
    return {
      check,
      verdict: "skipped",
      text: `not asked: the venue tells at another host, which ${String(option)} must name (--url)`,
    };
  }
  const { canTrade, canWithdraw, ipRestricted } = facts;
  const words = [
    say(canTrade, "may trade", "MAY NOT TRADE"),
    say(canWithdraw, "MAY WITHDRAW, which a key for trading should not", "may not withdraw"),
    say(ipRestricted, "works from some addresses only", "works from any address"),
  ].filter((word) => word !== undefined);
  const isDoubtful = canTrade === false || canWithdraw === true;
  return { check, verdict: isDoubtful ? "warning" : "ok", text: words.join(", "), facts: { ...facts } };
}

/** What is said of a fact; nothing of one that the venue does not tell. */
function say(fact: boolean | undefined, yes: string, no: string): string | undefined {
  return fact === undefined ? undefined : fact ? yes : no;
}

/** Turns an error into a finding, so that the other examinations go on. */
export async function examine(check: string, run: () => Finding | Promise<Finding>): Promise<Finding> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof ConnError) || error instanceof LifecycleError) throw error;
    return { check, verdict: "failed", text: error.message, facts: { code: error.code } };
  }
}

/** Waits until something is so, for as long as the patient may be held. */
async function becomes(
  { connector, io, waitMs }: Patient,
  type: "orderBookState" | "accountSync",
  isSo: () => boolean,
): Promise<void> {
  const end = new AbortController();
  const timer = io.ports.timers.set(waitMs, () => end.abort());
  const events = connector.stream(type, { signal: AbortSignal.any([end.signal, io.signal]) });
  try {
    if (!isSo()) for await (const _ of events) if (isSo()) break;
  } finally {
    timer.cancel();
  }
}

function pause({ ports }: Pick<CommandIo, "ports">, durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    ports.timers.set(durationMs, resolve);
  });
}

function format(durationMs: number): string {
  return durationMs < 10 ? `${durationMs.toFixed(1)} ms` : `${Math.round(durationMs)} ms`;
}
