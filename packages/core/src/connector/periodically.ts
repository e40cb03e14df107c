import { ConnError, ProtocolError } from "../errors/index.js";
import type { Ports, Timer } from "../ports/index.js";

/** Of an interval, how much one wait may be shorter or longer, so that many programs do not ask at one moment. */
const JITTER = 0.1;

/**
 * Asks a venue for something again and again, `intervalMs` after it was asked last, more or less a tenth. The first
 * time is after one interval.
 *
 * @param onError Told why it was in vain; the next time is as if it had not been.
 * @returns Ends it; what is under way is not waited for.
 */
export function periodically(
  { timers, random }: Pick<Ports, "timers" | "random">,
  intervalMs: number,
  ask: () => Promise<unknown>,
  onError: (error: ConnError) => void,
): () => void {
  let timer: Timer | undefined;
  let ended = false;
  const wait = (): void => {
    if (ended) return;
    const delayMs = intervalMs * (1 - JITTER + 2 * JITTER * random.next());
    timer = timers.set(delayMs, () => void run());
  };
  const run = async (): Promise<void> => {
    try {
      await ask();
    } catch (error) {
      onError(
        error instanceof ConnError
          ? error
          : new ProtocolError("MALFORMED_ANSWER", "an answer cannot be used", { cause: error }),
      );
    }
    wait();
  };
  wait();
  return () => {
    ended = true;
    timer?.cancel();
  };
}
