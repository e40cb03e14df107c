import { setImmediate as nextTurn, setTimeout as wait } from "node:timers/promises";

/** How long the system may take to give up what was closed, in ms. */
const SETTLES_WITHIN_MS = 10_000;

/** What keeps the event loop alive, by kind. */
export type Resources = Readonly<Record<string, number>>;

/** Counts the kinds of what keeps the event loop alive at this moment. */
export function countResources(): Resources {
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

/** The same, between two turns of the event loop, so that what asks is not counted in one way now and in another later. */
export async function activeResources(): Promise<Resources> {
  await wait(1);
  await nextTurn();
  return countResources();
}

/** The same once nothing is more than in `before`, or as it is when it does not come to that. */
export async function settledResources(before: Resources): Promise<Resources> {
  const endsAt = performance.now() + SETTLES_WITHIN_MS;
  for (;;) {
    const found = await activeResources();
    if (leftOpen(before, found).length === 0 || performance.now() >= endsAt) return found;
    await wait(50);
  }
}

/** Kinds of which there are more than before. */
export function leftOpen(before: Resources, after: Resources): string[] {
  return Object.keys(after).filter((kind) => (after[kind] ?? 0) > (before[kind] ?? 0));
}
