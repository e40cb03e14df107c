import type { SourcePatch } from "./bundle.ts";
import type { Kind } from "./job.ts";

/** A deliberate bug in the engine. */
export interface Mutation {
  readonly name: string;
  /** Connectors on which it shows. */
  readonly connectors: readonly string[];
  /** Kind of seeds in which it shows. @default "market" */
  readonly kind?: Kind;
  readonly patches: readonly SourcePatch[];
}

const BOTH = ["binance-perpetual", "crypto-com"];
const FIRST = ["binance-perpetual"];
const SECOND = ["crypto-com"];

const sequencer = "packages/core/src/market-data/sequencer.ts";
const tracker = "packages/core/src/market-data/order-book-tracker.ts";
const trades = "packages/core/src/market-data/trade-tracker.ts";
const subscriptions = "packages/core/src/transport/topic-subscriptions.ts";
const socket = "packages/core/src/transport/supervised-socket.ts";
const rest = "packages/core/src/transport/rest-client.ts";
const lane = "packages/core/src/transport/stream-lane.ts";
const engine = "packages/core/src/market-data/market-data-engine.ts";
const orders = "packages/core/src/account/client-order-tracker.ts";
const commands = "packages/core/src/account/order-commands.ts";
const resolver = "packages/core/src/account/order-resolver.ts";
const reconciler = "packages/core/src/account/reconciler.ts";
const engineOfOrders = "packages/core/src/account/trading-engine.ts";
const bookSide = "packages/core/src/order-book/double-book-side.ts";

