import type { ConformanceCase } from "../run/conformance-case.js";
import {
  balanceFromStream,
  balances,
  derivedBalances,
  fees,
  malformedEvents,
  missedEvents,
  streamAccess,
} from "./account/account.js";
import { readyOnlyWhenAllIsThere } from "./lifecycle/l01-ready.js";
import { nothingLeftAfterStop } from "./lifecycle/l02-nothing-left.js";
import { networkCheck } from "./lifecycle/l03-network-check.js";
import { stopWhileConnecting } from "./lifecycle/l04-stop-while-connecting.js";
import { abortSignal } from "./lifecycle/l05-abort-signal.js";
import { environmentAndUrls } from "./lifecycle/l06-environment-and-urls.js";
import { proxy } from "./lifecycle/l07-proxy.js";
import { venueClock } from "./lifecycle/l08-venue-clock.js";
import { redial } from "./lifecycle/l10-redial.js";
import { acceptThenDrop } from "./lifecycle/l11-accept-then-drop.js";
import { silentVenue } from "./lifecycle/l12-silent-venue.js";
import { scheduledRenewal } from "./lifecycle/l13-renewal.js";
import { pingPong } from "./lifecycle/l14-ping-pong.js";
import { streamLimit } from "./lifecycle/l15-stream-limit.js";
import { frameLimit } from "./lifecycle/l16-frame-limit.js";
import { refusedSubscription } from "./lifecycle/l17-refused-subscription.js";
import { maintenance } from "./lifecycle/l18-maintenance.js";
import { tradingPairs } from "./market-data/m01-trading-pairs.js";
import { tradingRules } from "./market-data/m02-trading-rules.js";
import { lastTradedPrices } from "./market-data/m03-last-prices.js";
import { addAndRemove } from "./market-data/m04-add-and-remove.js";
import { tickers } from "./market-data/m05-tickers.js";
import { bookEquals } from "./market-data/m10-book-equals.js";
import { diffsBeforeSnapshot } from "./market-data/m11-diffs-before-snapshot.js";
import { staleAndDuplicate } from "./market-data/m12-stale-and-duplicate.js";
import { lostDiff } from "./market-data/m13-lost-diff.js";
import { reorderedDiffs } from "./market-data/m14-reordered-diffs.js";
import { checksumMismatch } from "./market-data/m15-checksum-mismatch.js";
import { crossedBook } from "./market-data/m16-crossed-book.js";
import { reconnect } from "./market-data/m17-reconnect.js";
import { secondSnapshot } from "./market-data/m18-second-snapshot.js";
import { olderSnapshot } from "./market-data/m19-older-snapshot.js";
import { oddRows } from "./market-data/m20-odd-rows.js";
import { snapshotRefused } from "./market-data/m21-snapshot-refused.js";
import { manyDiffs } from "./market-data/m22-many-diffs.js";
import { badFrames } from "./market-data/m23-bad-frames.js";
import { staleness } from "./market-data/m24-staleness.js";
import { bookAudit } from "./market-data/m25-audit.js";
import { exactNumbers } from "./market-data/m26-exact-numbers.js";
import { instrumentsChange } from "./market-data/m27-instruments-change.js";
import { publicTrades } from "./market-data/m30-trades.js";
import { funding } from "./market-data/m40-funding.js";
import { openInterest } from "./market-data/m41-open-interest.js";
import { recordedSession } from "./market-data/m50-recorded-session.js";
import { recordedLoss } from "./market-data/m51-recorded-loss.js";
import {
  ambiguousAmend,
  ambiguousBatch,
  ambiguousCancel,
  ambiguousPlace,
  duplicateId,
  forgotten,
  longOutage,
  notFoundThenFound,
  partOfBatchRefused,
} from "./orders/ambiguous.js";
import {
  alreadyCanceled,
  alreadyFilled,
  amendOrder,
  batches,
  cancelAll,
  cancelOrder,
  cancelUnknown,
} from "./orders/canceling.js";
import { brokenRules, quantization, tooLittle, unsupported } from "./orders/checks.js";
import {
  neverSentLate,
  ordersOfOthers,
  received,
  refusalsUnderLoad,
  touchesNothing,
} from "./orders/conduct.js";
import {
  fillAfterCancel,
  fillBeforeAnswer,
  filledWaits,
  fillsOnce,
  lateStates,
  overfill,
  partialFills,
  zerosAreNoFills,
} from "./orders/fills.js";
import {
  conditionalOrders,
  declaredTypes,
  limitOrders,
  makerRests,
  makerWouldCross,
  marketOrders,
  quoteAmount,
  reduceOnly,
  timesInForce,
} from "./orders/placing.js";
import { journalIsOnes, killedWhilePlacing, restart } from "./orders/restart.js";
import { manifest } from "./plugin/g01-manifest.js";
import { refusal } from "./plugin/g02-refusal.js";
import { packageContents } from "./plugin/g03-package.js";
import { neverExceeded } from "./rate-limits/r01-never-exceeded.js";
import { orderCounts } from "./rate-limits/r02-order-counts.js";
import { headersWin } from "./rate-limits/r03-headers-win.js";
import { stopAndResume } from "./rate-limits/r04-stop-and-resume.js";
import { cancelsPass } from "./rate-limits/r05-cancels-pass.js";
import { order } from "./rate-limits/r06-order.js";
import {
  keyPermissions,
  noDefaultEnvironment,
  noSecrets,
  privateFiles,
  refusedKeys,
  securePaths,
  streamSecrets,
} from "./security/secrets.js";

