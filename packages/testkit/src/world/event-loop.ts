/**
 * Lets all promises follow that can without the system: for worlds in memory, where nothing comes from it. Costs a
 * third of a turn of the event loop.
 */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    // Called when no promise is left to follow.
    process.nextTick(resolve);
  });
}

/**
 * Lets the event loop turn once: everything that the system has ready for this process is handled,
 * and all promises that follow from it.
 *
 * Virtual time stands still meanwhile, so this is no delay. The only file of this package that
 * touches the machine's scheduler.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