/** Each must break an invariant within a few hundred seeds; a simulation that lets one pass proves little. */
export const mutations: readonly Mutation[] = [
  one(
    "noSequenceCheck",
    BOTH,
    sequencer,
    "const verdict = this.peek(diff);",
    'const judged = this.peek(diff); const verdict = judged === "gap" ? "apply" : judged;',
  ),
  one(
    "anyDiffBridges",
    FIRST,
    sequencer,
    'return firstUpdateId <= (spansNext ? nextUpdateId(snapshotId) : snapshotId) ? "apply" : "gap";',
    'return "apply";',
  ),
  one(
    "oldDiffsBridge",
    FIRST,
    sequencer,
    'lastUpdateId < snapshotId) return "stale";',
    'lastUpdateId < snapshotId) return "apply";',
  ),
  one(
    "duplicatesAreGaps",
    BOTH,
    sequencer,
    'if (lastUpdateId < last) return "stale";',
    'if (lastUpdateId < last) return "apply";',
  ),
  one(
    "bufferFlushedUnchecked",
    FIRST,
    tracker,
    'const verdict = sequencer.judge(diff);\n      if (verdict === "apply") {',
    "const verdict = sequencer.judge(diff);\n      if (verdict !== undefined) {",
  ),
  one("booksOutliveConnections", BOTH, tracker, "else this.#lose(tracked, fault);", ""),
  one(
    "failedSnapshotForgotten",
    FIRST,
    tracker,
    "tracked.failures += 1;\n    if (!this.#inStream) {\n      this.#owner.requestSnapshot(tradingPair, tracked.failures);\n      return;\n    }",
    "if (!this.#inStream) return;",
  ),
  one(
    "deletesIgnored",
    BOTH,
    bookSide,
    "window[index] = amount;\n      this.#inWindow",
    "if (amount === 0) continue;\n      window[index] = amount;\n      this.#inWindow",
  ),
  one(
    "subscriptionsForgotten",
    BOTH,
    subscriptions,
    'else if (state !== "refused") this.#topics.set(topic, "wanted");',
    "else this.#topics.delete(topic);",
  ),
  one(
    "unansweredSubscriptionKept",
    BOTH,
    subscriptions,
    "this.#requests.delete(requestId);\n        this.#owner.onUnanswered(",
    "this.#requests.delete(requestId);\n        ((_: unknown) => {})(",
  ),
  one(
    "watchdogOff",
    BOTH,
    socket,
    "this.#watch(this.#options.policy.pingAfterIdleMs);\n    this.#pacer",
    "this.#pacer",
  ),
  one(
    "connectTimeoutOff",
    BOTH,
    socket,
    'this.#timer = ports.timers.set(policy.connectTimeoutMs, () => this.#lose("connectTimeout"));',
    "",
  ),
  one(
    "redialAtOnce",
    BOTH,
    socket,
    "const backoffMs = backoffDelay(policy.backoff, this.#failures, ports.random);",
    "const backoffMs = 0;",
  ),
  one("restTimeoutOff", BOTH, rest, "      timedOut = true;\n      abort.abort();", ""),
  one(
    "retryAfterIgnored",
    BOTH,
    rest,
    "refusal: isAnswer ? undefined : verdict.pause,",
    "refusal: undefined,",
  ),
  one(
    "tradeGapsIgnored",
    FIRST,
    trades,
    "if (this.#lastId === undefined || id === this.#lastId + 1n) {",
    "if (this.#lastId !== -1n) {",
  ),
  one("usageHeadersIgnored", FIRST, rest, "used: readCounts(headers, rules.usageHeaders),", "used: {},"),
  one(
    "renameForgotten",
    BOTH,
    engine,
    "followed.instrument.exchangeSymbol === instrument.exchangeSymbol &&\n    namesOf(followed.topics) === namesOf(topics)",
    "namesOf(followed.topics) !== namesOf([])",
  ),
  one(
    "delistedStaysLive",
    BOTH,
    tracker,
    'if (fault === "delisted") this.#setState(tracked, "delisted", fault);',
    'if (fault === "delisted") return;',
  ),
  one(
    "relistedForgotten",
    BOTH,
    engine,
    "if (instrument !== undefined) moved.push([followed, instrument]);",
    "",
  ),
  one(
    "renewedBeforeServing",
    BOTH,
    lane,
    "const successor = this.#create();\n",
    'const successor = this.#create();\n    void this.#current.stop("renewed");\n',
  ),
  one(
    "predecessorKept",
    BOTH,
    lane,
    "this.#overlap?.cancel();\n    this.#close(predecessor);",
    "this.#overlap?.cancel();",
  ),
  one(
    "renewalTimerLeft",
    BOTH,
    lane,
    "for (const timer of [this.#renewal, this.#overlap, this.#asking])",
    "for (const timer of [this.#overlap, this.#asking])",
  ),
  one(
    "requestTimerLeft",
    BOTH,
    rest,
    'timer.cancel();\n      signal?.removeEventListener("abort", onAbort);',
    'signal?.removeEventListener("abort", onAbort);',
  ),
  one("tradesTwice", SECOND, trades, "if (this.#seen.has(trade.tradeId)) return;", ""),
  order(
    "timeoutIsRejection",
    BOTH,
    commands,
    "if (wasNotSent(error)) {\n      tracker.rejected(",
    "if (wasNotSent(error) || !isRefused) {\n      tracker.rejected(",
  ),
  order(
    "idsUsedTwice",
    BOTH,
    "packages/core/src/account/order-journal.ts",
    "this.#count += 1;",
    "this.#count ||= 1;",
  ),
  order("fillsBeforeCreated", BOTH, orders, 'this.#exists(tracked, "open", {}, told);', ""),
  order(
    "fillsTwice",
    BOTH,
    orders,
    "if (known !== undefined) {",
    "if (known !== undefined && known.price.isZero()) {",
  ),
  order("sentNeverWritten", BOTH, orders, "tracked.sent = true;", ""),
  order(
    "leavesUnwritten",
    BOTH,
    orders,
    "this.#owner.begin(tracked);\n    } catch (error) {\n      tracked.sent = sent;",
    "} catch (error) {\n      tracked.sent = sent;",
  ),
  order(
    "commandNotFoundIsCanceled",
    BOTH,
    commands,
    'tracker.unknown(tracked, "cancel");\n      await resolver.ask(tracked);',
    'tracker.applyUpdate({ ...this.#inMarket(tracked).instrument, clientOrderId: tracked.order.clientOrderId, exchangeOrderId: tracked.order.exchangeOrderId, status: "canceled", exchangeTimestamp: undefined });',
  ),
  order(
    "validityIgnored",
    BOTH,
    resolver,
    "return venueTime() > placeableUntil + times.queryLagMs;",
    "return venueTime() > placeableUntil * 0;",
  ),
  order("reconcileForgetsFills", BOTH, reconciler, "for (const fill of fills) tracker.applyFill(fill);", ""),
  order(
    "foreignOrderAdopted",
    BOTH,
    engineOfOrders,
    "return this.#tracker.find(message) !== undefined;",
    "return this.#tracker.find(message) !== undefined || message.exchangeOrderId !== undefined;",
  ),
  order(
    "feesNeverCompleted",
    FIRST,
    orders,
    "if (known.fees !== undefined || fill.fees === undefined) return;",
    "return;",
  ),
  order(
    "reconcileOnlyOnce",
    BOTH,
    engineOfOrders,
    "this.#ups += 1;\n",
    "this.#ups += 1;\n    if (this.#ups > 1) return;\n",
  ),
  order(
    "fillsNotWritten",
    BOTH,
    "packages/core/src/account/order-journal.ts",
    "this.#write(this.#entriesOf(tracked, fills));",
    "this.#write(this.#entriesOf(tracked, []));",
  ),
  order(
    "restoreForgetsUnknown",
    BOTH,
    engineOfOrders,
    'else if (status === "pendingCreate") this.#tracker.unknown(tracked, "place");',
    'else if (status === "pendingCreate") this.#tracker.rejected(tracked, { kind: "notSent" });',
  ),
];

function one(
  name: string,
  connectors: readonly string[],
  file: string,
  find: string,
  replace: string,
): Mutation {
  return { name, connectors, patches: [{ file, find, replace }] };
}

/** One that shows where a program trades. */
function order(...mutation: Parameters<typeof one>): Mutation {
  return { ...one(...mutation), kind: "trading" };
}
