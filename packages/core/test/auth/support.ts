import { createAccount } from "../../src/auth/account.js";
import { Authenticator } from "../../src/auth/authenticator.js";
import type { Auth, Credentials } from "../../src/auth/index.js";
import { NonceSource } from "../../src/auth/nonce-source.js";
import type { HttpClient, Ports } from "../../src/ports/index.js";
import { RateLimits } from "../../src/rate-limit/index.js";
import { RestClient, type RestRules } from "../../src/transport/index.js";

const decode = (body: Uint8Array): { readonly code?: string; readonly msg?: string } =>
  JSON.parse(new TextDecoder().decode(body));

/** Signs time and path; the passphrase goes into a header. */
export const auth: Auth = {
  algorithms: ["hmac-sha256"],
  passphrase: true,
  secrets: { headers: ["x-key", "x-pass"], query: ["signature"], fields: ["listenKey"] },
  async signRequest({ method, path, headers = {} }, { signer, timestamp, passphrase = "" }) {
    const signature = await signer.sign(`${timestamp}${method}${path}`, "base64");
    return {
      method,
      path: `${path}?timestamp=${timestamp}&signature=${encodeURIComponent(signature)}`,
      headers: { ...headers, "x-key": signer.keyId, "x-pass": passphrase },
      validUntil: timestamp + 5_000,
    };
  },
  formatLogin: async ({ signer, timestamp }) => `login ${await signer.sign(String(timestamp), "hex")}`,
};

export const credentials = {
  apiKey: "the-api-key-of-the-test",
  secret: "the-secret/of+the test".replace(" ", "-"),
  passphrase: "the-pass+phrase",
};

const rules: RestRules = {
  usageHeaders: {},
  limitStatuses: { 429: { code: "RATE_LIMITED", stops: "pools" } },
  defaultRetryAfterMs: 1_000,
  errors: [
    { codes: ["time"], kind: "timestamp", outcome: "rejected" },
    { codes: ["key"], kind: "auth", outcome: "rejected" },
    { codes: ["funds"], kind: "insufficientFunds", outcome: "rejected" },
    { codes: ["gone"], call: /^DELETE /, kind: "notFound", outcome: "rejected" },
    { codes: ["slow"], kind: "rateLimit", outcome: "retryable", stops: "pools" },
    { httpStatus: 503, message: /^busy/, kind: "maintenance", outcome: "retryable" },
  ],
  parseError(body) {
    try {
      const { code, msg = "" } = decode(body);
      return code === undefined ? undefined : { venueCode: code, message: msg };
    } catch {
      return undefined;
    }
  },
};

/** A client that signs for an account, with a venue's clock that is `offsetMs` ahead once it was measured anew. */
export function createSignedClient(options: {
  readonly http: HttpClient;
  readonly ports: Pick<Ports, "clock" | "timers" | "random">;
  readonly baseUrl?: string;
  readonly credentials?: Credentials;
  readonly offsetMs?: number;
}) {
  const { ports, http, baseUrl = "http://venue", offsetMs = 0 } = options;
  let measured = 0;
  const authenticator = new Authenticator({
    venue: "test",
    auth,
    account: createAccount(options.credentials ?? credentials, auth),
    restUrl: baseUrl,
    venueTime: () => ({
      timestamp: ports.clock.now() + (measured > 0 ? offsetMs : 0) + 0.5,
      offsetMs: 0,
      uncertaintyMs: 1,
      measured: true,
    }),
    resync: async () => {
      measured += 1;
    },
    nonces: new NonceSource(),
    clock: ports.clock,
  });
  const limits = new RateLimits(ports, [{ id: "weight", limit: 100, intervalMs: 60_000, reserve: 0 }]);
  const rest = new RestClient({
    venue: "test",
    baseUrl,
    rules,
    http,
    limiter: limits.open(),
    ports,
    timeoutMs: 5_000,
    signer: authenticator,
  });
  return { rest, authenticator, timesMeasured: () => measured };
}
