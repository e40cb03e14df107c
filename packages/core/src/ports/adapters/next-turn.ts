/**
 * Calls back when the event loop has turned: every promise that could settle without the outside world has settled.
 * No delay, and no time passes.
 */
export function nextTurn(callback: () => void): void {
  setImmediate(callback);
}
