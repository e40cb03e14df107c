/** A channel that the simulator serves, as its name says. */
export type ChannelName =
  | { readonly kind: "book"; readonly symbol: string; readonly depth: string }
  | { readonly kind: "ticker" | "trade"; readonly symbol: string };

/**
 * Takes a channel's name apart; `undefined` if it is none that the simulator serves. `book.{instrument}` without a
 * depth was removed in March 2025.
 *
 * @see https://exchange-developer.crypto.com/exchange/v1/docs/api/websocket-change-log
 */
export function parseChannelName(name: string): ChannelName | undefined {
  const [kind, symbol, depth, ...more] = name.split(".");
  if (symbol === undefined || symbol === "" || more.length > 0) return undefined;
  if (kind === "book") return { kind, symbol, depth: depth ?? "" };
  return (kind === "ticker" || kind === "trade") && depth === undefined ? { kind, symbol } : undefined;
}
