import type { Accounts, ApiKey } from "./accounts.js";
import { isObject } from "./json-value.js";
import type { Envelope } from "./private-request.js";
import { refusals, refuse } from "./refusal.js";
import { isSigned } from "./signature.js";

/**
 * The key that has signed a request, if it is one of ours, its signature is right, and its nonce is of now.
 *
 * @see https://exchange-developer.crypto.com/exchange/v1/docs/api/rest-common-api-reference
 */
export function authorize(
  envelope: Envelope,
  accounts: Accounts,
  from: { readonly address: string; readonly at: number; readonly nonceToleranceMs: number },
): ApiKey {
  const { id, method, nonce, params, apiKey, signature } = envelope;
  const key = apiKey === undefined ? undefined : accounts.findKey(apiKey);
  if (key === undefined || signature === undefined) return refuse(refusals.unauthorized);
  const signed = {
    method,
    id,
    apiKey: key.apiKey,
    params: isObject(params) ? params : undefined,
    nonce: nonce ?? "",
  };
  if (!isSigned(signed, key.secret, signature)) refuse(refusals.unauthorized);
  if (key.addresses !== undefined && !key.addresses.includes(from.address)) refuse(refusals.illegalAddress);
  const isNumber = nonce !== undefined && /^\d{1,15}$/.test(nonce);
  if (!isNumber || Math.abs(Number(nonce) - from.at) > from.nonceToleranceMs) refuse(refusals.invalidNonce);
  return key;
}

/** Remembers which requests have come already. */
export interface SeenRequests {
  /** Whether this one has come before; from now on it has. */
  hasSeen(name: string, at: number): boolean;
}

/** Remembers for so long; older ones fail by their nonce. */
export function createSeenRequests(keptMs: number): SeenRequests {
  const seen = new Map<string, number>();
  return {
    hasSeen(name, at) {
      for (const [old, seenAt] of seen) {
        if (at - seenAt <= keptMs) break;
        seen.delete(old);
      }
      if (seen.has(name)) return true;
      seen.set(name, at);
      return false;
    },
  };
}
