import { LevelBatch } from "../parse/level-batch.js";
import type { UpdateId } from "../parse/update-id.js";
import type { BookScales } from "./checksum.js";

/** Levels of one book in a frame, and what the venue says of their place in its sequence. */
export interface DepthMessage {
  type: "depth";
  /** A snapshot replaces the book, a diff changes the levels it names. */
  kind: "snapshot" | "diff";
  exchangeSymbol: string;
  /** The message's levels are those from index `from` up to but not including `to` of the sink's batch. */
  from: number;
  to: number;
  /** First and last id of the changes in the message; a snapshot has only the last. */
  firstUpdateId: UpdateId | undefined;
  lastUpdateId: UpdateId | undefined;
  /** Last id of the message before this one on the same stream. */
  previousUpdateId: UpdateId | undefined;
  /** Time at the venue in ms, where it says so. */
  exchangeTimestamp: number | undefined;
  /** The venue's checksum of the book after this message, as a signed or unsigned 32-bit integer. */
  checksum: number | undefined;
  /** Levels per side that this stream keeps, where the frame says so. */
  trimDepth: number | undefined;
  /** Decimal places of prices and amounts in the venue's text, where a checksum needs them; kept until said anew. */
  scales: BookScales | undefined;
}

/** A public trade as the venue wrote it. */
export interface TradeMessage {
  readonly type: "trade";
  readonly exchangeSymbol: string;
  readonly tradeId: string;
  /** Side of the taker. */
  readonly side: "buy" | "sell";
  /** Plain decimal text. */
  readonly price: string;
  /** Plain decimal text. */
  readonly amount: string;
  readonly exchangeTimestamp: number;
  /** Whether it happened before the subscription that it answers. */
  readonly backlog?: boolean;
}

/**
 * What a frame or an answer says of an instrument at a glance, or a part of that: what is left out is not spoken
 * of, `null` says that there is none. Numbers are plain decimal text.
 */
export interface TickerMessage {
  readonly type: "ticker";
  readonly exchangeSymbol: string;
  /** Time at the venue in ms, where it says so. */
  readonly exchangeTimestamp: number | undefined;
  readonly lastPrice?: string | null | undefined;
  readonly bestBid?: string | null | undefined;
  readonly bestBidAmount?: string | null | undefined;
  readonly bestAsk?: string | null | undefined;
  readonly bestAskAmount?: string | null | undefined;
  /** This and what follows: of the last 24 hours. */
  readonly openPrice?: string | null | undefined;
  readonly highPrice?: string | null | undefined;
  readonly lowPrice?: string | null | undefined;
  /** Units of base. */
  readonly baseVolume?: string | null | undefined;
  /** Units of quote. */
  readonly quoteVolume?: string | null | undefined;
}

/**
 * Mark price, index price and funding of an instrument, or a part of that: what is left out is not spoken of.
 * A field that the venue leaves empty is to be left out too. Numbers are plain decimal text.
 */
export interface FundingMessage {
  readonly type: "funding";
  readonly exchangeSymbol: string;
  /** Time at the venue in ms, where it says so. */
  readonly exchangeTimestamp: number | undefined;
  readonly markPrice?: string | undefined;
  readonly indexPrice?: string | undefined;
  /** As a fraction, for one interval. */
  readonly fundingRate?: string | undefined;
  /** In ms since 1970-01-01 UTC. */
  readonly nextFundingTimestamp?: number | undefined;
  readonly fundingIntervalMs?: number | undefined;
}

/** The venue's answer to a subscription request. */
export type AnswerMessage =
  | { readonly type: "acknowledged"; readonly requestId: number }
  | {
      readonly type: "refused";
      /** Absent where the venue does not say which request it refuses. */
      readonly requestId: number | undefined;
      readonly venueCode: string;
      readonly message: string;
    };

/** A checksum that comes in a message of its own: of the book as the messages before it have left it. */
export interface ChecksumMessage {
  readonly type: "checksum";
  readonly exchangeSymbol: string;
  readonly checksum: number;
}

/** A heartbeat of the venue's own kind; `reply` is sent back at once. */
export interface HeartbeatMessage {
  readonly type: "heartbeat";
  readonly reply?: string;
}

/** A well-formed message that the connector has no use for and did not expect. */
export interface UnknownMessage {
  readonly type: "unknown";
  /** What was unknown, such as the event's name; not the whole message. */
  readonly what: string;
}

export type FrameMessage =
  | DepthMessage
  | ChecksumMessage
  | TradeMessage
  | TickerMessage
  | FundingMessage
  | AnswerMessage
  | HeartbeatMessage
  | UnknownMessage;

/**
 * Takes what a connector reads from one frame. Reused from frame to frame: core resets it, the
 * connector's `parse` fills it, and only when `parse` has returned is anything applied, so that a
 * frame counts as a whole or not at all.
 */
export class FrameSink {
  /** Book levels of all depth messages of the frame. */
  readonly levels: LevelBatch = new LevelBatch();
  /** The frame's messages in the order they stand in it. */
  readonly messages: FrameMessage[] = [];
  /** The frame's place in the count of its connection, where the venue keeps one (`scope: "connection"`). */
  sequence: UpdateId | undefined;
  readonly #pool: DepthMessage[] = [];
  #used = 0;

  reset(): void {
    this.levels.clear();
    this.messages.length = 0;
    this.sequence = undefined;
    this.#used = 0;
  }

  /**
   * Adds a depth message whose levels were pushed to `levels` since it had the length `from`.
   * The returned message has no ids yet: set those that the venue gives. It is reused for later frames.
   */
  depth(kind: "snapshot" | "diff", exchangeSymbol: string, from: number): DepthMessage {
    let message = this.#pool[this.#used];
    if (message === undefined) {
      message = createDepthMessage();
      this.#pool.push(message);
    }
    this.#used += 1;
    message.kind = kind;
    message.exchangeSymbol = exchangeSymbol;
    message.from = from;
    message.to = this.levels.length;
    message.firstUpdateId = undefined;
    message.lastUpdateId = undefined;
    message.previousUpdateId = undefined;
    message.exchangeTimestamp = undefined;
    message.checksum = undefined;
    message.trimDepth = undefined;
    message.scales = undefined;
    this.messages.push(message);
    return message;
  }

  /** Adds any other message. */
  add(message: Exclude<FrameMessage, DepthMessage>): void {
    this.messages.push(message);
  }
}

function createDepthMessage(): DepthMessage {
  return {
    type: "depth",
    kind: "diff",
    exchangeSymbol: "",
    from: 0,
    to: 0,
    firstUpdateId: undefined,
    lastUpdateId: undefined,
    previousUpdateId: undefined,
    exchangeTimestamp: undefined,
    checksum: undefined,
    trimDepth: undefined,
    scales: undefined,
  };
}
