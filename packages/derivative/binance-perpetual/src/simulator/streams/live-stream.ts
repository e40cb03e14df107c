import type { ContractMarket } from "../market/contract-market.js";

/** Publishes one event of a stream: its raw payload. */
export type Publish = (payload: string) => void;

/** A stream that has subscribers and a contract. */
export interface LiveStream {
  readonly market: ContractMarket;
  /**
   * When it will next have something to do, as things stand; `Infinity` if never. Its market must not
   * advance past that time without `run`.
   */
  dueAt(): number;
  /** Publishes what is due at `at`, which is `dueAt()`; the market has advanced to it. */
  run(at: number, publish: Publish): void;
}

/** The first time from `at` on that is `phase` past a multiple of `interval`. */
export function boundaryFrom(at: number, interval: number, phase: number): number {
  return Math.ceil((at - phase) / interval) * interval + phase;
}

/** The last such time up to `at`. */
export function boundaryUntil(at: number, interval: number, phase: number): number {
  return Math.floor((at - phase) / interval) * interval + phase;
}
