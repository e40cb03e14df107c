import { ORDER_TRANSITIONS } from "@conn/core";
import type { DeclaredTransition } from "../declared-transitions.js";

const NO_CONDITIONS = "no connector places conditional orders";
const NO_LIE = "the venue says of an order that it took, and then that it did not, in no fault";
const AT_ONCE =
  "an order that was declared dead is told to be revived before anything else is told of it, and is open then";

const RARE = "two rare things must meet within seconds, which few seeds bring about";

/** Why a transition of orders need not be seen. */
function reasonOf(from: string, to: string): string | undefined {
  if (from === "untriggered" || to === "untriggered") return NO_CONDITIONS;
  if (from === "open" && to === "rejected") return NO_LIE;
  if (from === "rejected") return to === "open" ? RARE : AT_ONCE;
  // The events of an order that ends begin with the one that creates it.
  if (from === "pendingCreate" && to !== "open" && to !== "rejected")
    return "an order is told to be created before it is told to have ended";
  if (from === "expired" || from === "canceled") return RARE;
  return undefined;
}

const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  place: ["accepted", "rejected", "unknown", "notSent"],
  placeBatch: ["accepted", "rejected", "unknown", "notSent"],
  cancel: ["accepted", "rejected", "unknown", "notSent"],
  cancelBatch: ["accepted", "rejected", "unknown", "notSent"],
  amend: ["accepted", "rejected", "unknown", "notSent"],
};

/** Every change of status of an order that the engine's table lets be, and every outcome of every command. */
export const DECLARED_ORDER_TRANSITIONS: readonly DeclaredTransition[] = [
  ...Object.entries(ORDER_TRANSITIONS).flatMap(([from, targets]) =>
    Object.keys(targets).map((to): DeclaredTransition => {
      const unseen = reasonOf(from, to);
      return { name: `order ${from} → ${to}`, ...(unseen !== undefined && { unseen }) };
    }),
  ),
  ...Object.entries(COMMANDS).flatMap(([command, outcomes]) =>
    outcomes.map((outcome): DeclaredTransition => ({ name: `command ${command} ${outcome}` })),
  ),
];
