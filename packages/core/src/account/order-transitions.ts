import type { OrderStatus } from "../model/index.js";

/**
 * What lets an order go from one status to another.
 * - `told`: the venue says so, in any message about the order, however old: each of these is final or comes later
 *   in every order's life.
 * - `filledUp`: its fills, or the total the venue tells, come to its whole amount: a late fill wins over the
 *   cancellation it crossed.
 * - `found`: we had closed it as proven absent, and the venue knows it after all.
 */
export type TransitionGround = "told" | "filledUp" | "found";

/**
 * Every way an order can go. What is not here does not happen: a message that would lead there is late or a
 * duplicate, and changes nothing.
 */
export const ORDER_TRANSITIONS: Readonly<
  Record<OrderStatus, Readonly<Partial<Record<OrderStatus, TransitionGround>>>>
> = {
  pendingCreate: {
    untriggered: "told",
    open: "told",
    filled: "told",
    canceled: "told",
    expired: "told",
    rejected: "told",
  },
  untriggered: { open: "told", filled: "told", canceled: "told", expired: "told", rejected: "told" },
  open: { filled: "told", canceled: "told", expired: "told", rejected: "told" },
  canceled: { filled: "filledUp" },
  expired: { filled: "filledUp" },
  filled: {},
  rejected: {
    untriggered: "found",
    open: "found",
    filled: "found",
    canceled: "found",
    expired: "found",
  },
};
