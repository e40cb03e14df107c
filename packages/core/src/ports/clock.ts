/** Reads time. The only source of time in this library. */
export interface Clock {
  /** Wall time in milliseconds since 1970-01-01 UTC. May jump in either direction. */
  now(): number;
  /** Milliseconds since an arbitrary start. Never goes backward; for measuring durations. */
  monotonic(): number;
}
