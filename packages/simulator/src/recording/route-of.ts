import type { ExchangeDefinition } from "@conn/core";

/**
 * The name of the connector's route to which a recorded URL leads, wherever the venue was: one of its own hosts,
 * a simulated venue, or a proxy. Empty if it leads to none of them.
 */
export function routeOf({ urls, routes }: Pick<ExchangeDefinition, "urls" | "routes">, url: string): string {
  const names = Object.keys(routes);
  if (names.length === 1) return names[0] ?? "";
  if (!URL.canParse(url)) return "";
  const { origin, pathname } = new URL(url);
  const ends = names.flatMap((name) =>
    [urls.live[name], urls.testnet?.[name]].flatMap((base) => {
      if (base === undefined) return [];
      const known = new URL(`${base}${routes[name]?.path ?? ""}`);
      if (!pathname.endsWith(known.pathname)) return [];
      return [{ name, isHost: known.origin === origin, length: known.pathname.length }];
    }),
  );
  ends.sort((a, b) => Number(b.isHost) - Number(a.isHost) || b.length - a.length);
  return ends[0]?.name ?? "";
}
