import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Bytes that live objects and their buffers take, after a collection of what is garbage. */
export function usedHeapBytes(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function collectGarbage(): void {
  // A program started without this flag can still turn it on; the function exists in contexts made afterwards.
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect !== "function") throw new TypeError("this Node cannot collect garbage on demand");
  // Twice: buffers are given up by what the first collection finalizes.
  collect();
  collect();
}
