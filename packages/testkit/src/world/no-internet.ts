import { NetworkError } from "@conn/core";

const LOOPBACK = new Set(["127.0.0.1", "localhost", "[::1]"]);

/** Why a place cannot be reached from a world: it is not on this machine. Undefined if it is. */
export function unreachable(...urls: readonly (string | undefined)[]): NetworkError | undefined {
  for (const url of urls) {
    const hostname = url === undefined ? undefined : URL.parse(url)?.hostname;
    if (hostname === undefined || LOOPBACK.has(hostname)) continue;
    return new NetworkError("NETWORK_UNREACHABLE", `${hostname} cannot be reached: a world has no internet`, {
      sent: "no",
    });
  }
  return undefined;
}
