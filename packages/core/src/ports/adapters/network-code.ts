import type { NetworkError } from "../../errors/index.js";

const CODES: Readonly<Record<string, NetworkError["code"]>> = {
  ECONNREFUSED: "NETWORK_REFUSED",
  ECONNRESET: "NETWORK_RESET",
  ECONNABORTED: "NETWORK_RESET",
  EPIPE: "NETWORK_RESET",
  ETIMEDOUT: "NETWORK_TIMEOUT",
  ENOTFOUND: "NETWORK_UNREACHABLE",
  EAI_AGAIN: "NETWORK_UNREACHABLE",
  EHOSTUNREACH: "NETWORK_UNREACHABLE",
  ENETUNREACH: "NETWORK_UNREACHABLE",
  ENETDOWN: "NETWORK_UNREACHABLE",
};

/** The `code` that Node, undici and ws put on their errors. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** Our code for an error of a socket; `otherwise` for one that is not about the network itself. */
export function networkCode(error: unknown, otherwise: NetworkError["code"]): NetworkError["code"] {
  return CODES[errorCode(error) ?? ""] ?? otherwise;
}
