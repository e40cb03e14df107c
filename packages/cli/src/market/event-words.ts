import type {
  BookFault,
  ConnectionEvent,
  InstrumentEvent,
  OrderBookStateEvent,
  ProblemEvent,
  RateLimitEvent,
} from "@conn/core";
import { formatDuration } from "../render/format.js";
import type { Remark } from "../render/view.js";
import { FAULT_WORDS } from "../render/words.js";

/** What is done about each fault. The gap is the one a newcomer should learn the word of. */
function lossOf(fault: BookFault): string {
  switch (fault) {
    case "disconnected":
    case "silent":
      return "connection lost: the book is not trusted until it is built anew";
    case "gap":
      return "lost a change (gap): fetching a new snapshot";
    case "renamed":
      return `${FAULT_WORDS.renamed}: subscribing anew`;
    default:
      return `${FAULT_WORDS[fault]}: fetching a new snapshot`;
  }
}

/**
 * Says a change of a book's state in plain words.
 *
 * @param untrustedForMs How long the book was not live, where it is now; absent where that is not known.
 */
export function describeStateChange(
  event: Pick<OrderBookStateEvent, "previous" | "state" | "fault">,
  untrustedForMs: number | undefined,
): Remark {
  switch (event.state) {
    case "live": {
      const after = untrustedForMs === undefined ? "" : ` after ${formatDuration(untrustedForMs)}`;
      const again = event.previous === "resyncing" || event.previous === "stale" ? " again" : "";
      return { tone: "good", text: `live${again}${after}` };
    }
    case "awaitingSnapshot":
      return { tone: "busy", text: "waiting for a snapshot" };
    case "syncing":
      return { tone: "busy", text: "the snapshot is in: waiting for the change that joins it" };
    case "resyncing":
      if (event.previous === "delisted")
        return { tone: "busy", text: "listed again: the book is built anew" };
      return { tone: "bad", text: lossOf(event.fault ?? "requested") };
    case "stale":
      return { tone: "bad", text: "the venue gives no sign of life: the book may be old" };
    case "delisted":
      return { tone: "bad", text: "delisted: the book shows what was last known" };
  }
}

/** Says a change of a connection in plain words; nothing where a person need not know. */
export function describeConnection(
  event: Pick<ConnectionEvent, "connectionId" | "state" | "reason" | "delayMs">,
): Remark | undefined {
  const { connectionId, state, reason, delayMs } = event;
  if (state === "open") return { tone: "plain", text: `connection ${connectionId} is open` };
  if (state === "closing" && reason === "renewed")
    return { tone: "plain", text: `connection ${connectionId} closed: another has taken its place` };
  if (state !== "waiting") return undefined;
  const what = {
    closed: "lost",
    refused: "refused",
    connectTimeout: "not answered in time",
    silent: "silent, given up",
    requested: "ended to begin anew",
    renewed: "replaced",
  }[reason ?? "closed"];
  const next = delayMs === undefined ? "" : `: dialing again in ${formatDuration(delayMs)}`;
  return { tone: reason === "requested" ? "busy" : "bad", text: `connection ${connectionId} ${what}${next}` };
}

/** Says what the venue changed in an instrument. */
export function describeInstrument({
  change,
  instrument,
  previous,
}: Pick<InstrumentEvent, "change" | "instrument" | "previous">): Remark {
  switch (change) {
    case "listed":
      return { tone: "good", text: "listed by the venue" };
    case "delisted":
      return { tone: "bad", text: FAULT_WORDS.delisted };
    case "renamed":
      return {
        tone: "busy",
        text: `renamed from ${previous?.exchangeSymbol} to ${instrument?.exchangeSymbol}`,
      };
    case "status":
      return { tone: "busy", text: `status ${previous?.venueStatus} is now ${instrument?.venueStatus}` };
    case "rules":
      return { tone: "plain", text: "the venue changed its trading rules" };
  }
}

/** Says a problem that the connector deals with by itself. */
export function describeProblem({ error }: Pick<ProblemEvent, "error">): Remark {
  return { tone: "bad", text: `${error.code}: ${error.message}` };
}

/** Says that the venue has stopped us, or that calls go on. */
export function describeRateLimit(
  event: Pick<RateLimitEvent, "scope" | "pool" | "reason" | "receivedTimestamp" | "untilTimestamp">,
): Remark {
  const { scope, pool, reason, receivedTimestamp, untilTimestamp } = event;
  const what =
    pool === undefined ? `calls by this ${scope === "ip" ? "address" : scope}` : `calls of ${pool}`;
  if (reason === "resumed") return { tone: "good", text: `${what} go on` };
  const why = reason === "ban" ? "banned by the venue" : "the venue asks for a pause";
  return {
    tone: "bad",
    text: `${what} wait for ${formatDuration(untilTimestamp - receivedTimestamp)}: ${why}`,
  };
}
