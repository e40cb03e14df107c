import type { ScheduledStream } from "@conn/simulator";
import type { ContractMarket } from "../market/contract-market.js";

/** Publishes one event of a stream: its raw payload. */
export type Publish = (payload: string) => void;

/** A stream that has subscribers and a contract. */
export interface LiveStream extends ScheduledStream {
  readonly market: ContractMarket;
  /** Publishes what is due at `at`, which is `dueAt()`; the market has advanced to it. */
  run(at: number, publish: Publish): void;
}
