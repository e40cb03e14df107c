import { ConnError, type Connector, type InFlightOrder, type Ports } from "@conn/core";

/** Pause between two looks, in ms. */
const LOOK_MS = 200;

/**
 * Waits until nothing of an account is unknown and it has been held against the venue's records after that.
 *
 * @throws {Error} if that takes longer than `withinMs`.
 */
export async function settle(
  connector: Connector,
  ports: Pick<Ports, "clock" | "timers">,
  withinMs: number,
): Promise<void> {
  const until = ports.clock.monotonic() + withinMs;
  for (;;) {
    const open = [...connector.orders.values()].filter(isUnsettled);
    const failure = open.length === 0 ? await reconcile(connector) : undefined;
    if (open.length === 0 && failure === undefined && !hasUnsettled(connector)) return;
    if (ports.clock.monotonic() > until) {
      const what = open.map(({ clientOrderId, status }) => `${clientOrderId} ${status}`).join(", ");
      throw new Error(`the account does not settle: ${what}`, { cause: failure });
    }
    await new Promise<void>((resolve) => void ports.timers.set(LOOK_MS, resolve));
  }
}

async function reconcile(connector: Connector): Promise<ConnError | undefined> {
  try {
    await connector.reconcile();
    return undefined;
  } catch (error) {
    if (error instanceof ConnError) return error;
    throw error;
  }
}

function hasUnsettled(connector: Connector): boolean {
  return [...connector.orders.values()].some(isUnsettled);
}

function isUnsettled({ status, certainty, pendingCommand, filledAmount, fills }: InFlightOrder): boolean {
  const known = fills.reduce((sum, { amount }) => sum.plus(amount), filledAmount.times(0));
  return (
    status === "pendingCreate" || certainty !== "known" || pendingCommand !== "none" || known.lt(filledAmount)
  );
}
