import type { ErrorRule } from "@conn/core";

/**
 * What the venue's codes mean. Codes that are not here prove nothing.
 *
 * @see https://exchange-developer.crypto.com/exchange/v1/docs/api/rest-common-api-reference (response and reason codes)
 */
export const errors: readonly ErrorRule[] = [
  // INTERNAL_ERROR and TIMEOUT: nothing says what became of the request.
  { codes: ["50001", "40801"], kind: "undetermined", outcome: "unknown" },
  { codes: ["40102"], kind: "timestamp", outcome: "rejected" },
  { codes: ["40101", "40103"], kind: "auth", outcome: "rejected" },
  { codes: ["40104"], kind: "permission", outcome: "rejected" },
  { codes: ["42901"], kind: "rateLimit", outcome: "retryable", stops: "pools" },
  { codes: ["9010001"], kind: "maintenance", outcome: "retryable" },
  { codes: ["40401", "212"], kind: "notFound", outcome: "rejected" },
  { codes: ["316", "307"], kind: "alreadyFinished", outcome: "rejected" },
  { codes: ["204"], kind: "duplicateClientOrderId", outcome: "rejected" },
  // DUPLICATE_REQUEST is about this request's nonce: what came of the one before, it does not say.
  { codes: ["40006"], kind: "badRequest", outcome: "unknown" },
  {
    codes: ["301", "302", "303", "304", "305", "306", "320", "321"],
    kind: "insufficientFunds",
    outcome: "rejected",
  },
  { codes: ["318", "319", "325"], kind: "limitReached", outcome: "rejected" },
  { codes: ["206", "208", "309", "312", "313"], kind: "tradingHalted", outcome: "rejected" },
  {
    codes: ["213", "218", "219", "221", "308", "314", "315", "415"],
    kind: "invalidOrder",
    outcome: "rejected",
  },
  { codes: ["209"], kind: "badRequest", outcome: "rejected" },
  { codes: ["43005"], kind: "wouldCross", outcome: "rejected" },
  { codes: ["43003", "43004"], kind: "notFilled", outcome: "rejected" },
  { codes: ["1110"], kind: "reduceOnly", outcome: "rejected" },
];
