/**
 * Lets the event loop turn once: everything that the system has ready for this process is handled,
 * and all promises that follow from it.
 *
 * Virtual time stands still meanwhile, so this is no delay. The only place of this package that
 * touches the machine's scheduler.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
