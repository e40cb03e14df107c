/** A change of state that the code can make. */
export interface DeclaredTransition {
  readonly name: string;
  /** Connectors on which simulations bring it about; all of them if absent. */
  readonly on?: readonly string[];
  /** Why simulations need not bring it about. */
  readonly unseen?: string;
}

const FIRST: readonly string[] = ["binance-perpetual"];
const RARE = "two rare things must meet within seconds, which few seeds bring about";
const NO_RULE = "no connector's sequence record has the rule by which it comes about";
const NO_LIES =
  "no fault falsifies a number within a frame: the book would be wrong, and nothing could tell at once";

function seen(names: readonly string[], on?: readonly string[]): DeclaredTransition[] {
  return names.map((name) => (on === undefined ? { name } : { name, on }));
}

function unseen(reason: string, names: readonly string[]): DeclaredTransition[] {
  return names.map((name) => ({ name, unseen: reason }));
}

/**
 * Every change of state of connections (`SocketState`), books (`BookState`) and the rate limiter's stops, every fault
 * of a book (`BookFault`), every change of an instrument, what audits come to, every change of
 * an order and every outcome of a command. One that happens and is not declared
 * here is a mistake in the code or in this table; a declared one without `unseen` must happen on each of its connectors.
 */
export const DECLARED_TRANSITIONS: readonly DeclaredTransition[] = [
  ...seen([
    "connection idle → connecting",
    "connection connecting → open",
    "connection connecting → waiting (connectTimeout)",
    "connection connecting → waiting (refused)",
    "connection connecting → closing",
    "connection open → waiting (closed)",
    "connection open → waiting (requested)",
    "connection open → waiting (silent)",
    "connection open → closing",
    "connection open → closing (renewed)",
    "connection waiting → connecting",
    "connection waiting → closing",
    "connection closing → idle",
  ]),
  ...seen(["book awaitingSnapshot → syncing", "book syncing → live"], FIRST),
  ...seen([
    "book awaitingSnapshot → live",
    "book live → stale (silent)",
    "book live → resyncing (disconnected)",
    "book live → resyncing (gap)",
    "book live → resyncing (requested)",
    "book stale → live",
    "book stale → resyncing (silent)",
    "book resyncing → live",
    "book resyncing → delisted (delisted)",
    "book delisted → resyncing",
  ]),
  ...unseen(RARE, [
    "connection waiting → closing (renewed)",
    "book awaitingSnapshot → delisted (delisted)",
    "book syncing → delisted (delisted)",
    "book live → delisted (delisted)",
    "book live → resyncing (renamed)",
    "book live → resyncing (silent)",
    "book stale → delisted (delisted)",
    "book stale → resyncing (disconnected)",
    "book stale → resyncing (renamed)",
    "book stale → resyncing (requested)",
    "book delisted → awaitingSnapshot",
  ]),
  ...unseen(NO_RULE, [
    "book live → resyncing (checksum)",
    "book live → resyncing (crossed)",
    "book live → resyncing (renewed)",
    "book live → resyncing (unknownLevel)",
    "fault checksum",
    "fault crossed",
    "fault renewed",
    "fault unknownLevel",
  ]),
  ...unseen(
    "with the ids of these venues a frame that cannot be read shows as a gap when the next one comes",
    [
      "book live → resyncing (malformedFrame)",
      "book stale → resyncing (malformedFrame)",
      "fault malformedFrame",
    ],
  ),
  ...unseen(NO_LIES, ["book live → resyncing (audit)", "fault audit"]),
  ...seen([
    "fault delisted",
    "fault disconnected",
    "fault gap",
    "fault renamed",
    "fault requested",
    "fault silent",
  ]),
  ...seen(["fault snapshotTooOld", "audit same"], FIRST),
  ...unseen("a snapshot must be missing for a thousand diffs, longer than most seeds last", [
    "fault bufferOverflow",
  ]),
  ...seen(["limiter stop", "limiter resumed"]),
  ...seen(["limiter ban"], FIRST),
  ...seen([
    "instrument delisted",
    "instrument listed",
    "instrument renamed",
    "instrument rules",
    "instrument status",
  ]),
  ...seen([
    "order pendingCreate → open",
    "order pendingCreate → rejected",
    "order open → filled",
    "order open → canceled",
    "order open → expired",
    "order change created",
    "order change amended",
    "order change filled",
    "order change canceled",
    "order change expired",
    "order change rejected",
    "order change unknown",
    "order change known",
    "order change cancelRefused",
    "order change amendRefused",
  ]),
  ...unseen("no connector places conditional orders", [
    "order pendingCreate → untriggered",
    "order untriggered → open",
    "order untriggered → filled",
    "order untriggered → canceled",
    "order untriggered → expired",
    "order untriggered → rejected",
    "order rejected → untriggered",
    "order change triggered",
  ]),
  ...unseen("an order is told to be created, or revived, before it is told how it ended", [
    "order pendingCreate → filled",
    "order pendingCreate → canceled",
    "order pendingCreate → expired",
    "order rejected → filled",
    "order rejected → canceled",
    "order rejected → expired",
  ]),
  ...unseen("the venue does not take an order and then say that it did not", ["order open → rejected"]),
  ...unseen(RARE, [
    "order canceled → filled",
    "order expired → filled",
    "order rejected → open",
    "order change revived",
  ]),
  ...seen(["order change fees"], FIRST),
  ...["place", "placeBatch", "cancel", "cancelBatch", "amend"].flatMap((command) =>
    seen(["accepted", "rejected", "unknown"].map((outcome) => `command ${command} ${outcome}`)),
  ),
  ...seen(["place", "cancel", "cancelBatch", "amend"].map((command) => `command ${command} notSent`)),
  ...unseen(RARE, ["command placeBatch notSent"]),
];

/** How what was seen stands to what is declared. */
export interface Coverage {
  /** Declared ones that were seen, and all declared ones. */
  readonly covered: number;
  readonly declared: number;
  /** Declared without a reason to be missing, and not seen. */
  readonly missing: readonly string[];
  /** Declared with a reason, and not seen. */
  readonly explained: readonly string[];
  /** Seen and not declared. */
  readonly undeclared: readonly string[];
}

/** Holds the transitions that a connector's seeds have seen against the declared ones. */
export function coverageOf(connector: string, transitions: Readonly<Record<string, number>>): Coverage {
  const declared = DECLARED_TRANSITIONS.filter(({ on }) => on === undefined || on.includes(connector));
  const lacking = declared.filter(({ name }) => transitions[name] === undefined);
  const names = new Set(declared.map(({ name }) => name));
  return {
    covered: declared.length - lacking.length,
    declared: declared.length,
    missing: lacking.flatMap(({ name, unseen }) => (unseen === undefined ? [name] : [])),
    explained: lacking.flatMap(({ name, unseen }) => (unseen === undefined ? [] : [name])),
    undeclared: Object.keys(transitions).filter((name) => !names.has(name)),
  };
}
