/**
 * How urgent a call is: what takes risk off the market goes before what adds some, that before questions,
 * and those before market data.
 */
export type Lane = "cancel" | "place" | "query" | "marketData";

/** Lanes by urgency. */
export const LANES: readonly Lane[] = ["cancel", "place", "query", "marketData"];