/** All cases of the kit, in the order of their ids. */
export const ALL_CASES: readonly ConformanceCase[] = [
  readyOnlyWhenAllIsThere,
  nothingLeftAfterStop,
  networkCheck,
  stopWhileConnecting,
  abortSignal,
  environmentAndUrls,
  proxy,
  venueClock,
  redial,
  acceptThenDrop,
  silentVenue,
  scheduledRenewal,
  pingPong,
  streamLimit,
  frameLimit,
  refusedSubscription,
  maintenance,
  tradingPairs,
  tradingRules,
  lastTradedPrices,
  addAndRemove,
  tickers,
  bookEquals,
  diffsBeforeSnapshot,
  staleAndDuplicate,
  lostDiff,
  reorderedDiffs,
  checksumMismatch,
  crossedBook,
  reconnect,
  secondSnapshot,
  olderSnapshot,
  oddRows,
  snapshotRefused,
  manyDiffs,
  badFrames,
  staleness,
  bookAudit,
  exactNumbers,
  recordedSession,
  recordedLoss,
  instrumentsChange,
  publicTrades,
  funding,
  openInterest,
  declaredTypes,
  limitOrders,
  makerRests,
  makerWouldCross,
  marketOrders,
  timesInForce,
  reduceOnly,
  quoteAmount,
  conditionalOrders,
  brokenRules,
  quantization,
  tooLittle,
  unsupported,
  cancelOrder,
  cancelUnknown,
  alreadyCanceled,
  alreadyFilled,
  cancelAll,
  batches,
  amendOrder,
  partialFills,
  fillBeforeAnswer,
  fillsOnce,
  fillAfterCancel,
  lateStates,
  overfill,
  filledWaits,
  ambiguousPlace,
  ambiguousCancel,
  ambiguousAmend,
  ambiguousBatch,
  partOfBatchRefused,
  duplicateId,
  notFoundThenFound,
  longOutage,
  forgotten,
  restart,
  killedWhilePlacing,
  ordersOfOthers,
  journalIsOnes,
  touchesNothing,
  neverSentLate,
  received,
  refusalsUnderLoad,
  zerosAreNoFills,
  balances,
  balanceFromStream,
  derivedBalances,
  streamAccess,
  missedEvents,
  malformedEvents,
  fees,
  manifest,
  refusal,
  packageContents,
  neverExceeded,
  orderCounts,
  headersWin,
  stopAndResume,
  cancelsPass,
  order,
  noSecrets,
  refusedKeys,
  keyPermissions,
  securePaths,
  noDefaultEnvironment,
  streamSecrets,
  privateFiles,
];
