import type { Random } from "../random.js";

/** The JavaScript engine's generator. */
export const systemRandom: Random = {
  next: () => Math.random(),
};
