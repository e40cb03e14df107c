/** The first time from `at` on that is `phase` past a multiple of `interval`. All in milliseconds. */
export function boundaryFrom(at: number, interval: number, phase: number): number {
  return Math.ceil((at - phase) / interval) * interval + phase;
}

/** The last such time up to `at`. */
export function boundaryUntil(at: number, interval: number, phase: number): number {
  return Math.floor((at - phase) / interval) * interval + phase;
}
